package io.plexspaces.wasm.quickjs;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostError;
import io.plexspaces.api.guest.GuestTrap;
import io.plexspaces.wasm.ExportedFunction;
import io.plexspaces.wasm.Lease;
import java.nio.charset.StandardCharsets;

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

  /** The UTF-8 text of a value. */
  byte[] text(int value) {
    int scratch = put(new byte[Integer.BYTES]);
    int p = cstring(value, scratch);
    byte[] text = guest.read(p, guest.readInt(scratch));
    guest.call(f.freeCstring(), p);
    free(scratch);
    return text;
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
    Answer a = new Answer((char) guest.readByte(p), guest.read(p + 1, length - 1));
    guest.call(f.freeCstring(), p);
    return a;
  }

  /** {@code 0} and a result, or {@code 1} and an error. */
  static final class Answer {
    private final char status;
    private final byte[] text;

    private Answer(char status, byte[] text) {
      this.status = status;
      this.text = text;
    }

    char status() {
      return status;
    }

    byte[] text() {
      return text;
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

  /** Text that C code has put at {@code address}, with a zero behind it. */
  String cstring(int address) {
    int end = address;
    while (guest.readByte(end) != 0) {
      end++;
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

  String display(int value) {
    return new String(text(value), StandardCharsets.UTF_8);
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
    return new GuestTrap(
        HostError.of(
            ErrorCode.INTERNAL, "the actor is out of memory: it has reached memory_per_actor"));
  }
}
