package io.plexspaces.gateway;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Value;
import io.plexspaces.engine.ValueStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A stream of values as server-sent events: one event with a number and {@code data} for each, then
 * {@code event: end}, or {@code event: error} with the problem. While nothing comes it sends
 * comments, so that what lies between keeps the connection. Served by one thread; {@link #stop} may
 * come from any.
 */
final class EventStream implements AutoCloseable {
  static final String CONTENT_TYPE = "text/event-stream";
  static final Duration HEARTBEAT = Duration.ofSeconds(15);

  private static final String EXPIRED =
      "the token that opened the stream has expired: open it again with a new one";
  private static final byte[] COMMENT = ascii(":\n\n");
  private static final byte[] END = ascii("event: end\ndata: {}\n\n");
  private static final byte[] DATA = ascii("data: ");
  private static final byte[] NULL = ascii("null");

  /** Values that are there already go out together, up to about so many bytes. */
  private static final int CHUNK_BYTES = 64 << 10;

  private final ValueStream values;
  private final Optional<Payload> first;
  private final long timeoutNanos;
  private final long heartbeatNanos;
  private final @Nullable Long untilNanos;
  private final ByteArrayOutputStream chunk = new ByteArrayOutputStream(512);
  private long number;
  private volatile boolean stopped;

  /** Where the events go; blocks until the client has taken enough of what came before. */
  @FunctionalInterface
  interface Sink {
    /**
     * @throws HostException CANCELLED if the client is gone or does not take it
     */
    void write(byte[] bytes);
  }

  /**
   * @param first the value that was waited for before the answer began, or empty if there is none
   * @param timeout how long each further value may take
   * @param untilNanos when the reader's right to read ends, as {@link System#nanoTime}; null for
   *     never
   */
  EventStream(
      ValueStream values,
      Optional<Payload> first,
      Duration timeout,
      Duration heartbeat,
      @Nullable Long untilNanos) {
    this.values = values;
    this.first = first;
    this.timeoutNanos = timeout.toNanos();
    this.heartbeatNanos = heartbeat.toNanos();
    this.untilNanos = untilNanos;
  }

  /** Sends everything; returns after the last event. */
  void serve(Sink sink) {
    HostError error = events(sink);
    if (error == null) {
      chunk.writeBytes(END);
    } else {
      chunk.writeBytes(ascii("event: error\n"));
      data(Problems.of(error).body());
    }
    flush(sink);
  }

  /** Sends the values; answers what ended them early, or null. */
  private @Nullable HostError events(Sink sink) {
    Optional<Payload> value = first;
    while (value.isPresent()) {
      if (mayReadFor() <= 0) {
        return HostError.of(ErrorCode.UNAUTHENTICATED, EXPIRED);
      }
      chunk.writeBytes(ascii("id: " + ++number + "\n"));
      data(bytes(value.get()));
      if (chunk.size() >= CHUNK_BYTES) {
        flush(sink);
      }
      try {
        if (!values.ready(System.nanoTime())) {
          flush(sink);
          awaitNext(sink);
        }
        value = values.next(System.nanoTime());
      } catch (HostException e) {
        if (Thread.currentThread().isInterrupted()) {
          throw e; // nobody is there to be told
        }
        return stopped ? HostError.of(ErrorCode.UNAVAILABLE, "the node is stopping") : e.error();
      }
    }
    return null;
  }

  private void awaitNext(Sink sink) {
    long deadline = System.nanoTime() + timeoutNanos;
    while (true) {
      long mayRead = mayReadFor();
      if (mayRead <= 0) {
        throw new HostException(ErrorCode.UNAUTHENTICATED, EXPIRED);
      }
      long left = Math.min(deadline - System.nanoTime(), mayRead);
      if (values.ready(System.nanoTime() + Math.min(left, heartbeatNanos))) {
        return;
      }
      if (mayReadFor() > 0 && deadline - System.nanoTime() <= 0) {
        throw new HostException(
            ErrorCode.DEADLINE_EXCEEDED,
            "the next value did not come within "
                + TimeUnit.NANOSECONDS.toMillis(timeoutNanos)
                + " ms");
      }
      if (mayReadFor() > 0) {
        sink.write(COMMENT);
      }
    }
  }

  /** Nanoseconds. */
  private long mayReadFor() {
    return untilNanos == null ? Long.MAX_VALUE : untilNanos - System.nanoTime();
  }

  private void flush(Sink sink) {
    if (chunk.size() > 0) {
      byte[] bytes = chunk.toByteArray();
      chunk.reset();
      sink.write(bytes);
    }
  }

  /** What is not JSON goes as bytes in JSON. */
  private static byte[] bytes(Payload p) {
    if (!p.isJson()) {
      return Json.write(new Value.Bytes(p.bytes()));
    }
    return p.size() == 0 ? NULL : p.bytes();
  }

  /** An event's data may have no line break within a line. */
  private void data(byte[] json) {
    chunk.writeBytes(DATA);
    int from = 0;
    for (int i = 0; i < json.length; i++) {
      if (json[i] == '\n' || json[i] == '\r') {
        chunk.write(json, from, i - from);
        chunk.write('\n');
        chunk.writeBytes(DATA);
        from = i + 1;
      }
    }
    chunk.write(json, from, json.length - from);
    chunk.write('\n');
    chunk.write('\n');
  }

  /** The node stops: the client is told, and the stream ends. Any thread. */
  void stop() {
    stopped = true;
    values.close();
  }

  @Override
  public void close() {
    values.close();
  }

  private static byte[] ascii(String s) {
    return s.getBytes(StandardCharsets.US_ASCII);
  }
}
