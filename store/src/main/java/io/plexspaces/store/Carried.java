package io.plexspaces.store;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.HostException;
import io.plexspaces.api.journal.TurnRecord;
import io.plexspaces.store.log.LogListener;
import io.plexspaces.store.log.LogRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Turns copied to the end of the log. */
final class Carried {
  private Carried() {}

  /**
   * Copies all, in order. Blocking.
   *
   * @return the positions of the copies
   * @throws HostException if one could not be written
   */
  static List<Long> copy(NodeLog log, ActorId actor, long epoch, List<Overlay.Entry> entries) {
    List<CompletableFuture<Long>> copies = new ArrayList<>();
    NodeLog.Line line = log.line();
    for (Overlay.Entry e : entries) {
      CompletableFuture<Long> copy = new CompletableFuture<>();
      copies.add(copy);
      LogRecord.Turn record = new LogRecord.Turn(actor, epoch, withoutTuples(e.turn()));
      line.append(
          record,
          NodeLog.encode(record),
          new LogListener() {
            @Override
            public void committed(long position) {
              copy.complete(position);
            }

            @Override
            public void failed(HostException failure) {
              copy.completeExceptionally(failure);
            }
          });
    }
    return copies.stream().map(IoPool::await).toList();
  }

  /** The spaces have them already, and must not get them again. */
  private static TurnRecord withoutTuples(TurnRecord t) {
    return TurnRecord.builder(t.seq(), t.atMillis(), t.message())
        .from(t.from())
        .operation(t.op(), t.kind(), t.input())
        .outcome(t.outcome())
        .state(t.state())
        .steps(t.steps())
        .effects(t.effects())
        .key(t.idempotencyKey(), t.requestDigest())
        .repeatable(t.repeatable())
        .received(t.received())
        .timers(t.timers())
        .undeliverable(t.undeliverable())
        .code(t.codeVersion(), t.trace())
        .build();
  }
}
