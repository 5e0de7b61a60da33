package io.plexspaces.cli.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ExcerptTest {
  @Test
  void showsTheRowsThatSayMostAndWhereTheyAre() {
    String text = "nothing\n\nnothing here\nabout beans\nand beans with salt\nthe end\n";
    Excerpt e = Excerpt.of(text, Set.of("beans", "salt"), 40, 2);
    assertThat(e.line()).isEqualTo(3);
    assertThat(e.rows()).containsExactly("about beans", "and beans with salt");
  }

  @Test
  void wrapsLongLinesAtSpacesAndCutsWhatHasNone() {
    Excerpt e = Excerpt.of("one two three four five six needle", Set.of("needle"), 20, 1);
    assertThat(e).isEqualTo(new Excerpt(0, List.of("five six needle")));
    String unbroken = "x".repeat(45);
    assertThat(Excerpt.of(unbroken, Set.of(), 20, 9).rows())
        .containsExactly("x".repeat(20), "x".repeat(20), "x".repeat(5));
    String pairs = "\ud83d\ude00".repeat(15);
    assertThat(String.join("", Excerpt.of(pairs, Set.of(), 21, 9).rows())).isEqualTo(pairs);
    assertThat(Excerpt.of("", Set.of(), 20, 3).rows()).isEmpty();
  }

  @Test
  void formsOfOneWordCountOnce() {
    Set<String> words = Set.of("fail", "fails", "power", "journal");
    assertThat(Excerpt.of("fail and fails\n\npower journal\n", words, 40, 1).line()).isEqualTo(2);
  }

  @Test
  void aParagraphFlowsAndAListDoesNot() {
    String text = "a line that is too long\nand goes on\nand on\n- first\n- second\n";
    assertThat(Excerpt.of(text, Set.of(), 20, 9).rows())
        .containsExactly("a line that is too", "long and goes on and", "on", "- first", "- second");
    assertThat(Excerpt.of(text, Set.of("second"), 20, 1).line()).isEqualTo(4);
    assertThat(Excerpt.of("x y z.\nneedle one\ntwo", Set.of("needle", "two"), 20, 2).line())
        .isEqualTo(1);
  }

  @Test
  void nothingInATextReachesTheTerminalAsACommand() {
    Excerpt e = Excerpt.of("a\u001b[2Jb\u0007\u202ec", Set.of(), 40, 1);
    assertThat(e.rows()).containsExactly("a [2Jb  c");
  }

  @Test
  void marksWholeWordsOnly() {
    assertThat(Excerpt.mark("bean beans $1 bean", Set.of("bean", "1"), "<", ">"))
        .isEqualTo("<bean> beans $<1> <bean>");
  }
}
