package io.plexspaces.cli.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ScreenTest {
  private final ByteArrayOutputStream written = new ByteArrayOutputStream();

  private Screen screen(boolean terminal, Map<String, String> environment) {
    PrintStream out = new PrintStream(written, true, StandardCharsets.UTF_8);
    return new Screen(out, terminal, terminal, environment);
  }

  private String written() {
    return written.toString(StandardCharsets.UTF_8);
  }

  @Test
  void stepsAreAlignedAndPlainInAPipe() {
    Screen s = screen(false, Map.of());
    s.progress("Build", "not for pipes");
    s.step("Build", "short", 1_500_000_000L);
    s.step("Deploy", "a little longer", 12_000_000L);
    s.line(s.bold("bold") + s.marked("beans", Set.of("beans")));
    String[] lines = written().split("\n", -1);
    assertThat(lines[0]).startsWith("  Build   short ").endsWith(" 1.5 s");
    assertThat(lines[1]).startsWith("  Deploy  a little longer ").endsWith(" 12 ms");
    assertThat(lines[0]).hasSameSizeAs(lines[1]);
    assertThat(lines[2]).isEqualTo("boldbeans");
  }

  @Test
  void progressIsOverwrittenOnATerminal() {
    Screen s = screen(true, Map.of("COLUMNS", "60"));
    s.progress("Index", "x".repeat(100));
    s.line("done");
    assertThat(written()).startsWith("\r\u001b[K  Index   xx").endsWith("\r\u001b[Kdone\n");
    assertThat(written().indexOf("\r", 1)).isLessThan(70);
    assertThat(s.marked("beans", Set.of("beans"))).contains("\u001b[1;33mbeans\u001b[0m");
  }

  @Test
  void commandsCanBePasted() {
    assertThat(Shell.quote("a b'c")).isEqualTo("'a b'\\''c'");
    assertThat(Shell.quote("/tmp/x-1")).isEqualTo("/tmp/x-1");
    Path home = Path.of("/home/me/plexspaces");
    assertThat(Shell.launcher(home, home)).isEqualTo("./plexspaces");
    assertThat(Shell.near(home.resolve("docs"), home)).isEqualTo("docs");
    assertThat(Shell.near(home.resolve("docs"), Path.of("/var/lib/other/place")))
        .isEqualTo("/home/me/plexspaces/docs");
  }
}
