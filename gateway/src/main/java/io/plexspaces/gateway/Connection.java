package io.plexspaces.gateway;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A client's connection: closed when no complete request has come for the idle time (which also
 * ends headers that trickle in), never while a request is being handled. Confined to its event
 * loop. One timer a connection, not one a request.
 */
final class Connection {
  private final Vertx vertx;
  private final HttpConnection http;
  private final long idleNanos;
  private final LongSupplier nanos;
  private @Nullable Cancellation current;
  private long idleSince;
  private boolean closed;

  Connection(Vertx vertx, HttpConnection http, Duration idle, LongSupplier nanos) {
    this.vertx = vertx;
    this.http = http;
    this.idleNanos = idle.toNanos();
    this.nanos = nanos;
    this.idleSince = nanos.getAsLong();
    arm(idleNanos);
  }

  void begin(Cancellation request) {
    current = request;
  }

  /** The next request may have begun already. */
  void end(Cancellation request) {
    if (current == request) {
      current = null;
    }
    idleSince = nanos.getAsLong();
  }

  void closed() {
    closed = true;
    if (current != null) {
      current.clientGone();
    }
  }

  void close() {
    http.close();
  }

  private void arm(long delayNanos) {
    vertx.setTimer(Math.max(1, delayNanos / 1_000_000), t -> tick());
  }

  private void tick() {
    if (closed) {
      return;
    }
    long left = current != null ? idleNanos : idleNanos - (nanos.getAsLong() - idleSince);
    if (left <= 0) {
      close();
    } else {
      arm(left);
    }
  }
}
