package io.plexspaces.deployer.build;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The Go SDK that this program carries: its sources lie among its resources. */
final class GoSdk {
  private static final String FOLDER = "/sdk-go/";

  /** The SDK's files, without its tests; a test holds this list to the folder. */
  static final List<String> FILES =
      List.of(
          "go.mod",
          "host/call.go",
          "host/messages.go",
          "host/operations.go",
          "host/tuples.go",
          "internal/guest/abi_wasip1.go",
          "internal/guest/actor.go",
          "internal/guest/instance.go",
          "internal/guest/seed.go",
          "internal/guest/seed_other.go",
          "internal/guest/seed_wasip1.go",
          "internal/guest/undo.go",
          "internal/wire/decode.go",
          "internal/wire/encode.go",
          "internal/wire/errors.go",
          "internal/wire/fields.go",
          "internal/wire/frame.go",
          "internal/wire/parse.go",
          "internal/wire/schema.go",
          "plexspaces/plexspaces.go",
          "plextest/actors.go",
          "plextest/cron.go",
          "plextest/host.go",
          "plextest/messages.go",
          "plextest/plextest.go",
          "plextest/reduce.go",
          "plextest/rules.go",
          "plextest/schema.go",
          "plextest/shards.go",
          "plextest/tuples.go",
          "plextest/turns.go");

  private GoSdk() {}

  /** Writes the SDK into a folder, which it answers. */
  static Path unpack(Path folder) throws IOException {
    for (String file : FILES) {
      Path to = folder.resolve(file);
      Files.createDirectories(to.resolveSibling("."));
      Files.write(to, CarriedFiles.require(FOLDER + file));
    }
    return folder;
  }
}
