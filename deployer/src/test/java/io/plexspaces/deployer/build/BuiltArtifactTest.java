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

  @Test
  void errorsShowTheLinesOfTheSourceAndTypesBecomeSchemas() throws IOException {
    assumeTrue(
        Files.isExecutable(TOOLS.resolve("esbuild")),
        "skipped: no esbuild, run npm ci in sdk-typescript");
    assumeTrue(
        QuickJsEngine.class.getResource("/quickjs/quickjs.wasm") != null,
        "skipped: guest-wasm was built without npm");
    Path root = Files.createDirectories(dir.resolve("app/src")).resolveSibling("src");
    Files.writeString(
        root.resolve("main.ts"),
        """
        import { PlexSpacesActor, registerActors, type Integer } from "@plexspaces/sdk";
        import { deeper } from "./deeper.ts";

        class BadActor extends PlexSpacesActor {
          /** Fails. */
          onFail({ by = 1 }: { by?: Integer; tags: string[] }): number {
            return deeper(by);
          }
          *onLines(_: {}): Generator<string> { yield "a"; }
          onLog() { console.error(new Error("seen")); }
        }
        registerActors(BadActor);
        """);
    Files.writeString(
        root.resolve("deeper.ts"),
        """
        interface Much { nothing: string }

        export function deeper(n: number): number {
          const value: Much | undefined = n > 0 ? undefined : { nothing: "" };
          return (value as unknown as Much).nothing.length;
        }
        """);
    GuestBuilder builder = new GuestBuilder(new Tools(List.of(TOOLS), Tools.ofSystem().path()));
    Path out = dir.resolve("app.wasm");
    builder.build(dir.resolve("app"), out, line -> {});
    try (QuickJsEngine engine =
        new QuickJsEngine(
            new ModuleCompiler(Path.of("target/guest-classes")), MemoryBudget.unlimited())) {
      try (GuestModule module = engine.load(Files.readAllBytes(out), GuestLimits.DEFAULT);
          GuestInstance a = module.spawn("bad", new byte[32])) {
        var type = java.util.Objects.requireNonNull(module.description().type("bad"));
        var fail = java.util.Objects.requireNonNull(type.operation("fail"));
        assertThat(fail.doc()).isEqualTo("Fails.");
        assertThat(
                io.plexspaces.api.Json.writeString(java.util.Objects.requireNonNull(fail.input())))
            .isEqualTo(
                "{\"type\":\"object\",\"properties\":{\"by\":{\"type\":\"integer\","
                    + "\"minimum\":-9007199254740991,\"maximum\":9007199254740991,\"default\":1},"
                    + "\"tags\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}},\"required\":[\"tags\"]}");
        assertThat(java.util.Objects.requireNonNull(type.operation("lines")).stream()).isTrue();

        NoOperations host = new NoOperations();
        call(a, GuestOp.INIT, "type", "bad", "{}");
        Value.Obj header = Value.Obj.builder().put("op", "fail").build();
        var error =
            java.util.Objects.requireNonNull(
                a.call(GuestOp.HANDLE, Frame.of(header, new byte[0]), host).error());
        String stack = ((Value.Obj) error.details()).string("stack", "");
        assertThat(stack.lines().toList())
            .satisfiesExactly(
                l -> assertThat(l).contains("deeper (src/deeper.ts:5:"),
                l -> assertThat(l).contains("onFail (src/main.ts:7:"));
        Value.Obj log = Value.Obj.builder().put("op", "log").build();
        a.call(GuestOp.HANDLE, Frame.of(log, new byte[0]), host);
        assertThat(host.said.toString()).contains("Error: seen", "src/main.ts:10:");
      }
      Files.writeString(
          root.resolve("deeper.ts"), "export const deeper: any = null;\n\nnull!.x;\n");
      builder.build(dir.resolve("app"), out, line -> {});
      byte[] broken = Files.readAllBytes(out);
      org.assertj.core.api.Assertions.assertThatThrownBy(
              () -> engine.load(broken, GuestLimits.DEFAULT))
          .hasMessageContaining("does not start")
          .hasMessageContaining("src/deeper.ts:3:");
    }
  }

  @Test
  void theBankAndTheConformanceProbeAreBuiltAndDescribed() throws IOException {
    assumeTrue(
        Files.isExecutable(TOOLS.resolve("esbuild")),
        "skipped: no esbuild, run npm ci in sdk-typescript");
    assumeTrue(
        QuickJsEngine.class.getResource("/quickjs/quickjs.wasm") != null,
        "skipped: guest-wasm was built without npm");
    GuestBuilder builder = new GuestBuilder(new Tools(List.of(TOOLS), Tools.ofSystem().path()));
    try (QuickJsEngine engine =
        new QuickJsEngine(
            new ModuleCompiler(Path.of("target/guest-classes")), MemoryBudget.unlimited())) {
      Path out = dir.resolve("out.wasm");
      builder.build(Path.of("../examples/bank-typescript"), out, line -> {});
      try (GuestModule bank = engine.load(Files.readAllBytes(out), GuestLimits.DEFAULT)) {
        assertThat(bank.description().types().keySet()).containsExactly("account", "bank", "audit");
        var account = java.util.Objects.requireNonNull(bank.description().type("account"));
        var statement = java.util.Objects.requireNonNull(account.operation("statement"));
        assertThat(statement.stream()).isTrue();
        assertThat(statement.kind()).isEqualTo(Kind.QUERY);
        assertThat(statement.output()).isNotNull();
      }
      builder.build(Path.of("../system-tests/conformance/typescript"), out, line -> {});
      try (GuestModule probe = engine.load(Files.readAllBytes(out), GuestLimits.DEFAULT);
          GuestInstance a = probe.spawn("probe", new byte[32])) {
        call(a, GuestOp.INIT, "type", "probe", "{}");
        assertThat(call(a, GuestOp.HANDLE, "op", "add", "{\"a\":9007199254740993,\"b\":2}"))
            .isEqualTo("9007199254740995");
        assertThat(call(a, GuestOp.HANDLE, "op", "nested", "{\"depth\":3}")).isEqualTo("[[[]]]");
        assertThat(call(a, GuestOp.HANDLE, "op", "measure", "{\"data\":{\"$bytes\":\"AQI=\"}}"))
            .isEqualTo("2");
        assertThat(
                call(
                    a,
                    GuestOp.HANDLE,
                    "op",
                    "catch",
                    "{\"operation\":\"kv_get\",\"args\":{\"key\":\"k\"}}"))
            .contains("UNIMPLEMENTED");
        Value.Obj crash = Value.Obj.builder().put("op", "fail").build();
        var error =
            java.util.Objects.requireNonNull(
                a.call(
                        GuestOp.HANDLE,
                        Frame.of(crash, "{\"how\":\"crash\"}".getBytes(StandardCharsets.UTF_8)),
                        new NoOperations())
                    .error());
        assertThat(((Value.Obj) error.details()).string("stack", "")).contains("probe.ts:");
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
    private final StringBuilder said = new StringBuilder();

    @Override
    public Frame call(String operation, Frame request) {
      if (operation.equals("log")) {
        said.append(request.headerObject().string("message", ""));
        return Frame.EMPTY;
      }
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
