package io.plexspaces.gateway;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The header lines of a request, by name without regard to case. */
@FunctionalInterface
interface IncomingHeaders {
  List<String> all(String name);

  /**
   * The one value of a header, null where it is absent.
   *
   * @throws Refusal 400 if it is there more than once
   */
  default @Nullable String one(String name) {
    List<String> values = all(name);
    if (values.size() > 1) {
      throw Refusal.badRequest("header " + name + " is there " + values.size() + " times");
    }
    return values.isEmpty() ? null : values.getFirst();
  }
}
