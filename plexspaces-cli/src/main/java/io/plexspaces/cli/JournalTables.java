package io.plexspaces.cli;

import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import java.util.List;

/** Journals as tables for people: contents are cut, bytes are counted. */
final class JournalTables {
  /** Contents longer than this are cut; JSON and YAML have all of them. */
  private static final int CUT = 60;

  private JournalTables() {}

  static void turns(Session session, Value.Obj journal) {
    session
        .terminal()
        .out()
        .println(
            Printable.line(
                journal.string("actor", "?")
                    + ": turns "
                    + journal.integer("first_seq", 0)
                    + " to "
                    + journal.integer("last_seq", 0)
                    + ", epoch "
                    + journal.integer("epoch", 0)
                    + ", "
                    + journal.integer("pending", 0)
                    + " pending, "
                    + journal.integer("dead", 0)
                    + " dead, "
                    + journal.integer("timers", 0)
                    + " timers, "
                    + Apps.bytes(journal.integer("file_bytes", 0))
                    + " in "
                    + journal.string("file", "?")));
    Table t = new Table("SEQ", "AT", "FROM", "KIND", "OP", "INPUT", "OUTCOME", "REPLY");
    for (Value v : journal.array("turns")) {
      if (v instanceof Value.Obj turn) {
        t.row(
            String.valueOf(turn.integer("seq", 0)),
            turn.string("at", "?"),
            turn.string("sender", ""),
            turn.string("kind", "?"),
            turn.string("op", "?"),
            content(turn.object("input")),
            turn.string("outcome", "?"),
            content(turn.object("reply")));
        steps(t, turn.array("steps"));
        left(t, turn.array("effects"));
      }
    }
    session.print(journal, t);
  }

  private static void steps(Table t, List<Value> steps) {
    for (Value v : steps) {
      if (v instanceof Value.Obj s) {
        t.row(
            "",
            "",
            "",
            "step " + s.integer("n", 0),
            s.string("op", "?"),
            "",
            s.bool("failed", false) ? "failed" : "",
            content(s.object("result")));
      }
    }
  }

  private static void left(Table t, List<Value> effects) {
    for (Value v : effects) {
      if (v instanceof Value.Obj e) {
        t.row(
            "",
            "",
            "to " + e.string("target", "?"),
            "effect " + e.integer("number", 0),
            e.string("op", "?"),
            content(e.object("payload")),
            e.string("state", "?"),
            e.string("reason", ""));
      }
    }
  }

  static void state(Session session, Value.Obj shown) {
    session
        .terminal()
        .out()
        .println(
            Printable.line(
                shown.string("actor", "?") + ", state of turn " + shown.integer("seq", 0)));
    Value value = shown.object("state").get("value");
    session
        .terminal()
        .out()
        .print(
            Printable.json(
                value instanceof Value.Bytes b
                    ? bytes(b.size(), shown.object("state").string("type", "")) + "\n"
                    : Render.json(value == null ? Value.NULL : value)));
  }

  static Table effects(Value.Obj shown) {
    Table t = new Table("NUMBER", "TURN", "AT", "TO", "OP", "PAYLOAD", "STATE", "REASON");
    for (Value v : shown.array("effects")) {
      if (v instanceof Value.Obj e) {
        t.row(
            String.valueOf(e.integer("number", 0)),
            String.valueOf(e.integer("seq", 0)),
            e.string("at", ""),
            e.string("target", "?"),
            e.string("op", "?"),
            content(e.object("payload")),
            e.string("state", "?"),
            e.string("reason", ""));
      }
    }
    return t;
  }

  static Table timers(Value.Obj shown) {
    Table t = new Table("ID", "DUE", "TO", "OP", "PAYLOAD", "RULE");
    for (Value v : shown.array("timers")) {
      if (v instanceof Value.Obj timer) {
        t.row(
            timer.string("id", "?"),
            timer.string("due", "?"),
            timer.string("target", "?"),
            timer.string("op", "?"),
            content(timer.object("payload")),
            timer.string("rule", ""));
      }
    }
    return t;
  }

  static Table inbox(Value.Obj shown) {
    Table t = new Table("SENDER", "EPOCH", "ALL BELOW", "AND");
    for (Value v : shown.array("inbox")) {
      if (v instanceof Value.Obj i) {
        t.row(
            i.string("sender", "?"),
            String.valueOf(i.integer("epoch", 0)),
            String.valueOf(i.integer("low", 0)),
            cut(Json.writeString(new Value.Arr(i.array("above")))));
      }
    }
    return t;
  }

  /** A content in a cell. */
  static String content(Value.Obj content) {
    Value value = content.get("value");
    if (value == null || value instanceof Value.Bytes) {
      return bytes(content.integer("size", 0), content.string("type", "?"));
    }
    return cut(Json.writeString(value));
  }

  private static String bytes(long size, String type) {
    return "<" + size + (size == 1 ? " byte " : " bytes ") + type + ">";
  }

  private static String cut(String s) {
    if (s.codePointCount(0, s.length()) <= CUT) {
      return s;
    }
    return s.substring(0, s.offsetByCodePoints(0, CUT - 1)) + "…";
  }
}
