package io.plexspaces.gateway;

import java.time.Duration;

/**
 * How the gateway listens and whom it lets in.
 *
 * @param host the address to bind, a name or an IP
 * @param port 0 for a free one
 * @param drain how long {@link Gateway#close} lets requests in flight finish
 */
public record GatewayConfig(String host, int port, AuthConfig auth, Limits limits, Duration drain) {

  public static final int DEFAULT_PORT = 8001;

  public GatewayConfig {
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException("http_port " + port + " is not between 0 and 65535");
    }
    if (drain.isNegative()) {
      throw new IllegalArgumentException("the drain time " + drain + " is negative");
    }
  }

  /** Loopback without authentication, with the default limits. */
  public static GatewayConfig local(int port) {
    return new GatewayConfig(
        "127.0.0.1", port, new AuthConfig.None(), Limits.DEFAULT, Duration.ofSeconds(10));
  }

  public GatewayConfig withAuth(AuthConfig a) {
    return new GatewayConfig(host, port, a, limits, drain);
  }

  public GatewayConfig withHost(String h) {
    return new GatewayConfig(h, port, auth, limits, drain);
  }

  public GatewayConfig withLimits(Limits l) {
    return new GatewayConfig(host, port, auth, l, drain);
  }

  public GatewayConfig withDrain(Duration d) {
    return new GatewayConfig(host, port, auth, limits, d);
  }

  /**
   * What a client may cost. Sizes in bytes.
   *
   * @param payload of one request body, except a deployment's
   * @param upload of one deployment: module, configuration and their wrapping
   * @param headers all header lines of a request together
   * @param requestLine method, path and query
   * @param requestsInFlight more than so many at once are refused with 503, beside those that last
   * @param lasting open streams and waiting log readers; more at once are refused with 503
   * @param lastingOfTenant as many of them may be one tenant's; beyond it 429
   * @param bodiesInFlight all request bodies in memory together; beyond it 429
   * @param bodyProgress a body must bring 64 KiB, or its end, in each such span
   * @param idle a connection without a complete request for so long is closed
   * @param write each begun MiB of a reply must be taken in this time
   */
  public record Limits(
      int payload,
      int upload,
      int headers,
      int requestLine,
      int requestsInFlight,
      int lasting,
      int lastingOfTenant,
      long bodiesInFlight,
      Duration bodyProgress,
      Duration idle,
      Duration write) {

    public static final Limits DEFAULT =
        new Limits(
            16 << 20,
            72 << 20,
            16 << 10,
            16 << 10,
            10_000,
            10_000,
            4_000,
            Math.max(256L << 20, Runtime.getRuntime().maxMemory() / 4),
            Duration.ofSeconds(30),
            Duration.ofSeconds(75),
            Duration.ofSeconds(30));

    public Limits withPayload(int bytes) {
      return new Limits(
          bytes,
          upload,
          headers,
          requestLine,
          requestsInFlight,
          lasting,
          lastingOfTenant,
          bodiesInFlight,
          bodyProgress,
          idle,
          write);
    }

    public Limits withTimes(Duration newBodyProgress, Duration newIdle, Duration newWrite) {
      return new Limits(
          payload,
          upload,
          headers,
          requestLine,
          requestsInFlight,
          lasting,
          lastingOfTenant,
          bodiesInFlight,
          newBodyProgress,
          newIdle,
          newWrite);
    }

    public Limits withRequestsInFlight(int requests) {
      return new Limits(
          payload,
          upload,
          headers,
          requestLine,
          requests,
          lasting,
          lastingOfTenant,
          bodiesInFlight,
          bodyProgress,
          idle,
          write);
    }

    public Limits withLasting(int ofNode, int ofTenant) {
      return new Limits(
          payload,
          upload,
          headers,
          requestLine,
          requestsInFlight,
          ofNode,
          ofTenant,
          bodiesInFlight,
          bodyProgress,
          idle,
          write);
    }

    public Limits withBodiesInFlight(long bytes) {
      return new Limits(
          payload,
          upload,
          headers,
          requestLine,
          requestsInFlight,
          lasting,
          lastingOfTenant,
          bytes,
          bodyProgress,
          idle,
          write);
    }
  }
}
