package io.plexspaces.cli;

import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.Optional;

/**
 * {@code node.json} in the data directory: which process serves it, and where. It is there while a
 * node takes requests, and is left behind by one that was killed.
 *
 * @param processStart when the process began, in milliseconds: process numbers are used again
 */
record NodeFile(long pid, long processStart, String url) {
  private static final String NAME = "node.json";

  static NodeFile ofThisProcess(String url) {
    ProcessHandle self = ProcessHandle.current();
    return new NodeFile(self.pid(), start(self), url);
  }

  /** Readers see all of it or none. */
  void write(Path dataDirectory) throws IOException {
    Value.Obj v =
        Value.Obj.builder()
            .put("pid", pid)
            .put("process_start_ms", processStart)
            .put("url", url)
            .build();
    Path part = dataDirectory.resolve(NAME + ".part");
    Files.writeString(part, Json.writeString(v) + "\n", StandardCharsets.UTF_8);
    Files.move(
        part,
        dataDirectory.resolve(NAME),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }

  static void delete(Path dataDirectory) throws IOException {
    Files.deleteIfExists(dataDirectory.resolve(NAME));
  }

  static Optional<NodeFile> read(Path dataDirectory) {
    Path file = dataDirectory.resolve(NAME);
    try {
      Value.Obj v = Json.readObject(Files.readAllBytes(file));
      return Optional.of(
          new NodeFile(v.integer("pid", 0), v.integer("process_start_ms", 0), v.string("url", "")));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException | HostException e) {
      throw CliException.failed(file + " cannot be read: " + e.getMessage()).causedBy(e);
    }
  }

  /** The node's process, if it still runs. */
  Optional<ProcessHandle> process() {
    return ProcessHandle.of(pid)
        .filter(ProcessHandle::isAlive)
        .filter(p -> start(p) == processStart);
  }

  private static long start(ProcessHandle p) {
    return p.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
  }
}
