package io.plexspaces.wasm.quickjs;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.guest.CoreLimits;
import io.plexspaces.api.guest.GuestErrors;
import io.plexspaces.api.guest.GuestTrap;
import io.plexspaces.wasm.ExportedFunction;
import io.plexspaces.wasm.Lease;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A running QuickJS, as the host talks to it. Values are addresses (see {@link QuickJsExports}).
 * Used within one lease.
 */
final class Js {
  private static final byte[] NUL = {0};

  private final QuickJsExports f;
  private final Lease guest;

  Js(QuickJsExports exports, Lease guest) {
    this.f = exports;
    this.guest = guest;
  }

  private int call(ExportedFunction function, long... args) {
    return (int) guest.call(function, args);
  }

  /** Copies bytes into the guest, with a zero behind them. The caller frees them. */
  int put(byte[] bytes) {
    int p = call(f.malloc(), bytes.length + 1L);
    if (p == 0) {
      throw outOfMemory();
    }
    guest.write(p, bytes);
    guest.write(p + bytes.length, NUL);
    return p;
  }

  int put(String s) {
    return put(s.getBytes(StandardCharsets.UTF_8));
  }

  void free(int address) {
    guest.call(f.free(), address);
  }

  /** A string value of UTF-8. */
  int string(byte[] utf8) {
    int p = put(utf8);
    int v = call(f.newString(), p, utf8.length);
    free(p);
    return value(v);
  }

  int number(double n) {
    return value(call(f.newNumber(), Double.doubleToRawLongBits(n)));
  }

  int undefined() {
    return value(call(f.getUndefined()));
  }

  void freeValue(int value) {
    guest.call(f.freeValue(), value);
  }

  boolean isString(int value) {
    return call(f.isString(), value) != 0;
  }

  boolean isPromise(int value) {
    return call(f.isPromise(), value) != 0;
  }

  boolean isFunction(int value) {
    return call(f.isFunction(), value) != 0;
  }

  boolean isException(int value) {
    return call(f.isException(), value) != 0;
  }

  /** Tells objects apart; not a value. */
  int identity(int value) {
    return call(f.valuePtr(), value);
  }

  int global() {
    return value(call(f.getGlobal()));
  }

  int property(int object, String name) {
    int p = put(name);
    int v = call(f.getPropString(), object, p);
    free(p);
    return value(v);
  }

  /** Leaves {@code value} with its owner. */
  void setProperty(int object, String name, int value) {
    int p = put(name);
    int status = call(f.setPropString(), object, p, value);
    free(p);
    if (status < 0) {
      throw Lease.trap("QuickJS did not set " + name);
    }
  }

  /** A function that calls the import {@code env.host_call} with this name. */
  int hostFunction(String name) {
    byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
    int p = put(utf8);
    int v = call(f.newHostFunction(), p, utf8.length, 0);
    free(p);
    return value(v);
  }

  /** Runs source text; the result may be an exception. */
  int eval(byte[] source, String file, boolean module) {
    int s = put(source);
    int n = put(file);
    int v = call(f.eval(), s, source.length, n, module ? 1 : 0);
    free(s);
    free(n);
    return value(v);
  }

  /**
   * Calls a function with the {@code count} values at {@code args}; the result may be an exception.
   */
  int invoke(int function, int self, int count, int args) {
    return value(call(f.call(), function, self, count, args));
  }

  /**
   * The UTF-8 text of a value.
   *
   * @param what what the guest gave it as
   * @param max bytes that are read at most
   * @throws HostException INVALID_ARGUMENT with the size, if the text is longer
   */
  byte[] text(String what, int value, int max) {
    Text t = read(value, max);
    if (!t.whole()) {
      throw new HostException(
          CoreLimits.requestTooLarge(what, Integer.toUnsignedLong(t.size), max));
    }
    return t.bytes;
  }

  /** A text of {@code size} bytes, of which the first were read. */
  private static final class Text {
    private final byte[] bytes;
    private final int size;

    Text(byte[] bytes, int size) {
      this.bytes = bytes;
      this.size = size;
    }

    boolean whole() {
      return bytes.length == size;
    }
  }

  private Text read(int value, int max) {
    int scratch = put(new byte[Integer.BYTES]);
    int p = cstring(value, scratch);
    int size = guest.readInt(scratch);
    byte[] bytes = guest.read(p, Math.min(size, max));
    guest.call(f.freeCstring(), p);
    free(scratch);
    return new Text(bytes, size);
  }

  /** The beginning of a value's text if it has more than {@code max} bytes, or null. */
  @Nullable String beginningOfLong(int value, int max) {
    Text t = read(value, max);
    return t.whole() ? null : GuestErrors.beginning(t.bytes);
  }

  /**
   * The text of an answer, whose first character says what it is.
   *
   * @param scratch an address with room for an int
   */
  Answer answer(int value, int scratch) {
    int p = cstring(value, scratch);
    int length = guest.readInt(scratch);
    if (length == 0) {
      throw Lease.trap("the module answered nothing: its SDK is not of this version");
    }
    boolean tooLarge = length - 1 > CoreLimits.PAYLOAD;
    Answer a =
        tooLarge
            ? new Answer(Answer.TOO_LARGE, new byte[0], length - 1)
            : new Answer((char) guest.readByte(p), guest.read(p + 1, length - 1), length - 1);
    guest.call(f.freeCstring(), p);
    return a;
  }

  /** {@code 0} and a result, {@code 1} and an error, or the reason why neither was read. */
  static final class Answer {
    static final char TOO_LARGE = '!';

    private final char status;
    private final byte[] text;
    private final int size;

    private Answer(char status, byte[] text, int size) {
      this.status = status;
      this.text = text;
      this.size = size;
    }

    char status() {
      return status;
    }

    byte[] text() {
      return text;
    }

    /** Of the text, also where it was not read. */
    int size() {
      return size;
    }
  }

  private int cstring(int value, int scratch) {
    int p = call(f.getStringLen(), value, scratch);
    if (p == 0) {
      // The conversion threw: its exception is of no use, but must not stay behind.
      freeValue(takeException());
      throw outOfMemory();
    }
    return p;
  }

  /**
   * Text that C code has put at {@code address}, with a zero behind it; only its beginning if it is
   * long.
   */
  String cstring(int address) {
    int end = address;
    while (guest.readByte(end) != 0) {
      end++;
      if (end - address > GuestErrors.MAX_TEXT) {
        return GuestErrors.beginning(guest.read(address, GuestErrors.MAX_TEXT));
      }
    }
    return new String(guest.read(address, end - address), StandardCharsets.UTF_8);
  }

  /** Throws an error in the guest, once the running import has returned. */
  void raise(String message) {
    int error = value(call(f.newError()));
    int text = string(message.getBytes(StandardCharsets.UTF_8));
    setProperty(error, "message", text);
    freeValue(text);
    freeValue(call(f.throwValue(), error));
    freeValue(error);
  }

  /** A value as text for messages, of which only the beginning is read if it is long. */
  private String display(int value) {
    Text t = read(value, GuestErrors.MAX_TEXT);
    return t.whole() ? new String(t.bytes, StandardCharsets.UTF_8) : GuestErrors.beginning(t.bytes);
  }

  int takeException() {
    return value(call(f.getException()));
  }

  /** 0 pending, 1 fulfilled, 2 rejected. */
  int promiseState(int promise) {
    return call(f.promiseState(), promise);
  }

  int promiseResult(int promise) {
    return value(call(f.promiseResult(), promise));
  }

  /** Runs what promises have queued, until there is nothing left. */
  void drain() {
    while (call(f.isJobPending()) != 0) {
      if (call(f.executePendingJob()) < 0) {
        int e = takeException();
        String what = describe(e);
        freeValue(e);
        throw new GuestTrap(HostError.of(ErrorCode.INTERNAL, "a promise's job failed: " + what));
      }
    }
  }

  /** What was thrown, with its stack if it has one. */
  String describe(int thrown) {
    try {
      if (call(f.isError(), thrown) == 0) {
        return display(thrown);
      }
      StringBuilder s = new StringBuilder(display(thrown));
      int stack = property(thrown, "stack");
      if (isString(stack)) {
        display(stack).lines().limit(20).forEach(line -> s.append('\n').append(line));
      }
      freeValue(stack);
      return s.toString();
    } catch (GuestTrap e) {
      return "an error that cannot be shown: " + e.getMessage();
    }
  }

  void initialize(int stackBytes) {
    guest.call(f.initialize());
    if (call(f.init()) != 0) {
      throw Lease.trap("QuickJS does not start");
    }
    guest.call(f.setMaxStackSize(), stackBytes);
    guest.call(f.setPromiseRejectionHandler(), 1);
    guest.call(f.setModuleLoader(), 1);
  }

  void limitMemory(long bytes) {
    guest.call(f.setMemoryLimit(), bytes);
  }

  void collectGarbage() {
    guest.call(f.runGc());
  }

  private static int value(int address) {
    if (address == 0) {
      throw outOfMemory();
    }
    return address;
  }

  static GuestTrap outOfMemory() {
    return Lease.outOfMemory();
  }
}
