package io.plexspaces.deployer.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.guest.CodelessModule;
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
              "@plexspaces/sdk/call.js",
              "@plexspaces/sdk/errors.js",
              "@plexspaces/sdk/host.js",
              "@plexspaces/sdk/index.js",
              "@plexspaces/sdk/json.js",
              "@plexspaces/sdk/runtime.js",
              "@plexspaces/sdk/schemas.js",
              "@plexspaces/sdk/services.js",
              "@plexspaces/sdk/shards.js",
              "@plexspaces/sdk/space.js",
              "@plexspaces/sdk/stream.js"));
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
  void aSyntaxErrorInPlainJavaScriptIsToldWithFileAndLineWhereEsbuildIs() throws IOException {
    assumeTrue(
        Files.isExecutable(TOOLS.resolve("esbuild")),
        "skipped: no esbuild, run npm ci in sdk-typescript");
    BuildResult whole = full.build(dir.resolve("app"), dir.resolve("a.wasm"), progress::add);
    assertThat(progress).noneMatch(l -> l.contains("told by the node"));
    write("app/lib/one.js", "export const one = 1;\nexport function () {}\n");
    assertThatThrownBy(() -> full.build(dir.resolve("app"), dir.resolve("a.wasm"), progress::add))
        .isInstanceOf(HostException.class)
        .hasMessageContaining("lib/one.js:2:16");
    write("app/lib/one.js", "export const two = 1;\n");
    assertThatThrownBy(() -> full.build(dir.resolve("app"), dir.resolve("a.wasm"), progress::add))
        .isInstanceOf(HostException.class)
        .hasMessageContaining("No matching export in \"lib/one.js\" for import \"one\"");
    // The check changes nothing of what is made, and without esbuild there is none.
    write("app/lib/one.js", "export const one = 1;\n");
    BuildResult unchecked = bare.build(dir.resolve("app"), dir.resolve("b.wasm"), progress::add);
    assertThat(progress).anyMatch(l -> l.contains("told by the node"));
    assertThat(CodelessModule.read(Files.readAllBytes(dir.resolve("b.wasm"))).source("main.js"))
        .isEqualTo(
            CodelessModule.read(Files.readAllBytes(dir.resolve("a.wasm"))).source("main.js"));
    assertThat(unchecked.language()).isEqualTo(whole.language());
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
    expected.add("main.js.map");
    assertThat(m.sources().keySet()).isEqualTo(expected);
    assertThat(m.source("main.js.map"))
        .contains("\"src/app.ts\"", "\"src/lib/one.ts\"")
        .doesNotContain(dir.toString());
    assertThat(m.source("@plexspaces/sdk/schemas.js"))
        .isEqualTo(
            "export default {\"CounterActor\":{\"look\":{\"output\":{\"type\":\"number\"}}}};\n");
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
  void packagesAreBundledWhateverTheirForm() throws IOException {
    assumeTrue(
        Files.isExecutable(TOOLS.resolve("esbuild")),
        "skipped: no esbuild, run npm ci in sdk-typescript");
    write("p/node_modules/old/package.json", "{\"name\":\"old\",\"main\":\"lib.js\"}");
    write("p/node_modules/old/lib.js", "module.exports = { twice: (n) => n * 2 };\n");
    write(
        "p/node_modules/new/package.json",
        "{\"name\":\"new\",\"type\":\"module\",\"exports\":{\".\":\"./index.js\"}}");
    write("p/node_modules/new/index.js", "export const thrice = (n) => n * 3;\n");
    write("p/prices.json", "{\"apple\": 42}");
    write(
        "p/main.js",
        """
        import { PlexSpacesActor, registerActors } from "@plexspaces/sdk";
        import old from "old";
        import { thrice } from "new";
        import prices from "./prices.json";
        class ShopActor extends PlexSpacesActor { onPrice() { return old.twice(thrice(prices.apple)); } }
        registerActors(ShopActor);
        """);
    full.build(dir.resolve("p"), dir.resolve("p.wasm"), progress::add);
    CodelessModule m = CodelessModule.read(Files.readAllBytes(dir.resolve("p.wasm")));
    assertThat(m.source("main.js")).contains("n * 2", "n * 3", "42");

    write("p/main.js", "import fs from \"fs\"; import { x } from \"node:path\"; fs.x(x);\n");
    assertThatThrownBy(() -> full.build(dir.resolve("p"), dir.resolve("p.wasm"), progress::add))
        .hasMessageContaining("main.js:1")
        .hasMessageContaining("Actors do not run on Node.js, so there is no \"fs\", \"path\".");
  }

  @Test
  void withoutTypeScriptOneLineSaysThatThereAreNoSchemas() throws IOException {
    bare.build(dir.resolve("app"), dir.resolve("a.wasm"), progress::add);
    assertThat(progress).anyMatch(l -> l.startsWith("no schemas: ") && l.contains("npm install"));
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
    write("outside.js", "export {};");
    for (String main : List.of("../outside.js", "./lib/../../outside.js", "/outside.js")) {
      write("bad/package.json", "{\"main\": \"" + main + "\"}");
      assertRefused("bad", ErrorCode.INVALID_ARGUMENT, "is outside of the project");
    }
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

  private static final String GO_APP =
      """
      package main

      import "plexspaces.io/sdk-go/plexspaces"

      type Counter struct {
      \tplexspaces.ActorBase
      \tValue int64
      }

      func init() {
      \tplexspaces.Register("counter", func() *Counter {
      \t\tc := &Counter{}
      \t\tplexspaces.On(c, "increment", func(in struct{ By int64 }) (int64, error) {
      \t\t\tc.Value += in.By
      \t\t\treturn c.Value, nil
      \t\t})
      \t\treturn c
      \t})
      }

      func main() {}
      """;

  @Test
  void goIsBuiltWithTheUsersOwnGoAndTheSdkThatIsCarried() throws IOException {
    String module = "module counter\n\ngo 1.24\n\nrequire plexspaces.io/sdk-go v0.1.0\n";
    for (String place : List.of("go", "other/place")) {
      write(place + "/go.mod", module);
      write(place + "/main.go", GO_APP);
    }
    BuildResult a;
    try {
      a = full.build(dir.resolve("go"), dir.resolve("a.wasm"), progress::add);
    } catch (HostException e) {
      assumeTrue(e.code() != ErrorCode.FAILED_PRECONDITION, "skipped: " + e.getMessage());
      throw e;
    }
    BuildResult b = full.build(dir.resolve("other/place"), dir.resolve("b.wasm"), progress::add);
    assertThat(a.language()).isEqualTo("go");
    assertThat(b.digest()).as(() -> difference("a.wasm", "b.wasm")).isEqualTo(a.digest());
    assertThat(Files.readAllBytes(dir.resolve("a.wasm"))).startsWith(0, 'a', 's', 'm');
    // The user's files stay as they are.
    assertThat(Files.readString(dir.resolve("go/go.mod"))).isEqualTo(module);
    try (var files = Files.list(dir.resolve("go"))) {
      assertThat(files).hasSize(2);
    }

    write("go/main.go", "package main\n\nfunc main() { broken }\n");
    assertThatThrownBy(() -> full.build(dir.resolve("go"), dir.resolve("a.wasm"), progress::add))
        .hasMessageContaining("go refuses")
        .hasMessageContaining("main.go:3:15");
    write("go/main.go", "package counter\n");
    assertThatThrownBy(() -> full.build(dir.resolve("go"), dir.resolve("a.wasm"), progress::add))
        .hasMessageContaining("requires exactly one main package");
  }

  @Test
  void withoutAGoThatIsNewEnoughOneSentenceSaysSo() throws IOException {
    write("go/go.mod", "module counter\n");
    assertRefused("go", ErrorCode.FAILED_PRECONDITION, "Go was not found: install Go 1.24");
    write("old/go", "#!/bin/sh\necho go1.19.8\n");
    assertThat(dir.resolve("old/go").toFile().setExecutable(true)).isTrue();
    GuestBuilder old = new GuestBuilder(new Tools(List.of(dir.resolve("old")), List.of()));
    assertThatThrownBy(() -> old.build(dir.resolve("go"), dir.resolve("a.wasm"), progress::add))
        .hasMessageContaining("is go1.19.8, but actors need Go 1.24 or newer");
  }

  @Test
  void theWholeGoSdkIsCarried() throws IOException {
    Path sdk = Path.of("../sdk-go");
    try (var files = Files.walk(sdk)) {
      assertThat(
              files
                  .map(f -> sdk.relativize(f).toString())
                  .filter(f -> f.equals("go.mod") || f.endsWith(".go"))
                  .filter(f -> !f.endsWith("_test.go")))
          .containsExactlyInAnyOrderElementsOf(GoSdk.FILES);
    }
  }

  /** Where two files part, with the text around: what got in that should not have. */
  private String difference(String one, String other) {
    try {
      byte[] a = Files.readAllBytes(dir.resolve(one));
      byte[] b = Files.readAllBytes(dir.resolve(other));
      int at = java.util.Arrays.mismatch(a, b);
      return "%d and %d bytes, different from %d on:%n%s%n%s"
          .formatted(a.length, b.length, at, around(a, at), around(b, at));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static String around(byte[] bytes, int at) {
    int from = Math.min(Math.max(0, at - 100), bytes.length);
    int to = Math.min(bytes.length, Math.max(from, at + 100));
    return new String(bytes, from, to - from, java.nio.charset.StandardCharsets.ISO_8859_1)
        .replaceAll("[^ -~]", ".");
  }

  @Test
  void aShellsFlagsDoNotReachAGoModule() {
    java.util.Map<String, String> environment = new java.util.HashMap<>();
    for (String name : List.of("PATH", "GOPROXY", "GOFLAGS", "GOWASM", "GOEXPERIMENT", "GODEBUG")) {
      environment.put(name, "x");
    }
    GoBuild.withoutFlags(environment);
    assertThat(environment).containsOnlyKeys("PATH", "GOPROXY");
  }

  @Test
  void aShellsFlagsDoNotReachARustModule() {
    java.util.Map<String, String> environment = new java.util.HashMap<>();
    for (String name :
        List.of(
            "PATH",
            "CARGO_HOME",
            "RUSTFLAGS",
            "CARGO_ENCODED_RUSTFLAGS",
            "CARGO_BUILD_RUSTFLAGS",
            "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
            "CARGO_PROFILE_RELEASE_LTO")) {
      environment.put(name, "x");
    }
    RustBuild.withoutFlags(environment);
    assertThat(environment).containsOnlyKeys("PATH", "CARGO_HOME");
  }

  @Test
  void equalCratesAreEqualModulesWhereverTheyLie() throws IOException {
    for (String place : List.of("one", "two/far/away")) {
      write(
          place + "/lib/Cargo.toml",
          """
          [package]
          name = "words"
          version = "0.1.0"
          edition = "2021"
          """);
      write(
          place + "/lib/src/lib.rs",
          """
          use std::collections::BTreeMap;
          pub fn count(text: &str) -> BTreeMap<String, usize> {
              let mut m = BTreeMap::new();
              for w in text.split(' ') { *m.entry(w.to_string()).or_insert(0) += 1; }
              m
          }
          """);
      write(
          place + "/apps/main/Cargo.toml",
          """
          [package]
          name = "main-app"
          version = "0.1.0"
          edition = "2021"
          [lib]
          crate-type = ["cdylib", "rlib"]
          [dependencies]
          words = { path = "../../lib" }
          [profile.release]
          panic = "abort"
          strip = true
          """);
      write(
          place + "/apps/main/src/lib.rs",
          """
          #[no_mangle]
          pub extern "C" fn ps_abi() -> i32 {
              assert!(words::count(&"a b a".repeat(3)).len() < 100, "too many");
              1
          }
          """);
    }
    BuildResult first;
    try {
      first = full.build(dir.resolve("one/apps/main"), dir.resolve("1.wasm"), progress::add);
    } catch (HostException e) {
      assumeTrue(
          e.code() != ErrorCode.FAILED_PRECONDITION,
          "skipped: no Rust for wasm: " + e.getMessage());
      throw e;
    }
    BuildResult second =
        full.build(dir.resolve("two/far/away/apps/main"), dir.resolve("2.wasm"), progress::add);
    assertThat(second.digest()).isEqualTo(first.digest());
    String text =
        new String(
            Files.readAllBytes(dir.resolve("1.wasm")),
            java.nio.charset.StandardCharsets.ISO_8859_1);
    assertThat(text).contains("src/lib.rs").doesNotContain(dir.toString());

    // What has changed is built, what was deleted is gone.
    write("one/lib/src/lib.rs", "pub fn count(_: &str) -> Vec<u8> { Vec::new() }\n");
    assertThat(
            full.build(dir.resolve("one/apps/main"), dir.resolve("3.wasm"), progress::add).digest())
        .isNotEqualTo(first.digest());
    write("one/lib/src/lib.rs", "pub fn count(_: &str) -> Vec<u8> { nothing() }\n");
    assertThatThrownBy(
            () -> full.build(dir.resolve("one/apps/main"), dir.resolve("3.wasm"), progress::add))
        .hasMessageContaining("nothing")
        .hasMessageContaining("lib/src/lib.rs:1");
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
