package io.plexspaces.gateway;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One request on the wire. Made on the event loop, served on a virtual thread; everything that
 * touches the request or the response afterwards is run on the event loop again.
 */
final class HttpExchange implements Incoming {
  private static final long DISCARD_BYTES = 32L << 20;
  private static final Duration DISCARD_TIME = Duration.ofSeconds(3);

  private final HttpServerRequest request;
  private final Context context;
  private final Connection connection;
  private final GatewayConfig.Limits limits;
  private final HeapBudget budget;
  private final Cancellation cancellation = new Cancellation();
  private final boolean hasBody;
  private final boolean expectsContinue;
  private @Nullable BodyReader reader;
  private volatile boolean bodyEnded;
  private volatile boolean bodyStarted;

  /** On the event loop, before it handles anything else of the connection. */
  HttpExchange(
      HttpServerRequest request,
      Context context,
      Connection connection,
      GatewayConfig.Limits limits,
      HeapBudget budget) {
    this.request = request;
    this.context = context;
    this.connection = connection;
    this.limits = limits;
    this.budget = budget;
    String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    this.hasBody =
        request.headers().contains(HttpHeaders.TRANSFER_ENCODING)
            || (length != null && !length.equals("0"));
    this.expectsContinue = request.headers().contains(HttpHeaders.EXPECT);
    this.bodyEnded = !hasBody;
    if (hasBody) {
      request.pause();
    }
    connection.begin(cancellation);
  }

  /**
   * Whether the body's framing is one that others on the way might read otherwise: a transfer
   * coding that is not just chunked. (Two lengths, or a length beside a coding, the parser
   * refuses.)
   */
  boolean isAmbiguous() {
    List<String> codings = request.headers().getAll(HttpHeaders.TRANSFER_ENCODING);
    return !codings.isEmpty()
        && (codings.size() > 1
            || !codings.getFirst().equalsIgnoreCase("chunked")
            || request.version() != HttpVersion.HTTP_1_1);
  }

  @Override
  public String method() {
    return request.method().name();
  }

  @Override
  public String target() {
    return request.uri();
  }

  @Override
  public IncomingHeaders headers() {
    return name -> request.headers().getAll(name);
  }

  @Override
  public boolean hasBody() {
    return hasBody;
  }

  @Override
  public Cancellation cancellation() {
    return cancellation;
  }

  @Override
  public byte[] body(int limit, int weight) {
    String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    if (length != null && (length.length() > 18 || Long.parseLong(length) > limit)) {
      throw BodyReader.tooLarge(limit);
    }
    BodyReader r = new BodyReader(limit, weight, budget);
    reader = r;
    receive(
        r::chunk,
        r::end,
        () ->
            r.fail(new HostException(ErrorCode.CANCELLED, "the client has closed the connection")));
    return cancellation.during(() -> r.await(limits.bodyProgress()));
  }

  private void receive(io.vertx.core.Handler<Buffer> chunk, Runnable end, Runnable failed) {
    bodyStarted = true;
    context.runOnContext(v -> {
      request.handler(chunk);
      request.endHandler(e -> {
        bodyEnded = true;
        end.run();
      });
      request.exceptionHandler(e -> failed.run());
      if (expectsContinue) {
        request.response().writeContinue();
      }
      request.resume();
    });
  }

  /**
   * Takes in what is left of a refused request's body, so that the client reads the answer instead
   * of a reset; up to a bound.
   */
  private void discardRest() {
    if (bodyEnded || (expectsContinue && !bodyStarted) || cancellation.isGone()) {
      return;
    }
    CompletableFuture<Boolean> done = new CompletableFuture<>();
    long[] seen = {0};
    context.runOnContext(v -> {
      if (bodyEnded) {
        done.complete(true);
        return;
      }
      request.handler(b -> {
        seen[0] += b.length();
        if (seen[0] > DISCARD_BYTES) {
          done.complete(false);
        }
      });
      request.endHandler(e -> {
        bodyEnded = true;
        done.complete(true);
      });
      request.exceptionHandler(e -> done.complete(false));
      request.resume();
    });
    try {
      done.get(DISCARD_TIME.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException | ExecutionException e) {
      // the connection is closed after the answer
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Answers; returns at once, but for events: then when they are over.
   *
   * @param closeAfter whether the connection ends with this answer in any case
   * @param over told, on the event loop, when the answer has been taken (or cannot be any more),
   *     with the status to count
   */
  void reply(Reply reply, boolean closeAfter, BiConsumer<Reply, Integer> over) {
    // Who sends too slowly is not waited for again.
    if (reply.status() >= 400 && reply.status() != 408) {
      discardRest();
    }
    EventStream events = reply.events();
    if (events == null) {
      context.runOnContext(v -> write(reply, closeAfter, over));
      return;
    }
    boolean complete = false;
    try (events) {
      cancellation.during(() -> {
        sendHead(reply, closeAfter);
        events.serve(this::sendPart);
        return true;
      });
      complete = true;
    } catch (HostException e) {
      // The client has gone, or takes nothing: there is nobody to tell.
      System.getLogger(HttpExchange.class.getName())
          .log(System.Logger.Level.DEBUG, "an event stream ended early: {0}", e.getMessage());
    } finally {
      boolean whole = complete;
      context.runOnContext(v -> endEvents(reply, closeAfter, whole, over));
    }
  }

  private void sendHead(Reply reply, boolean close) {
    onLoop(
        1,
        response -> {
          releaseBody(); // the actor has it, and the events may go on for days
          putHead(response, reply, close);
          response.putHeader(HttpHeaders.CONTENT_TYPE, reply.contentType());
          response.setChunked(true);
          return response.writeHead();
        });
  }

  /** Blocks until the part is written to the connection, which is when the client makes room. */
  private void sendPart(byte[] bytes) {
    onLoop(1L + (bytes.length >> 20), response -> response.write(Buffer.buffer(bytes)));
  }

  private void onLoop(long mebibytes, Function<HttpServerResponse, Future<Void>> step) {
    CompletableFuture<Boolean> done = new CompletableFuture<>();
    context.runOnContext(v -> {
      HttpServerResponse response = request.response();
      if (cancellation.isGone() || response.closed()) {
        done.complete(false);
        return;
      }
      try {
        step.apply(response).onComplete(r -> done.complete(r.succeeded()));
      } catch (RuntimeException e) {
        done.completeExceptionally(e);
      }
    });
    String problem = "the client has closed the connection";
    try {
      if (done.get(limits.write().toMillis() * mebibytes, TimeUnit.MILLISECONDS)) {
        return;
      }
    } catch (TimeoutException e) {
      connection.abort();
      problem = "the client takes nothing";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      throw new IllegalStateException("an event stream could not be written", e.getCause());
    }
    throw new HostException(ErrorCode.CANCELLED, problem);
  }

  private void endEvents(
      Reply reply, boolean closeAfter, boolean whole, BiConsumer<Reply, Integer> over) {
    HttpServerResponse response = request.response();
    if (!whole || cancellation.isGone() || response.closed()) {
      connection.abort();
      finish(reply, 499, over);
      return;
    }
    response
        .end()
        .onComplete(r -> {
          if (closeAfter) {
            connection.close();
          }
          finish(reply, r.succeeded() ? reply.status() : 499, over);
        });
  }

  /** As {@link #reply}, on the event loop, for requests that are refused before they are served. */
  void write(Reply reply, boolean closeAfter, BiConsumer<Reply, Integer> over) {
    HttpServerResponse response = request.response();
    if (cancellation.isGone() || response.closed()) {
      finish(reply, 499, over);
      return;
    }
    boolean close = closeAfter || !bodyEnded;
    Future<Void> sent;
    try {
      sent = send(response, reply, close);
    } catch (RuntimeException e) {
      System.getLogger(HttpExchange.class.getName())
          .log(System.Logger.Level.ERROR, "a reply could not be written", e);
      connection.close();
      finish(reply, 500, over);
      return;
    }
    if (!sent.isComplete()) {
      long mebibytes = 1L + (reply.body().length >> 20);
      long timer =
          context.owner().setTimer(limits.write().toMillis() * mebibytes, t -> connection.abort());
      sent.onComplete(r -> context.owner().cancelTimer(timer));
    }
    sent.onComplete(r -> {
      if (close) {
        connection.close();
      }
      finish(reply, r.succeeded() ? reply.status() : 499, over);
    });
  }

  private Future<Void> send(HttpServerResponse response, Reply reply, boolean close) {
    putHead(response, reply, close);
    if (reply.status() == 204) {
      return response.end();
    }
    response.putHeader(HttpHeaders.CONTENT_TYPE, reply.contentType());
    if (request.method().equals(HttpMethod.HEAD)) {
      response.putHeader(HttpHeaders.CONTENT_LENGTH, Integer.toString(reply.body().length));
      return response.end();
    }
    return response.end(Buffer.buffer(reply.body()));
  }

  private static void putHead(HttpServerResponse response, Reply reply, boolean close) {
    response.setStatusCode(reply.status());
    if (reply.status() >= 400) {
      response.setStatusMessage(Problems.title(reply.status()));
    }
    response.putHeader("Cache-Control", "no-store");
    // A guest's reply must not become a page of this origin.
    response.putHeader("X-Content-Type-Options", "nosniff");
    response.putHeader("Content-Security-Policy", "default-src 'none'; sandbox");
    reply.headers().forEach(response::putHeader);
    if (close) {
      response.putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
    }
  }

  private void releaseBody() {
    if (reader != null) {
      reader.release();
    }
  }

  private void finish(Reply reply, int status, BiConsumer<Reply, Integer> over) {
    releaseBody();
    connection.end(cancellation);
    over.accept(reply, status);
  }
}
