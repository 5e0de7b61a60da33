package io.plexspaces.cli.quickstart;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Two questions to ask of a folder. */
final class Questions {
  /** For this project's own documentation. */
  static final List<String> OF_THE_PROJECT =
      List.of(
          "How does a tuple reach exactly one taker?",
          "What does the journal promise when the power fails?");

  private static final int WANTED = 2;
  private static final Pattern HEADING =
      Pattern.compile("^ {0,3}#{1,6}[ \\t]+(.+?)[ \\t]*#*$", Pattern.MULTILINE);
  private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{N}]+");

  /** Headings that every other document has. */
  private static final Set<String> EVERYWHERE =
      Set.of(
          "introduction",
          "overview",
          "usage",
          "example",
          "examples",
          "installation",
          "install",
          "license",
          "licence",
          "contents",
          "table of contents",
          "changelog",
          "contributing",
          "background",
          "summary",
          "notes",
          "references",
          "context",
          "decision",
          "consequence",
          "consequences",
          "status",
          "see also",
          "getting started",
          "todo",
          "faq",
          "readme");

  /** Words that make no question; the guest knows more of them. */
  private static final Set<String> COMMON =
      Set.of(
          "about",
          "after",
          "also",
          "because",
          "been",
          "before",
          "being",
          "between",
          "could",
          "does",
          "each",
          "even",
          "every",
          "first",
          "from",
          "have",
          "here",
          "into",
          "just",
          "like",
          "make",
          "many",
          "more",
          "most",
          "much",
          "must",
          "never",
          "only",
          "other",
          "over",
          "same",
          "should",
          "some",
          "such",
          "than",
          "that",
          "their",
          "them",
          "then",
          "there",
          "these",
          "they",
          "this",
          "those",
          "through",
          "under",
          "until",
          "very",
          "was",
          "were",
          "what",
          "when",
          "where",
          "which",
          "while",
          "with",
          "without",
          "would",
          "your",
          "null",
          "true",
          "false",
          "return",
          "http",
          "https",
          "import",
          "public",
          "private",
          "static",
          "void",
          "const",
          "string",
          "function",
          "class",
          "none",
          "self",
          "will");

  private Questions() {}

  /** Up to two, from headings if there are some, else from frequent words; none without words. */
  static List<String> from(List<TextFile> files) {
    Map<String, Integer> frequency = new HashMap<>();
    Map<String, Integer> spread = new HashMap<>();
    for (TextFile file : files) {
      List<String> words = words(file.text());
      words.forEach(word -> frequency.merge(word, 1, Integer::sum));
      new HashSet<>(words).forEach(word -> spread.merge(word, 1, Integer::sum));
    }
    // What every file says tells nothing about any.
    if (files.size() > 3) {
      frequency.replaceAll(
          (word, n) -> spread.getOrDefault(word, 0) * 3 > files.size() * 2 ? 1 : n);
    }
    List<String> questions = new ArrayList<>(fromHeadings(files, frequency));
    if (questions.size() < WANTED) {
      frequency.entrySet().stream()
          .filter(e -> topical(e.getKey()))
          .sorted(byFrequency())
          .map(e -> "What is there about \"" + e.getKey() + "\"?")
          .limit(WANTED - questions.size())
          .forEach(questions::add);
    }
    if (questions.isEmpty()) {
      frequency.entrySet().stream()
          .sorted(byFrequency())
          .map(e -> "Where is \"" + e.getKey() + "\"?")
          .limit(1)
          .forEach(questions::add);
    }
    return questions;
  }

  private record Heading(String title, double weight) {}

  /** The headings whose words the texts speak of most, no two of them about the same. */
  private static List<String> fromHeadings(List<TextFile> files, Map<String, Integer> frequency) {
    List<Heading> headings = new ArrayList<>();
    for (TextFile file : files) {
      Matcher m = HEADING.matcher(file.text());
      while (m.find()) {
        String title = Screen.plain(m.group(1).replaceAll("[`*_]", "")).strip();
        List<String> words = words(title);
        if (words.size() < 2
            || words.size() > 8
            || title.length() > 70
            || EVERYWHERE.contains(title.toLowerCase(Locale.ROOT))) {
          continue;
        }
        double sum =
            words.stream()
                .filter(Questions::topical)
                .mapToDouble(w -> Math.log(frequency.getOrDefault(w, 0)))
                .sum();
        if (sum > 0) {
          headings.add(new Heading(title, sum / Math.sqrt(words.size())));
        }
      }
    }
    headings.sort(
        Comparator.comparingDouble(Heading::weight).reversed().thenComparing(Heading::title));
    List<String> questions = new ArrayList<>();
    Set<String> used = new HashSet<>();
    for (Heading h : headings) {
      List<String> words = words(h.title()).stream().filter(Questions::topical).toList();
      if (questions.size() < WANTED && words.stream().noneMatch(used::contains)) {
        used.addAll(words);
        questions.add(
            h.title().endsWith("?") ? h.title() : "What is there about \"" + h.title() + "\"?");
      }
    }
    return questions;
  }

  private static boolean topical(String word) {
    return word.length() >= 4 && !COMMON.contains(word) && !Character.isDigit(word.charAt(0));
  }

  private static Comparator<Map.Entry<String, Integer>> byFrequency() {
    return Map.Entry.<String, Integer>comparingByValue()
        .reversed()
        .thenComparing(Map.Entry.comparingByKey());
  }

  private static List<String> words(String text) {
    return WORD.matcher(text)
        .results()
        .map(MatchResult::group)
        .map(w -> w.toLowerCase(Locale.ROOT))
        .toList();
  }
}
