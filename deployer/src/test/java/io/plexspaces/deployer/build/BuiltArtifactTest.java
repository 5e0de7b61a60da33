package io.plexspaces.deployer.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Value;
import io.plexspaces.api.guest.GuestHost;
import io.plexspaces.api.guest.GuestInstance;
import io.plexspaces.api.guest.GuestLimits;
import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.api.guest.GuestOp;
import io.plexspaces.api.guest.MemoryBudget;
import io.plexspaces.api.guest.ModuleDescription.Kind;
import io.plexspaces.wasm.ModuleCompiler;
import io.plexspaces.wasm.quickjs.QuickJsEngine;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From TypeScript source to an answer: what build makes is what the engine runs. */
class BuiltArtifactTest {
  private static final Path TOOLS =
      Path.of("../sdk-typescript/node_modules/.bin").toAbsolutePath().normalize();

  @TempDir private Path dir;

  @Test
  void aTypeScriptActorAnswers() throws IOException {
    assumeTrue(
        Files.isExecutable(TOOLS.resolve("esbuild")),
        "skipped: no esbuild, run npm ci in sdk-typescript");
    assumeTrue(
        QuickJsEngine.class.getResource("/quickjs/quickjs.wasm") != null,
        "skipped: guest-wasm was built without npm");
    Path source = dir.resolve("app.ts");
    Files.writeString(
        source,
        """
        import { actor, handler, PlexSpacesActor } from "@plexspaces/sdk";
        interface State { count: number }
        @actor
        class TallyCounterActor extends PlexSpacesActor<State> {
          getDefaultState(): State { return { count: 0 }; }
          async onAdd({ by }: { by: number }): Promise<State> {
            this.state.count += await Promise.resolve(by);
            return this.state;
          }
          @handler("peek", "query") look(): number { return this.state.count; }
        }
        """);
    Path out = dir.resolve("app.wasm");
    BuildResult built =
        new GuestBuilder(new Tools(List.of(TOOLS), Tools.ofSystem().path()))
            .build(source, out, line -> {});
    try (QuickJsEngine engine =
            new QuickJsEngine(
                new ModuleCompiler(Path.of("target/guest-classes")), MemoryBudget.unlimited());
        GuestModule module = engine.load(Files.readAllBytes(out), GuestLimits.DEFAULT)) {
      assertThat(module.digest()).isEqualTo(built.digest());
      var type = java.util.Objects.requireNonNull(module.description().type("tally_counter"));
      assertThat(type.operations().keySet()).containsExactlyInAnyOrder("add", "peek");
      assertThat(java.util.Objects.requireNonNull(type.operation("peek")).kind())
          .isEqualTo(Kind.QUERY);
      try (GuestInstance a = module.spawn("tally_counter", new byte[32])) {
        call(a, GuestOp.INIT, "type", "tally_counter", "{}");
        assertThat(call(a, GuestOp.HANDLE, "op", "add", "{\"by\":4}")).isEqualTo("{\"count\":4}");
        assertThat(call(a, GuestOp.HANDLE, "op", "peek", "")).isEqualTo("4");
      }
    }
  }

  private static String call(GuestInstance a, GuestOp op, String name, String value, String body) {
    Value.Obj header = Value.Obj.builder().put(name, value).build();
    var reply =
        a.call(op, Frame.of(header, body.getBytes(StandardCharsets.UTF_8)), new NoOperations());
    assertThat(reply.error()).isNull();
    return new String(reply.frame().body(), StandardCharsets.UTF_8);
  }

  /** The host of an actor that keeps to itself. */
  private static final class NoOperations implements GuestHost {
    @Override
    public Frame call(String operation, Frame request) {
      throw new HostException(ErrorCode.UNIMPLEMENTED, operation);
    }

    @Override
    public void log(int level, String message) {}

    @Override
    public void safepoint() {}

    @Override
    public long nowMillis() {
      return 0;
    }

    @Override
    public long nanoTime() {
      return 0;
    }
  }
}
