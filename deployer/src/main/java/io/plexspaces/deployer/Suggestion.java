package io.plexspaces.deployer;

import java.util.Collection;
import java.util.Locale;

/** Finds what a misspelt word was meant to be. */
public final class Suggestion {
  private Suggestion() {}

  /** {@code , did you mean "x"?}, or nothing where no candidate is near. */
  public static String of(String word, Collection<String> candidates) {
    String best = "";
    int bestDistance = Integer.MAX_VALUE;
    for (String candidate : candidates) {
      int d = distance(word.toLowerCase(Locale.ROOT), candidate.toLowerCase(Locale.ROOT));
      if (d < bestDistance) {
        best = candidate;
        bestDistance = d;
      }
    }
    // A third of the letters may be wrong, and two in a short word: more is a different word.
    int allowed = Math.max(Math.min(2, best.length() - 2), best.length() / 3);
    return bestDistance <= allowed ? ", did you mean \"" + best + "\"?" : "";
  }

  /** Levenshtein's distance, with two rows of the table; long words are simply far apart. */
  private static int distance(String a, String b) {
    if (a.length() > 100 || b.length() > 100) {
      return Integer.MAX_VALUE;
    }
    int[] above = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      above[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int[] row = new int[b.length() + 1];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int substitute = above[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(substitute, 1 + Math.min(above[j], row[j - 1]));
      }
      above = row;
    }
    return above[b.length()];
  }
}
