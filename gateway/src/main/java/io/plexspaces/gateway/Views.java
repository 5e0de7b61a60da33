package io.plexspaces.gateway;

import io.plexspaces.api.Value;
import io.plexspaces.deployer.AppInfo;
import io.plexspaces.engine.ActorStatus;
import io.plexspaces.engine.RecentLog;
import io.plexspaces.engine.TreeNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Apps, actors and trees as JSON. */
final class Views {
  private static final List<String> LEVELS = List.of("trace", "debug", "info", "warn", "error");

  private Views() {}

  static Value.Obj app(AppInfo a, boolean withModule) {
    Value.Obj.Builder b =
        Value.Obj.builder()
            .put("app", a.app().name())
            .put("version", a.version())
            .put("state", lower(a.state()));
    if (a.failure() != null) {
      b.put("failure", a.failure());
    }
    b.put("module_digest", a.moduleDigest())
        .put("actors", a.actors())
        .put("mailbox_depth", a.mailboxDepth())
        .put("memory_bytes", a.memoryBytes())
        .put("restarts", a.restarts())
        .put("deployed_at", Instant.ofEpochMilli(a.deployedAtMillis()).toString());
    if (withModule && a.module() != null) {
      b.put("module", a.module().toValue());
    }
    return b.build();
  }

  static Value.Obj actor(ActorStatus s) {
    Value.Obj.Builder b =
        Value.Obj.builder()
            .put("actor", s.actor().address())
            .put("type", s.actor().type())
            .put("key", s.actor().key())
            .put("state", lower(s.state()))
            .put("durable", s.durable())
            .put("mailbox_depth", s.mailboxDepth())
            .put("turns", s.turns())
            .put("restarts", s.restarts())
            .put("sequence", s.sequence())
            .put("memory_bytes", s.memoryBytes());
    if (s.lastError() != null) {
      b.put("last_error", s.lastError());
    }
    if (s.timers() > 0) {
      b.put("timers", s.timers());
    }
    if (s.nextTimerMillis() != Long.MAX_VALUE) {
      b.put("next_timer_at", Instant.ofEpochMilli(s.nextTimerMillis()).toString());
    }
    return b.build();
  }

  static Value.Obj logLine(RecentLog.Line l) {
    return Value.Obj.builder()
        .put("number", l.number())
        .put("at", Instant.ofEpochMilli(l.atMillis()).toString())
        .put("level", LEVELS.get(Math.clamp(l.level(), 0, LEVELS.size() - 1)))
        .put("actor", l.actor().address())
        .put("message", l.message())
        .build();
  }

  static Value.Obj tree(TreeNode n) {
    List<Value> children = new ArrayList<>();
    for (TreeNode c : n.children()) {
      children.add(tree(c));
    }
    return Value.Obj.builder()
        .put("kind", n.kind())
        .put("label", n.label())
        .put("state", n.state())
        .put("restarts", n.restarts())
        .put("children", new Value.Arr(children))
        .build();
  }

  private static String lower(Enum<?> e) {
    return e.name().toLowerCase(Locale.ROOT);
  }
}
