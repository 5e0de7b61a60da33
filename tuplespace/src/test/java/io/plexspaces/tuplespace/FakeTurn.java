package io.plexspaces.tuplespace;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.RequestContext;
import io.plexspaces.api.Value;
import io.plexspaces.api.journal.TupleChange;
import io.plexspaces.api.op.TurnContext;
import io.plexspaces.api.op.TurnParticipant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A turn whose guest is the test. JSON is written with single quotes. */
final class FakeTurn implements TurnContext {
  private final FakeNode node;
  private final ActorId self;
  private final RequestContext request;
  private boolean failsAfterWaits;
  private final Map<Object, TurnParticipant> participants = new LinkedHashMap<>();

  FakeTurn(FakeNode node, ActorId self, RequestContext request) {
    this.node = node;
    this.self = self;
    this.request = request;
  }

  /** From now on a wait that has succeeded ends with an error: the guest never sees its answer. */
  void failAfterWaits() {
    failsAfterWaits = true;
  }

  /** Calls an operation and answers its result as JSON text. */
  String call(String operation, String header) {
    Value.Obj fields = (Value.Obj) Json.read(header.replace('\'', '"'));
    Frame answer = node.operation(operation).handler().call(this, Frame.of(fields));
    return Json.writeString(Json.read(answer.body())).replace('"', '\'');
  }

  String write(String tuple) {
    return call("ts_write", "{'tuple':" + tuple + "}");
  }

  String read(String pattern) {
    return call("ts_read", "{'pattern':" + pattern + "}");
  }

  String take(String pattern) {
    return call("ts_take", "{'pattern':" + pattern + "}");
  }

  String take(String pattern, long timeoutMillis) {
    return call("ts_take", "{'pattern':" + pattern + ",'timeout_ms':" + timeoutMillis + "}");
  }

  String takeIfExists(String pattern) {
    return call("ts_take", "{'pattern':" + pattern + ",'if_exists':true}");
  }

  String readAll(String pattern) {
    return call("ts_read_all", "{'pattern':" + pattern + "}");
  }

  String count(String pattern) {
    return call("ts_count", "{'pattern':" + pattern + "}");
  }

  String writeOnce(String pattern, String tuple) {
    return call("ts_write_once", "{'pattern':" + pattern + ",'tuple':" + tuple + "}");
  }

  /** Ends a turn that has succeeded: what is to be on disk is written, then it is committed. */
  void commit() {
    commit(new CompletableFuture<>());
  }

  /** As {@link #commit}, and waits for the disk: whether it was committed. */
  boolean commitAndWait() {
    CompletableFuture<Boolean> done = new CompletableFuture<>();
    commit(done);
    return done.join();
  }

  private void commit(CompletableFuture<Boolean> done) {
    MemoryDisk disk = node.disk;
    List<TupleChange> changes = new ArrayList<>();
    participants.values().forEach(p -> changes.addAll(p.changes()));
    if (disk == null || changes.isEmpty()) {
      participants.values().forEach(TurnParticipant::commit);
      done.complete(true);
      return;
    }
    disk.append(
        self.app(),
        changes,
        failure -> {
          if (failure == null) {
            participants.values().forEach(TurnParticipant::commit);
          } else {
            rollBack();
          }
          done.complete(failure == null);
        });
  }

  /** As an engine would that forgets the disk. */
  void commitUnwritten() {
    participants.values().forEach(TurnParticipant::commit);
  }

  void rollBack() {
    participants.values().forEach(TurnParticipant::rollBack);
  }

  @Override
  public ActorId self() {
    return self;
  }

  @Override
  public RequestContext request() {
    return request;
  }

  @Override
  @SuppressWarnings("unchecked") // a key is used for one type of participant only
  public <P extends TurnParticipant> P participant(Object key, Supplier<P> factory) {
    return (P) participants.computeIfAbsent(key, k -> factory.get());
  }

  @Override
  public <T extends @Nullable Object> T await(@Nullable ActorId holder, Wait<T> wait) {
    if (holder != null) {
      node.waitsFor(self, holder);
    }
    try {
      T result = wait.run();
      if (failsAfterWaits) {
        throw new HostException(ErrorCode.CANCELLED, "stopped after the wait");
      }
      return result;
    } catch (InterruptedException e) {
      throw new HostException(ErrorCode.CANCELLED, "interrupted");
    } finally {
      if (holder != null) {
        node.waitsNoMore(self);
      }
    }
  }
}
