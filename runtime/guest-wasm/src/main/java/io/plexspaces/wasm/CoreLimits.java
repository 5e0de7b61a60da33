package io.plexspaces.wasm;

/** What guests of every engine and the host hand each other at once, at most, in bytes. */
public final class CoreLimits {
  /** Of a request, a result or an output. */
  public static final int PAYLOAD = 16 << 20;

  public static final int OPERATION_NAME = 256;

  /** A longer message is cut. */
  public static final int LOG_MESSAGE = 64 << 10;

  private CoreLimits() {}
}
