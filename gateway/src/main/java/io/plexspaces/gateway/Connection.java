package io.plexspaces.gateway;

import io.netty.channel.Channel;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.impl.HttpServerConnection;
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

  /** Closes once everything written has been taken. */
  void close() {
    http.close();
  }

  /**
   * Closes at once, dropping what the client does not take; from any thread. The server's own close
   * waits for that, for ever if need be, and its public face has no other: hence the channel.
   */
  void abort() {
    if (!(http instanceof HttpServerConnection server)) {
      throw new IllegalStateException("not a server's connection: " + http.getClass());
    }
    Channel channel = server.channelHandlerContext().channel();
    channel.eventLoop().execute(() -> channel.unsafe().close(channel.newPromise()));
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
