package io.plexspaces.system.crash;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** The bank and its clients in a process that can be killed. */
final class BankProcess {
  /** Clients that work at the same time. */
  private static final int CLIENTS = 8;

  private BankProcess() {}

  /**
   * How to start it.
   *
   * @param planted a bug, by its name in {@link Planted}
   */
  static ProcessBuilder command(
      Path data,
      Path clients,
      long seed,
      int requests,
      Planted planted,
      Map<String, String> environment) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Xmx512m",
            "--enable-native-access=ALL-UNNAMED",
            "-Djdk.virtualThreadScheduler.parallelism=4",
            "-cp",
            System.getProperty("java.class.path"),
            BankProcess.class.getName(),
            data.toString(),
            clients.toString(),
            Long.toString(seed),
            Integer.toString(requests),
            planted.name()));
    String library = System.getProperty("org.sqlite.lib.path");
    if (library != null) {
      command.add(1, "-Dorg.sqlite.lib.path=" + library);
      command.add(2, "-Dorg.sqlite.lib.name=" + System.getProperty("org.sqlite.lib.name"));
    }
    ProcessBuilder b = new ProcessBuilder(command);
    b.environment().putAll(environment);
    return b;
  }

  public static void main(String[] arguments) throws IOException, InterruptedException {
    Path data = Path.of(arguments[0]);
    Path clients = Path.of(arguments[1]);
    Random random = new Random(Long.parseLong(arguments[2]));
    int requests = Integer.parseInt(arguments[3]);
    Planted planted = Planted.valueOf(arguments[4]);
    List<String> before = Files.exists(clients) ? Files.readAllLines(clients) : List.of();
    try (FileChannel file =
        FileChannel.open(clients, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      ClientLog log = new ClientLog(line -> write(file, line));
      before.forEach(log::read);
      log.life(System.currentTimeMillis());
      try (BankNode node = BankNode.start(data, InstantSource.system(), planted::between)) {
        Clients all = new Clients(node, log);
        all.resume(random);
        all.work(CLIENTS, requests, random);
        if (!all.settle(Duration.ofSeconds(20))) {
          throw new IllegalStateException("the money has not arrived");
        }
      }
      System.out.println("stopped");
    }
  }

  /** One write, so that a kill leaves all of the line or nothing. */
  private static void write(FileChannel file, String line) {
    try {
      file.write(ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
