package io.plexspaces.cli.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BatchesTest {
  private static List<Value.Obj> documents(List<Value.Obj> batches) {
    List<Value.Obj> all = new ArrayList<>();
    for (Value.Obj batch : batches) {
      batch.array("documents").forEach(d -> all.add((Value.Obj) d));
    }
    return all;
  }

  @Test
  void smallFilesShareABatchAndNoneIsLost() {
    List<TextFile> files = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      files.add(new TextFile("f" + i, "text ".repeat(200)));
    }
    List<Value.Obj> batches = Batches.of(files);
    assertThat(batches).hasSizeBetween(5, 7);
    assertThat(batches).allMatch(b -> Json.write(b).length < 128 << 10);
    assertThat(documents(batches))
        .extracting(d -> d.string("path", ""))
        .hasSize(500)
        .doesNotHaveDuplicates();
  }

  @Test
  void aLongFileIsCutBetweenLinesThatKeepTheirNumbers() {
    StringBuilder text = new StringBuilder();
    for (int i = 1; i <= 40_000; i++) {
      text.append("line ").append(i).append(" – ü\n");
    }
    List<Value.Obj> parts = documents(Batches.of(List.of(new TextFile("long", text.toString()))));
    assertThat(parts).hasSizeGreaterThan(5);
    StringBuilder joined = new StringBuilder();
    for (Value.Obj part : parts) {
      String t = part.string("text", "");
      assertThat(t).startsWith("line " + part.integer("first_line", 0) + " ").endsWith("\n");
      joined.append(t);
    }
    assertThat(joined.toString()).isEqualTo(text.toString());
  }

  @Test
  void theWorstTextStaysUnderAMegabyte() {
    String line = "\u0001".repeat(FolderReader.LONGEST_LINE);
    TextFile worst = new TextFile("worst", (line + "\n").repeat(3));
    assertThat(Batches.of(List.of(worst))).allMatch(b -> Json.write(b).length < 1 << 20);
  }
}
