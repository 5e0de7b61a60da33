package io.plexspaces.python;

import io.plexspaces.api.Frame;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What host and interpreter hand each other, numbers in little endian.
 *
 * <ul>
 *   <li>Input of {@code execute}: op (a byte), flags (a byte), sizes of header and of a body that
 *       is read later (4 bytes each), the seed if there is one, header, body.
 *   <li>Its result, and the reply to a host call: status (a byte), size of the header (4 bytes),
 *       header, body. Status 1: the body is the error as JSON.
 *   <li>Written to descriptor 0: a 1, sizes of operation and header, both, the body: a host call. A
 *       2 and a result: the result of {@code execute}, if it is large.
 * </ul>
 */
final class Wire {
  /** Beyond {@link io.plexspaces.api.guest.GuestOp}. */
  static final int LOAD = 100;

  static final int FREEZE = 101;
  static final int SDK = 102;

  static final byte CALL = 1;
  static final byte ANSWER = 2;

  private static final int SEEDED = 1;
  private static final int BODY_LATER = 2;
  private static final int INPUT_HEAD = 10;
  private static final int OUTPUT_HEAD = 5;

  /** A bigger body is read by the guest, which saves copies of it. */
  private static final int INLINE = 1 << 16;

  static final Frame NOTHING = new Frame(new byte[0], new byte[0]);

  private Wire() {}

  /** What {@code execute} is given. */
  static byte[] argument(int op, Frame frame, byte @Nullable [] seed) {
    byte[] header = frame.header();
    byte[] body = frame.body();
    boolean later = isLater(body);
    int inline = later ? 0 : body.length;
    int seeded = seed == null ? 0 : seed.length;
    byte[] out = new byte[INPUT_HEAD + seeded + header.length + inline];
    ByteBuffer b = buffer(out);
    b.put((byte) op).put((byte) ((seed == null ? 0 : SEEDED) | (later ? BODY_LATER : 0)));
    b.putInt(header.length).putInt(later ? body.length : 0);
    if (seed != null) {
      b.put(seed);
    }
    b.put(header).put(body, 0, inline);
    return out;
  }

  /** What it reads afterwards. */
  static byte[] later(Frame frame) {
    return isLater(frame.body()) ? frame.body() : NOTHING.body();
  }

  private static boolean isLater(byte[] body) {
    return body.length > INLINE;
  }

  /** A host call's reply. */
  static byte[] reply(int status, byte[] header, byte[] body) {
    byte[] out = new byte[OUTPUT_HEAD + header.length + body.length];
    buffer(out).put((byte) status).putInt(header.length).put(header).put(body);
    return out;
  }

  /** A host call as it was written. */
  record Call(String operation, Frame request) {}

  /** Null if these are not the bytes of one. */
  static @Nullable Call call(byte[] written, int maxName) {
    ByteBuffer b = ByteBuffer.wrap(written).order(ByteOrder.LITTLE_ENDIAN);
    if (written.length < 1 + 2 * Integer.BYTES) {
      return null;
    }
    b.get();
    int name = b.getInt();
    int header = b.getInt();
    int at = b.position();
    if (name < 0 || name > maxName || header < 0 || header > written.length - at - name) {
      return null;
    }
    String operation = new String(written, at, name, java.nio.charset.StandardCharsets.UTF_8);
    byte[] h = Arrays.copyOfRange(written, at + name, at + name + header);
    byte[] body = Arrays.copyOfRange(written, at + name + header, written.length);
    return new Call(operation, new Frame(h, body));
  }

  /** A result. */
  record Output(int status, Frame frame) {}

  /**
   * Null if these are not the bytes of one.
   *
   * @param from where it begins
   */
  static @Nullable Output output(byte[] bytes, int from) {
    if (bytes.length < from + OUTPUT_HEAD) {
      return null;
    }
    ByteBuffer b = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).position(from);
    int status = b.get();
    int header = b.getInt();
    int at = b.position();
    if (header < 0 || header > bytes.length - at) {
      return null;
    }
    byte[] h = Arrays.copyOfRange(bytes, at, at + header);
    return new Output(status, new Frame(h, Arrays.copyOfRange(bytes, at + header, bytes.length)));
  }

  static byte[] ints(int... values) {
    byte[] out = new byte[values.length * Integer.BYTES];
    ByteBuffer b = buffer(out);
    for (int v : values) {
      b.putInt(v);
    }
    return out;
  }

  private static ByteBuffer buffer(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
