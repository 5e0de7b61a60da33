package io.plexspaces.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The command line in a process of its own. */
final class Cli {
  private Cli() {}

  record Result(int status, String out, String err) {
    Value json() {
      return Json.read(out);
    }

    Result ok() {
      assertThat(status).as(out + err).isZero();
      return this;
    }
  }

  static Result run(Map<String, String> environment, String... args)
      throws IOException, InterruptedException {
    return run(NodeProcess.java(args), environment);
  }

  static Result run(List<String> command, Map<String, String> environment)
      throws IOException, InterruptedException {
    Path out = Files.createTempFile("cli", ".out");
    Path err = Files.createTempFile("cli", ".err");
    ProcessBuilder b = new ProcessBuilder(command);
    b.environment().putAll(environment);
    b.redirectOutput(out.toFile()).redirectError(err.toFile());
    int status = b.start().waitFor();
    Result r = new Result(status, Files.readString(out), Files.readString(err));
    Files.delete(out);
    Files.delete(err);
    return r;
  }
}
