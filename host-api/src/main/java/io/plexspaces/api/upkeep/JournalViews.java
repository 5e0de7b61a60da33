package io.plexspaces.api.upkeep;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Value;
import java.util.List;
import java.util.Optional;

/**
 * Journals for people. Shows what is durable, also where it is in the commit log and not yet in the
 * actor's file; keeps nobody from writing. Thread-safe; every call blocks.
 *
 * <p>A content is {@code {"type", "size"}} and, where it is shown, {@code "value"}: JSON, or bytes
 * where it is none. Times are ISO 8601. Every call throws {@link HostException} DATA_LOSS, naming
 * the file, if it is damaged; {@code journal verify} tells more.
 */
public interface JournalViews {
  /**
   * The turns of an actor, oldest first: {@code {"actor", "epoch", "format", "created_at",
   * "first_seq", "last_seq", "pending", "dead", "timers", "file", "file_bytes", "turns": [{"seq",
   * "at", "message_id", "sender", "op", "kind", "input", "outcome", "reply", "code", "trace",
   * "state": true, "steps": [..], "effects": [..]}], "more"}}; {@code more} tells whether the limit
   * left some out. Empty if the actor has no journal.
   */
  Optional<Value.Obj> turns(ActorId actor, JournalQuery query);

  /**
   * The declared state after a turn: {@code {"actor", "seq", "state"}} with the turn that wrote it.
   *
   * @param at the turn, or 0 for the last
   * @throws HostException NOT_FOUND if there is no state so early, or it was pruned
   */
  Optional<Value.Obj> state(ActorId actor, long at);

  /**
   * Messages of the outbox: {@code {"actor", "effects": [{"number", "seq", "n", "at", "message_id",
   * "target", "op", "payload", "client", "state", "reason"}], "more"}}.
   */
  Optional<Value.Obj> effects(ActorId actor, EffectQuery query);

  /**
   * A dead letter as it was to be sent.
   *
   * @param target the receiver's address
   */
  record Letter(String target, String op, Payload payload) {}

  /** Empty if the actor has no dead letter of that number. */
  Optional<Letter> deadLetter(ActorId actor, long number);

  /**
   * Timers that are set, the next first: {@code {"actor", "timers": [{"id", "due", "target", "op",
   * "payload", "rule"}]}}.
   */
  Optional<Value.Obj> timers(ActorId actor, boolean payloads);

  /**
   * What was received of each durable sender: {@code {"actor", "inbox": [{"sender", "epoch", "low",
   * "above"}]}}.
   */
  Optional<Value.Obj> inbox(ActorId actor);

  /** The actors of an app that have a journal, by address. */
  List<ActorId> actors(AppId app);
}
