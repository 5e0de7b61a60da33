package io.plexspaces.api.guest;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;

/** What guests of every engine and the host hand each other at once, at most, in bytes. */
public final class CoreLimits {
  /** Of a request, a result or an output: header and body together. */
  public static final int PAYLOAD = 16 << 20;

  public static final int OPERATION_NAME = 256;

  /** A longer message is cut. */
  public static final int LOG_MESSAGE = 64 << 10;

  private CoreLimits() {}

  /** The guest's answer, or the error that the caller gets for one that is too large. */
  public static GuestReply reply(Frame frame) {
    long size = (long) frame.header().length + frame.body().length;
    return size <= PAYLOAD ? GuestReply.ok(frame) : GuestReply.failed(tooLarge(size));
  }

  /** The error of a reply that is too large, in every engine. */
  public static HostError tooLarge(long bytes) {
    return HostError.lasting(
        ErrorCode.RESOURCE_EXHAUSTED,
        "the reply has " + bytes + " bytes; at most " + PAYLOAD + " are allowed");
  }

  /**
   * Lets pass what the host gives a guest.
   *
   * @throws HostException RESOURCE_EXHAUSTED, which asking again does not mend, if it is too large
   */
  public static void checkResult(String operation, long bytes) {
    if (bytes > PAYLOAD) {
      throw new HostException(
          HostError.lasting(
              ErrorCode.RESOURCE_EXHAUSTED,
              "the result of "
                  + operation
                  + " has "
                  + bytes
                  + " bytes, more than the "
                  + PAYLOAD
                  + " that a guest is given at once"));
    }
  }

  /**
   * Lets pass what a guest gives the host.
   *
   * @param what to name it in the error, such as "a request"
   * @throws HostException INVALID_ARGUMENT if it is too large
   */
  public static void checkRequest(String what, long bytes, int max) {
    if (bytes > max) {
      throw new HostException(requestTooLarge(what, bytes, max));
    }
  }

  /** What {@link #checkRequest} throws. */
  public static HostError requestTooLarge(String what, long bytes, int max) {
    return HostError.of(
        ErrorCode.INVALID_ARGUMENT,
        "the guest gave " + what + " of " + bytes + " bytes; at most " + max + " are allowed");
  }
}
