package io.plexspaces.api.upkeep;

import io.plexspaces.api.AppId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Looks for damage in what a node keeps; changes nothing. Thread-safe; blocking. */
public interface Verification {
  /**
   * What is to be verified. Journals are taken in the order of their files.
   *
   * @param app only journals of this app, or null for everything the node keeps
   * @param actor only that of this actor, {@code type/key}; null for all
   * @param after only journals whose file comes later; empty for all, and for what is no journal
   * @param limit at most so many journals
   */
  record Scope(@Nullable AppId app, @Nullable String actor, String after, int limit) {}

  /**
   * @param journals how many were verified
   * @param total how many there are in the scope, whatever its {@code after} and {@code limit}
   * @param next the {@code after} to go on with; empty if nothing is left
   */
  record Result(List<Finding> findings, int journals, int total, String next) {
    public Result {
      findings = List.copyOf(findings);
    }
  }

  Result verify(Scope scope);
}
