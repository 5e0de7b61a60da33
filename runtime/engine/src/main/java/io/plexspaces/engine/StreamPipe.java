package io.plexspaces.engine;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.MessageId;
import io.plexspaces.api.Payload;
import io.plexspaces.api.RequestContext;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A stream between its producer, an actor, and its one reader. It holds few values; whoever makes
 * room, or closes, queues the producer's next turn, of which at most one is queued or running.
 * Thread-safe; what says so belongs to the worker that runs the producer.
 */
final class StreamPipe implements ValueStream {
  /** Values that may be under way or unread before the producer rests. */
  static final int MAX_VALUES = 16;

  /** Bytes of such values. A single value may be larger. */
  static final long MAX_BYTES = 256L << 10;

  /** Smaller values are bounded by their number. */
  private static final int CHARGED_FROM = 1024;

  private final ActorEngine engine;
  private final MessageId id;
  private final boolean again;
  private final @Nullable ActorId from;
  private final String op;
  private final RequestContext context;
  private final Slot slot = new Slot();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<Payload> buffer = new ArrayDeque<>(4);

  /** Values produced and not yet read, also those that wait for their commit. */
  private int reserved;

  private long reservedBytes;
  private @Nullable ActorCell producer;

  /** Whether the guest holds a generator that could go on. */
  private boolean live;

  /** Whether a turn of the producer is queued or running. */
  private boolean busy = true;

  private boolean cancelled;
  private boolean closed;
  private boolean finished;
  private @Nullable HostError error;

  /** Streams that the producing handler reads. The producer's worker. */
  private final OpenStreams inner = new OpenStreams();

  /** What errors of the producer's turns arrive at. */
  private final class Slot extends ReplySlot {
    @Override
    void complete(Reply r) {
      if (r instanceof Reply.Failed(var why)) {
        fail(why);
      }
    }

    @Override
    boolean isAbandoned() {
      lock.lock();
      try {
        return closed;
      } finally {
        lock.unlock();
      }
    }

    @Override
    StreamPipe stream() {
      return StreamPipe.this;
    }
  }

  /**
   * @param id of the message that opens it
   * @param again whether the reading turn may have opened it before
   * @param context of the reader; its deadline is how long the first value may take
   */
  StreamPipe(
      ActorEngine engine,
      MessageId id,
      @Nullable ActorId from,
      String op,
      RequestContext context,
      boolean again) {
    this.engine = engine;
    this.id = id;
    this.again = again;
    this.from = from;
    this.op = op;
    this.context = context;
  }

  MessageId id() {
    return id;
  }

  OpenStreams inner() {
    return inner;
  }

  /** The message that begins it. */
  Message opening(Payload payload) {
    return new Message(
        id, from, Message.Kind.STREAM, op, payload, context, slot, null, null, again);
  }

  /** The message that lets it go on, or end. Later values are bounded by the reader's waits. */
  Message resumption() {
    return new Message(
        engine.newMessageId(),
        from,
        Message.Kind.RESUME,
        op,
        Payload.EMPTY_OBJECT,
        context.withDeadline(RequestContext.NO_DEADLINE),
        slot,
        null,
        null,
        false);
  }

  // ---- the producer's side

  void producer(ActorCell cell) {
    lock.lock();
    try {
      producer = cell;
    } finally {
      lock.unlock();
    }
  }

  boolean isLive() {
    lock.lock();
    try {
      return live;
    } finally {
      lock.unlock();
    }
  }

  /** Whether the producer's next turn is to close it. */
  boolean isCancelled() {
    lock.lock();
    try {
      return cancelling();
    } finally {
      lock.unlock();
    }
  }

  private boolean cancelling() {
    return closed || cancelled || error != null;
  }

  /**
   * A turn has produced {@code v}, which will be {@link #release}d or {@link #drop}ped.
   *
   * @throws HostException RESOURCE_EXHAUSTED if the node's memory has no room for it
   */
  void reserve(Payload v) {
    if (v.size() >= CHARGED_FROM) {
      engine.relieveMemory();
      engine.budget().charge(v.size());
    }
    lock.lock();
    try {
      reserved++;
      reservedBytes += v.size();
    } finally {
      lock.unlock();
    }
  }

  private void unreserve(Payload v) {
    reserved--;
    reservedBytes -= v.size();
    if (v.size() >= CHARGED_FROM) {
      engine.budget().release(v.size());
    }
  }

  /** A value is committed: the reader may have it. */
  void release(Payload v) {
    lock.lock();
    try {
      // A stream that a later turn has failed is being cancelled, but this value was before that.
      if (closed || error != null) {
        unreserve(v);
      } else {
        buffer.add(v);
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** A value's turn was lost. */
  void drop(Payload v) {
    lock.lock();
    try {
      unreserve(v);
    } finally {
      lock.unlock();
    }
  }

  /** The reader gets {@code why} after the values that it already has. */
  void fail(HostError why) {
    lock.lock();
    try {
      if (error == null && !finished) {
        error = why;
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  void finish() {
    lock.lock();
    try {
      if (error == null) {
        finished = true;
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** A turn of the producer is over. */
  void turnOver(boolean goesOn) {
    boolean again;
    lock.lock();
    try {
      busy = false;
      live = goesOn;
      again = claimTurn();
    } finally {
      lock.unlock();
    }
    if (again) {
      resume();
    }
  }

  /** The producer has lost its memory, and the stream with it. */
  void lost() {
    lock.lock();
    try {
      live = false;
    } finally {
      lock.unlock();
    }
  }

  /** The producer's next turn closes it, whatever the reader does. Any thread. */
  void cancel() {
    boolean again;
    lock.lock();
    try {
      cancelled = true;
      again = claimTurn();
    } finally {
      lock.unlock();
    }
    if (again) {
      resume();
    }
  }

  private boolean claimTurn() {
    if (!live || busy) {
      return false;
    }
    boolean wanted = cancelling() || (reserved < MAX_VALUES && reservedBytes < MAX_BYTES);
    busy = wanted;
    return wanted;
  }

  private void resume() {
    ActorCell cell = producer;
    if (cell == null || !cell.enqueueResumption(resumption())) {
      fail(HostError.of(ErrorCode.UNAVAILABLE, "the stream's actor is gone"));
    }
  }

  // ---- the reader's side

  @Override
  public Optional<Payload> next(long deadlineNanos) {
    try {
      return take(deadlineNanos);
    } catch (InterruptedException e) {
      throw interrupted();
    }
  }

  @Override
  public boolean ready(long deadlineNanos) {
    try {
      return awaitReady(deadlineNanos);
    } catch (InterruptedException e) {
      throw interrupted();
    }
  }

  private static HostException interrupted() {
    Thread.currentThread().interrupt();
    return new HostException(ErrorCode.CANCELLED, "the reader of the stream was interrupted");
  }

  boolean isReady() {
    lock.lock();
    try {
      return settled();
    } finally {
      lock.unlock();
    }
  }

  private boolean settled() {
    return !buffer.isEmpty() || closed || finished || error != null;
  }

  boolean awaitReady(long deadlineNanos) throws InterruptedException {
    lock.lock();
    try {
      while (!settled()) {
        if (deadlineNanos == RequestContext.NO_DEADLINE) {
          changed.await();
        } else {
          long left = deadlineNanos - System.nanoTime();
          if (left <= 0) {
            return false;
          }
          var _ = changed.await(left, TimeUnit.NANOSECONDS);
        }
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** As {@link #next}, for a turn, which ends where it is interrupted. */
  Optional<Payload> take(long deadlineNanos) throws InterruptedException {
    Payload v;
    boolean again;
    lock.lock();
    try {
      if (!awaitReady(deadlineNanos)) {
        throw new HostException(ErrorCode.DEADLINE_EXCEEDED, "the stream brought no value in time");
      }
      if (closed) {
        throw new HostException(ErrorCode.CANCELLED, "the stream was closed");
      }
      v = buffer.poll();
      if (v == null) {
        if (error != null) {
          throw new HostException(error);
        }
        return Optional.empty();
      }
      unreserve(v);
      again = claimTurn();
    } finally {
      lock.unlock();
    }
    if (again) {
      resume();
    }
    return Optional.of(v);
  }

  @Override
  public void close() {
    boolean again;
    lock.lock();
    try {
      closed = true;
      buffer.forEach(this::unreserve);
      buffer.clear();
      changed.signalAll();
      again = claimTurn();
    } finally {
      lock.unlock();
    }
    if (again) {
      resume();
    }
  }
}
