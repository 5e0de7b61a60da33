package io.plexspaces.cli.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class QuestionsTest {
  private static List<String> of(String... texts) {
    return Questions.from(Arrays.stream(texts).map(t -> new TextFile("f", t)).toList());
  }

  @Test
  void headingsThatTheTextSpeaksOfBecomeQuestions() {
    assertThat(
            of(
                "# Introduction\n\nWelcome.\n\n## Soaking dried beans\n\nBeans soak. Beans swell."
                    + " Soaking takes a night.\n",
                "# How is bread baked?\n\nBread bread dough oven, baked bread.\n",
                "# Table of contents\n\nbeans bread beans bread\n"))
        .containsExactlyInAnyOrder(
            "How is bread baked?", "What is there about \"Soaking dried beans\"?");
  }

  @Test
  void withoutHeadingsFrequentWordsDo() {
    assertThat(of("the the the harvest moon harvest moon harvest and the night"))
        .containsExactly("What is there about \"harvest\"?", "What is there about \"moon\"?");
  }

  @Test
  void whateverHasAWordHasAQuestion() {
    assertThat(of("42")).containsExactly("Where is \"42\"?");
    assertThat(of("?!")).isEmpty();
    assertThat(of()).isEmpty();
  }

  @Test
  void aHeadingCannotSpeakToTheTerminal() {
    assertThat(of("# Evil \u001b[31mheading words\n\nevil heading words heading words\n"))
        .allMatch(q -> !q.contains("\u001b"));
  }
}
