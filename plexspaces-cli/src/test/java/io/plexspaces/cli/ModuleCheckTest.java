package io.plexspaces.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.plexspaces.api.Json;
import io.plexspaces.api.guest.ModuleDescription;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code build --check}: what it shows of a module, and how it says that one cannot be loaded. */
class ModuleCheckTest {
  @TempDir Path dir;

  private static String table(String operations) {
    String description =
        """
        {"abi":1,"sdk":"test/1","types":[{"name":"shop","behavior":"GenServer","operations":[%s]}]}
        """
            .formatted(operations);
    return ModuleCheck.table(
            ModuleDescription.parse(Json.read(description.getBytes(StandardCharsets.UTF_8))))
        .render(false);
  }

  private static String row(String operation) {
    return table(operation).lines().skip(1).findFirst().orElseThrow().replaceAll(" +", " ").strip();
  }

  private static String takes(String schema) {
    return row("{\"name\":\"op\",\"kind\":\"call\",\"input\":" + schema + "}")
        .replaceFirst("^shop op call ", "");
  }

  private static String gives(String schema) {
    return row("{\"name\":\"op\",\"kind\":\"call\",\"output\":" + schema + "}")
        .replaceFirst("^shop op call anything ?", "");
  }

  @Test
  void kindsStreamsAndTheFirstLineOfTheDocumentationAreShown() {
    assertThat(
            table(
                """
                {"name":"buy","kind":"call","doc":"Buys it.\\nAt once."},
                {"name":"note","kind":"cast"},
                {"name":"price","kind":"query","stream":true,"doc":"What it costs."}\
                """))
        .isEqualTo(
            """
            TYPE   OPERATION   KIND           TAKES      GIVES
            shop   buy         call           anything           Buys it.
                   note        cast           anything
                   price       query stream   anything           What it costs.
            """);
    assertThat(table("")).containsPattern("shop +-");
  }

  @Test
  void whatAnOperationTakesIsSaidFieldByField() {
    assertThat(
            takes(
                """
                {"type":"object","required":["id"],"properties":{
                  "id":{"type":"string"},
                  "count":{"type":"integer","default":1},
                  "note":{"anyOf":[{"type":"string"},{"type":"null"}]},
                  "tags":{"type":"array","items":{"type":"string"}}}}\
                """))
        .isEqualTo("id: string, count: integer = 1, note?: string | null, tags?: list of string");
    assertThat(takes("{\"type\":\"object\",\"properties\":{}}")).isEqualTo("-");
    assertThat(takes("{\"type\":\"object\"}")).isEqualTo("object");
  }

  @Test
  void schemasAreSaidInAFewWords() {
    assertThat(gives("{\"type\":\"integer\"}")).isEqualTo("integer");
    assertThat(gives("{\"type\":[\"string\",\"null\"]}")).isEqualTo("string | null");
    assertThat(gives("{\"enum\":[\"open\",\"closed\",3]}")).isEqualTo("\"open\" | \"closed\" | 3");
    assertThat(gives("{\"type\":\"array\"}")).isEqualTo("list");
    assertThat(
            gives(
                "{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/Item\"},\"$defs\":{\"Item\":{\"type\":\"object\"}}}"))
        .isEqualTo("list of Item");
    assertThat(
            gives(
                "{\"type\":\"object\",\"required\":[\"$bytes\"],\"properties\":{\"$bytes\":{\"type\":\"string\",\"contentEncoding\":\"base64\"}}}"))
        .isEqualTo("bytes");
    assertThat(gives("{}")).isEqualTo("any");
  }

  private CommandRun check(String name, String source, String... more) throws Exception {
    assumeTrue(
        ModuleCheckTest.class.getResource("/quickjs/quickjs.wasm") != null,
        "skipped: the QuickJS engine is not in this build; install npm and build again");
    Path file = Files.writeString(dir.resolve(name), source);
    String[] args = new String[3 + more.length];
    args[0] = "build";
    args[1] = file.toString();
    args[2] = "--check";
    System.arraycopy(more, 0, args, 3, more.length);
    return CommandRun.of(args);
  }

  private static final String ACTOR =
      """
      import { PlexSpacesActor, registerActors } from "@plexspaces/sdk";
      class ShopActor extends PlexSpacesActor {
        onBuy() { return 1; }
        *onList() { yield 1; }
      }
      registerActors(ShopActor);
      """;

  @Test
  void aModuleIsLoadedAndNoFileIsWrittenUnlessNamed() throws Exception {
    CommandRun table = check("shop.js", ACTOR);
    assertThat(table.status()).as(table.err()).isZero();
    assertThat(table.out()).containsPattern("shop +buy +call").containsPattern("list +call stream");
    assertThat(table.err()).contains("sha256:").contains("written with typescript/");
    assertThat(dir.toFile().list()).containsExactly("shop.js");

    String out = dir.resolve("shop.wasm").toString();
    CommandRun json = check("shop.js", ACTOR, "-o", out, "--output", "json");
    assertThat(json.status()).isZero();
    assertThat(Json.readObject(json.out().getBytes(StandardCharsets.UTF_8)).array("types"))
        .hasSize(1);
    assertThat(Path.of(out)).isNotEmptyFile();
  }

  @Test
  void aModuleThatDoesNotLoadIsRefusedWithWhereAndWhy() throws Exception {
    CommandRun thrown = check("shop.js", ACTOR + "undefined.nothing;\n");
    assertThat(thrown.status()).isEqualTo(1);
    assertThat(thrown.out()).isEmpty();
    assertThat(thrown.err()).contains("plexspaces: ").contains("shop.js:7").contains("nothing");

    CommandRun empty = check("shop.js", "export {};\n");
    assertThat(empty.status()).isEqualTo(1);
    assertThat(empty.err()).contains("shop.js has no actors");
  }

  @Test
  void withoutCheckAFileMustBeNamed() {
    CommandRun run = CommandRun.of("build", dir.toString());
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.err()).contains("--out").contains("--check");
  }
}
