package io.plexspaces.deployer;

import io.plexspaces.api.AppId;
import io.plexspaces.engine.plan.AppPlan.ActorChild;
import io.plexspaces.engine.plan.AppPlan.ChildPlan;
import io.plexspaces.engine.plan.AppPlan.SupervisorPlan;
import io.plexspaces.engine.plan.Restart;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the tree of supervisors. Ids are unique in the whole tree, since a short target names a
 * child by its id alone. One reader reads one file.
 */
final class SupervisorReader {
  static final int MAX_DEPTH = 16;
  static final int DEFAULT_MAX_RESTARTS = 10;
  static final long DEFAULT_WINDOW_SECS = 60;

  /** The id of a root supervisor that has none. */
  static final String ROOT_ID = "root";

  private static final List<String> OF_ACTORS =
      List.of("behavior_kind", "shutdown_timeout_secs", "backoff", "mailbox", "facets", "args");

  private final ActorSettingsReader settings;
  private final Map<String, Integer> ids = new HashMap<>();

  SupervisorReader(ActorSettingsReader settings) {
    this.settings = settings;
  }

  /** The tree of a file; without children where it has no {@code [supervisor]}. */
  SupervisorPlan read(TomlSection root) {
    TomlSection s = root.table("supervisor");
    String id = s.string("id").orElse(ROOT_ID);
    if (s.has("id")) {
      checkId(id, s);
    }
    return supervisor(s, id, Restart.PERMANENT, "supervisor.children", 1);
  }

  private SupervisorPlan supervisor(
      TomlSection s, String id, Restart restart, String path, int depth) {
    s.oneOf(
        "strategy", AppConfigReader.words("one_for_one"), Set.of("one_for_all", "rest_for_one"));
    int maxRestarts =
        s.integer("max_restarts", 0, 1_000_000).map(Math::toIntExact).orElse(DEFAULT_MAX_RESTARTS);
    long window =
        s.integer("max_restart_window_secs", 1, 86_400).orElse(DEFAULT_WINDOW_SECS) * 1000;
    List<ChildPlan> children = new ArrayList<>();
    for (TomlSection child : s.tables("children", "[[" + path + "]]")) {
      child(child, path, depth).ifPresent(children::add);
    }
    s.done();
    return new SupervisorPlan(id, restart, maxRestarts, window, children);
  }

  private Optional<ChildPlan> child(TomlSection unnamed, String path, int depth) {
    Optional<String> id = unnamed.requiredString("id");
    id.ifPresent(i -> checkId(i, unnamed));
    // From here on messages name the child; the sections share the errors, not the known keys.
    TomlSection s =
        id.map(i -> unnamed.named(unnamed.label() + " " + TomlSection.quoted(i))).orElse(unnamed);
    s.has("id");
    Optional<String> type = s.requiredString("type");
    boolean supervisor = type.isPresent() && type.get().equals("supervisor");
    ChildPlan plan =
        supervisor
            ? nested(s, id.orElse("?"), path, depth)
            : actor(s, id.orElse("?"), type.orElse(null));
    s.done();
    return Optional.ofNullable(plan);
  }

  private @Nullable ChildPlan nested(TomlSection s, String id, String path, int depth) {
    Restart restart = ActorSettingsReader.restart(s);
    for (String key : OF_ACTORS) {
      if (s.has(key)) {
        s.error(key, s.name(key) + " does not apply: its type is \"supervisor\"");
      }
    }
    if (!s.has("supervisor")) {
      s.error("type", "[" + path + ".supervisor] is missing for the supervisor in " + s.label());
      return null;
    }
    if (depth == MAX_DEPTH) {
      s.error("supervisor", "supervisors are nested deeper than " + MAX_DEPTH + " levels");
      return null;
    }
    String inner = path + ".supervisor";
    TomlSection t = s.table("supervisor", "[" + inner + "] of " + TomlSection.quoted(id));
    Optional<String> again = t.string("id");
    if (again.isPresent() && !again.get().equals(id)) {
      t.error(
          "id",
          t.name("id")
              + " is "
              + TomlSection.quoted(again.get())
              + ", but the child it belongs to is "
              + TomlSection.quoted(id)
              + ": leave it out");
    }
    return supervisor(t, id, restart, inner + ".children", depth + 1);
  }

  private @Nullable ChildPlan actor(TomlSection s, String id, @Nullable String type) {
    if (s.has("supervisor")) {
      s.error("supervisor", s.name("supervisor") + " needs type = \"supervisor\"");
    }
    if (type != null) {
      settings.checkType(type, s, "type");
      settings.checkBehavior(type, s);
    } else {
      s.has("behavior_kind");
    }
    return new ActorChild(
        id, type == null ? "?" : type, s.values("args"), settings.read(s, type, s.label(), false));
  }

  private void checkId(String id, TomlSection s) {
    if (!AppId.isName(id)) {
      s.error(
          "id",
          s.name("id")
              + " is "
              + TomlSection.quoted(id)
              + ", which is not valid: 1 to 63 letters, digits, '.', '_' or '-', starting with a"
              + " letter or digit");
    }
    Integer first = ids.putIfAbsent(id, s.line("id"));
    if (first != null) {
      s.error(
          "id",
          s.name("id")
              + " is "
              + TomlSection.quoted(id)
              + ", which is used in line "
              + first
              + " already");
    }
  }
}
