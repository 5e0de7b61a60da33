package io.plexspaces.cli.quickstart;

import io.plexspaces.api.Value;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A passage that the librarian found.
 *
 * @param source a path in the folder
 * @param line with which {@code text} begins there
 * @param words those of {@code text} that matched the question
 */
record Answer(String source, int line, String heading, String text, Set<String> words) {

  /** The answers in a reply of the operation {@code ask}. */
  static List<Answer> of(Value.Obj reply) {
    return reply.array("answers").stream()
        .filter(Value.Obj.class::isInstance)
        .map(Value.Obj.class::cast)
        .map(a ->
            new Answer(
                a.string("source", "?"),
                Math.toIntExact(a.integer("line", 1)),
                a.string("heading", ""),
                a.string("text", ""),
                words(a)))
        .toList();
  }

  private static Set<String> words(Value.Obj answer) {
    Set<String> words = new HashSet<>();
    for (Value v : answer.array("words")) {
      if (v instanceof Value.Str s) {
        words.add(s.value());
      }
    }
    return words;
  }
}
