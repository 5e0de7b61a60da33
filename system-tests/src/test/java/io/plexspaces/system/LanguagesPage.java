package io.plexspaces.system;

import io.plexspaces.api.op.Catalogue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Writes docs/languages.md from what a run has seen and the catalogue of operations. */
final class LanguagesPage {
  /** One behaviour in one language. */
  record Cell(String title, GuestLanguage language) {}

  private final Map<Cell, Boolean> seen;
  private final StringBuilder page = new StringBuilder();
  private final Map<String, Integer> notes = new LinkedHashMap<>();

  private LanguagesPage(Map<Cell, Boolean> seen) {
    this.seen = seen;
  }

  /**
   * @param seen for each behaviour in each language whether it was so
   */
  static String of(List<Behaviour> behaviours, Map<Cell, Boolean> seen) {
    LanguagesPage p = new LanguagesPage(seen);
    p.introduction();
    p.behaviours(behaviours);
    p.operations();
    return p.page.toString();
  }

  private void introduction() {
    page.append(
        """
        # Languages

        One host API in every language, with the same names and the same behaviour. This page is written by a run of the
        conformance suite: a probe in each language, on a real node, over HTTP. `yes` is a check that passed, a number a
        difference that was checked as well, unless its explanation below the tables says that it was not tried. Write it anew with
        `mvn -pl system-tests -am verify -Dtest=ConformanceTest -Dsurefire.failIfNoSpecifiedTests=false -Dplexspaces.write-docs=true`.

        | language | runs in | needed to build | guide |
        |---|---|---|---|
        | Python | CPython 3.13 in WebAssembly | nothing | [sdk-python](../sdk-python) |
        | TypeScript | QuickJS in WebAssembly | npm with esbuild | [sdk-typescript](../sdk-typescript) |
        | JavaScript | QuickJS in WebAssembly | nothing | [sdk-typescript](../sdk-typescript) |
        | Rust | WebAssembly | rustc 1.63 or later with the target wasm32-unknown-unknown | [sdk-rust](../sdk-rust) |
        | Go | WebAssembly | Go 1.24 or later | [sdk-go](../sdk-go) |
        | Python, JavaScript, TypeScript | GraalPy, GraalJS: trusted code only, see [polyglot apps](polyglot.md) | as above | the same artifact with `runtime = "graalpy"` or `"graaljs"` |
        """);
  }

  private void behaviours(List<Behaviour> behaviours) {
    String section = "";
    for (Behaviour b : behaviours) {
      if (!b.section().equals(section)) {
        section = b.section();
        page.append("\n## ").append(section).append("\n\n| |");
        Arrays.stream(GuestLanguage.values())
            .forEach(l -> page.append(' ').append(l.title()).append(" |"));
        page.append("\n|---|").append("---|".repeat(GuestLanguage.values().length)).append('\n');
      }
      page.append("| ").append(b.title()).append(" |");
      for (GuestLanguage l : GuestLanguage.values()) {
        page.append(' ').append(cell(b, l)).append(" |");
      }
      page.append('\n');
    }
    if (!notes.isEmpty()) {
      page.append("\n## Differences\n\n");
      notes.forEach((reason, n) -> page.append(n).append(". ").append(reason).append(".\n"));
    }
  }

  private String cell(Behaviour b, GuestLanguage l) {
    Behaviour.Difference d = b.differences().get(l);
    if (d != null && d.check() == null) {
      return "(" + note(d.reason()) + ")";
    }
    if (!Boolean.TRUE.equals(seen.get(new Cell(b.title(), l)))) {
      return "**no**";
    }
    return d == null ? "yes" : "(" + note(d.reason()) + ")";
  }

  private int note(String reason) {
    return notes.computeIfAbsent(reason, r -> notes.size() + 1);
  }

  private void operations() {
    page.append(
        """

        ## Operations

        All of them are in every SDK under the names of its language: as here in Python and Rust, `camelCase` in
        TypeScript, `PascalCase` in Go. Arguments are named as on the wire; `bytes` is `body` or `data` in the SDKs. What this version's nodes do not run yet they refuse with UNIMPLEMENTED; the
        testing harness of the Python and TypeScript SDKs has it already.

        | operation | arguments | effect | this version |
        |---|---|---|---|
        """);
    for (Catalogue.Entry e : Catalogue.get().entries().values()) {
      List<String> arguments = new ArrayList<>();
      e.arguments().forEach(a -> arguments.add(a.optional() ? a.name() + "?" : a.name()));
      if (e.body() != null) {
        arguments.add(e.body());
      }
      page.append("| `")
          .append(e.name())
          .append("` | ")
          .append(String.join(", ", arguments))
          .append(" | ")
          .append(e.effect().name().toLowerCase(Locale.ROOT))
          .append(" | ")
          .append(e.available() ? "yes" : "later")
          .append(" |\n");
    }
  }
}
