package io.plexspaces.deployer.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.wasm.CodelessModule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GuestBuilderTest {
  private static final Path TOOLS =
      Path.of("../sdk-typescript/node_modules/.bin").toAbsolutePath().normalize();
  private static final Set<String> SDK_FILES =
      new TreeSet<>(
          Set.of(
              "@plexspaces/sdk/actor.js",
              "@plexspaces/sdk/errors.js",
              "@plexspaces/sdk/host.js",
              "@plexspaces/sdk/index.js",
              "@plexspaces/sdk/json.js",
              "@plexspaces/sdk/runtime.js"));
  private static final String COUNTER =
      """
      import { PlexSpacesActor, registerActors } from "@plexspaces/sdk";
      import { one } from "./lib/one.js";
      class CounterActor extends PlexSpacesActor {
        onIncrement() { return one; }
      }
      registerActors(CounterActor);
      """;

  @TempDir private Path dir;

  private final List<String> progress = new ArrayList<>();

  /** Without any tool: neither esbuild nor cargo. */
  private final GuestBuilder bare = new GuestBuilder(new Tools(List.of(), List.of()));

  private final GuestBuilder full =
      new GuestBuilder(new Tools(List.of(TOOLS), Tools.ofSystem().path()));

  @BeforeEach
  void sources() throws IOException {
    write("app/main.js", COUNTER);
    write("app/lib/one.js", "export const one = 1;\n");
  }

  @Test
  void plainJavaScriptIsPackedAsItIsWithTheSdk() throws IOException {
    BuildResult r = bare.build(dir.resolve("app"), dir.resolve("out/app.wasm"), progress::add);
    assertThat(r.language()).isEqualTo("javascript");
    byte[] artifact = Files.readAllBytes(dir.resolve("out/app.wasm"));
    assertThat(r.size()).isEqualTo(artifact.length);
    assertThat(r.digest()).matches("sha256:[0-9a-f]{64}");
    CodelessModule m = CodelessModule.read(artifact);
    assertThat(m.main()).isEqualTo("main.js");
    assertThat(m.engine()).isEqualTo("quickjs");
    Set<String> expected = new TreeSet<>(SDK_FILES);
    expected.add("main.js");
    expected.add("lib/one.js");
    assertThat(m.sources().keySet()).isEqualTo(expected);
    assertThat(m.source("main.js")).isEqualTo(COUNTER);
    assertThat(progress).isNotEmpty();
  }

  @Test
  void aBundlerIsFoundInTheProjectAboveItAndAmongTheTools() throws IOException {
    Path folder = dir.resolve("app/lib");
    assertThat(bare.hasBundler(folder)).isFalse();
    write("tools/esbuild", "#!/bin/sh\n");
    GuestBuilder given = new GuestBuilder(new Tools(List.of(dir.resolve("tools")), List.of()));
    assertThat(given.hasBundler(folder)).isFalse();
    assertThat(dir.resolve("tools/esbuild").toFile().setExecutable(true)).isTrue();
    assertThat(given.hasBundler(folder)).isTrue();
    assertThat(bare.hasBundler(folder)).isFalse();
    write("app/node_modules/.bin/esbuild", "#!/bin/sh\n");
    assertThat(dir.resolve("app/node_modules/.bin/esbuild").toFile().setExecutable(true)).isTrue();
    assertThat(bare.hasBundler(folder)).isTrue();
  }

  @Test
  void equalSourcesGiveEqualBytesWhereverTheyLie() throws IOException {
    write("elsewhere/deep/main.js", COUNTER);
    write("elsewhere/deep/lib/one.js", "export const one = 1;\n");
    BuildResult a = bare.build(dir.resolve("app/main.js"), dir.resolve("a.wasm"), progress::add);
    BuildResult b = bare.build(dir.resolve("elsewhere/deep"), dir.resolve("b.wasm"), progress::add);
    assertThat(b.digest()).isEqualTo(a.digest());
    write("app/lib/one.js", "export const one = 2;\n");
    BuildResult c = bare.build(dir.resolve("app"), dir.resolve("c.wasm"), progress::add);
    assertThat(c.digest()).isNotEqualTo(a.digest());
  }

  @Test
  void typeScriptIsBundledReproducibly() throws IOException {
    assumeTrue(
        Files.isExecutable(TOOLS.resolve("esbuild")),
        "skipped: no esbuild, run npm ci in sdk-typescript");
    String typed =
        """
        import { actor, handler, PlexSpacesActor } from "@plexspaces/sdk";
        import { one } from "./lib/one";
        interface State { count: number }
        @actor
        class CounterActor extends PlexSpacesActor<State> {
          @handler("peek", "query") look(): number { return one; }
        }
        export { CounterActor };
        """;
    for (String place : List.of("ts", "other/place")) {
      write(place + "/package.json", "{\"main\": \"./src/app.ts\"}");
      write(place + "/src/app.ts", typed);
      write(place + "/src/lib/one.ts", "export const one: number = 1;\n");
    }
    BuildResult a = full.build(dir.resolve("ts"), dir.resolve("a.wasm"), progress::add);
    BuildResult b = full.build(dir.resolve("other/place"), dir.resolve("b.wasm"), progress::add);
    assertThat(a.language()).isEqualTo("typescript");
    assertThat(b.digest()).isEqualTo(a.digest());
    CodelessModule m = CodelessModule.read(Files.readAllBytes(dir.resolve("a.wasm")));
    Set<String> expected = new TreeSet<>(SDK_FILES);
    expected.add("main.js");
    assertThat(m.sources().keySet()).isEqualTo(expected);
    assertThat(m.source("main.js"))
        .contains("// src/lib/one.ts")
        .contains("from \"@plexspaces/sdk\"")
        .doesNotContain("interface")
        .doesNotContain(dir.toString());

    write("ts/src/app.ts", "import { x } from \"./gone\"; x();\n");
    assertThatThrownBy(() -> full.build(dir.resolve("ts"), dir.resolve("a.wasm"), progress::add))
        .isInstanceOf(HostException.class)
        .hasMessageContaining("esbuild refuses src/app.ts")
        .hasMessageContaining("Could not resolve \"./gone\"");
    assertThat(Files.readAllBytes(dir.resolve("a.wasm"))).isEqualTo(m.write());
  }

  @Test
  void withoutEsbuildOneSentenceSaysWhyAndHow() throws IOException {
    write("x.ts", "export const x: number = 1;");
    assertRefused("x.ts", ErrorCode.FAILED_PRECONDITION, "x.ts is not JavaScript, so it has to be");
    assertRefused("x.ts", ErrorCode.FAILED_PRECONDITION, "npm install --save-dev esbuild");
    write("p.js", "import _ from \"lodash\";");
    assertRefused("p.js", ErrorCode.FAILED_PRECONDITION, "p.js imports \"lodash\"");
    write("d.js", "@actor\nclass X {}");
    assertRefused("d.js", ErrorCode.FAILED_PRECONDITION, "d.js has decorators");
    write("g.js", "import { a } from './gone.js';");
    assertRefused("g.js", ErrorCode.FAILED_PRECONDITION, "there is no gone.js");
  }

  @Test
  void whatIsNoProgramIsRefused() throws IOException {
    write("readme.md", "hello");
    assertRefused("readme.md", ErrorCode.INVALID_ARGUMENT, "readme.md is neither TypeScript");
    assertRefused("nowhere", ErrorCode.INVALID_ARGUMENT, "there is no ");
    Files.createDirectories(dir.resolve("empty"));
    assertRefused("empty", ErrorCode.INVALID_ARGUMENT, "has no program");
    write("bad/package.json", "{\"main\": \"dist/app.js\"}");
    assertRefused("bad", ErrorCode.INVALID_ARGUMENT, "names the main file dist/app.js");
    write("bad/package.json", "{");
    assertRefused("bad", ErrorCode.INVALID_ARGUMENT, "package.json: not valid JSON");
    write("crate/Cargo.toml", "[package]\nname = \"x\"\n");
    assertRefused("crate", ErrorCode.FAILED_PRECONDITION, "Rust was not found");
    assertThatThrownBy(() -> bare.build(dir.resolve("app"), dir, progress::add))
        .hasMessageContaining("it is a folder");
  }

  @Test
  void rustIsBuiltWithTheUsersOwnCargo() throws IOException {
    write(
        "crate/Cargo.toml",
        """
        [package]
        name = "tiny-app"
        version = "0.1.0"
        edition = "2021"
        [lib]
        crate-type = ["cdylib"]
        """);
    write("crate/src/lib.rs", "#[no_mangle]\npub extern \"C\" fn ps_abi() -> i32 { 1 }\n");
    BuildResult r;
    try {
      r = full.build(dir.resolve("crate"), dir.resolve("r.wasm"), progress::add);
    } catch (HostException e) {
      assumeTrue(
          e.code() != ErrorCode.FAILED_PRECONDITION,
          "skipped: no Rust for wasm: " + e.getMessage());
      throw e;
    }
    assertThat(r.language()).isEqualTo("rust");
    assertThat(Files.readAllBytes(dir.resolve("r.wasm"))).startsWith(0, 'a', 's', 'm');

    write("crate/src/lib.rs", "pub fn broken( {}\n");
    assertThatThrownBy(() -> full.build(dir.resolve("crate"), dir.resolve("r.wasm"), progress::add))
        .hasMessageContaining("cargo refuses")
        .hasMessageContaining("src/lib.rs:1");
  }

  @Test
  void importsAreFoundWhereTheyStand() throws IOException {
    String main =
        """
        import a, { b as c } from './a.js';
        import * as d from "../app/d.js";
        export { e } from './e.js'; export * from './f.js';
        import './g.js';
        import {
          h,
        } from './h.js';
        const x = () => import('./i.js');
        // import './comment.js'
        const s = "import './string.js'";
        """;
    ModuleGraph.Result r =
        ModuleGraph.of(
            "app/main.js", path -> path.equals("app/main.js") ? main.getBytes(UTF_8) : new byte[0]);
    assertThat(r.obstacle()).isNull();
    assertThat(r.sources().keySet())
        .containsExactly(
            "app/a.js",
            "app/d.js",
            "app/e.js",
            "app/f.js",
            "app/g.js",
            "app/h.js",
            "app/i.js",
            "app/main.js");
    assertThat(ModuleGraph.resolve("main.js", "../x.js")).isNull();
  }

  private static final java.nio.charset.Charset UTF_8 = java.nio.charset.StandardCharsets.UTF_8;

  private void write(String path, String text) throws IOException {
    Path file = dir.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private void assertRefused(String source, ErrorCode code, String why) {
    assertThatThrownBy(
            () -> bare.build(dir.resolve(source), dir.resolve("none.wasm"), progress::add))
        .isInstanceOfSatisfying(HostException.class, e -> assertThat(e.code()).isEqualTo(code))
        .hasMessageContaining(why);
    assertThat(dir.resolve("none.wasm")).doesNotExist();
  }
}
