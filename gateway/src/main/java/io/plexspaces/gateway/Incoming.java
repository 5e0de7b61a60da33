package io.plexspaces.gateway;

/** A request whose head has come, as the pipeline sees it. Used by one thread. */
interface Incoming {
  String method();

  /** The raw request target. */
  String target();

  IncomingHeaders headers();

  boolean hasBody();

  /**
   * Reads the body; blocking.
   *
   * @param limit in bytes
   * @param weight how many times its size a body counts while it is handled
   * @throws Refusal 413 beyond the limit, 408 if it comes too slowly, 429 if too many bytes of
   *     bodies are in memory
   */
  byte[] body(int limit, int weight);

  Cancellation cancellation();
}
