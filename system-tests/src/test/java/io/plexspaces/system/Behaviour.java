package io.plexspaces.system;

import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Something that every language does alike, or a reason why not.
 *
 * @param section the heading it stands under in docs/languages.md
 * @param title one sentence without a full stop
 * @param check throws where a probe does otherwise
 * @param differences languages in which it is otherwise: what is there instead
 */
record Behaviour(
    String section, String title, Check check, Map<GuestLanguage, Difference> differences) {

  /** Asserts a behaviour of one probe. */
  @FunctionalInterface
  interface Check {
    void of(Probe probe) throws Exception;
  }

  /**
   * What a language does instead.
   *
   * @param reason for the reader of docs/languages.md
   * @param check asserts that it is really so; null for what is not tried
   */
  record Difference(String reason, @Nullable Check check) {}

  static Behaviour of(String section, String title, Check check) {
    return new Behaviour(section, title, check, Map.of());
  }

  /** The same with {@code languages} doing something else. */
  Behaviour but(String reason, Check instead, GuestLanguage... languages) {
    Map<GuestLanguage, Difference> more = new EnumMap<>(GuestLanguage.class);
    more.putAll(differences);
    for (GuestLanguage l : languages) {
      more.put(l, new Difference(reason, instead));
    }
    return new Behaviour(section, title, check, more);
  }

  /** The same, but {@code languages} are not put to it. */
  Behaviour untried(String reason, GuestLanguage... languages) {
    Map<GuestLanguage, Difference> more = new EnumMap<>(GuestLanguage.class);
    more.putAll(differences);
    for (GuestLanguage l : languages) {
      more.put(l, new Difference(reason, null));
    }
    return new Behaviour(section, title, check, more);
  }

  /** Whether the language is put to it, or to what it does instead. */
  boolean isTried(GuestLanguage language) {
    return checkFor(language) != null;
  }

  /** Null for what is not tried. */
  @Nullable Check checkFor(GuestLanguage language) {
    Difference d = differences.get(language);
    return d == null ? check : d.check();
  }
}
