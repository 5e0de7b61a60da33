package io.plexspaces.wasm.quickjs;

import io.plexspaces.api.Frame;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import io.plexspaces.api.guest.GuestHost;
import io.plexspaces.wasm.CodelessModule;
import io.plexspaces.wasm.GuestState;
import io.plexspaces.wasm.HostImports;
import io.plexspaces.wasm.Lease;
import io.plexspaces.wasm.StartupHost;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What QuickJS asks of its host under {@code env}: host calls, modules, rejected promises. One per
 * app. Thread-safe.
 */
final class QuickJsImports {
  /** The one function that the host adds to JavaScript. */
  static final String HOST_FUNCTION = "__plexspaces_host";

  private static final List<String> LEVELS = List.of("trace", "debug", "info", "warn", "error");
  private static final int UTC = 0;

  /** Null for the engine alone, which has no modules. */
  private final @Nullable CodelessModule app;

  private QuickJsExports exports;

  /** Promises that were rejected in the running call and that nobody has handled so far. */
  private final Map<GuestState, Map<Integer, String>> rejected = new ConcurrentHashMap<>();

  @SuppressWarnings("NullAway.Init") // The exports exist once the program is linked with these.
  QuickJsImports(@Nullable CodelessModule app) {
    this.app = app;
  }

  void bind(QuickJsExports e) {
    this.exports = e;
  }

  HostImports env() {
    return HostImports.builder()
        .add("env", "host_get_timezone_offset", "ii:i", (guest, a) -> UTC)
        // Endless loops end at safepoints of the compiled code, not here.
        .add("env", "host_interrupt", ":i", (guest, a) -> 0)
        .add("env", "host_promise_rejection", "iii:", this::rejection)
        .add("env", "host_module_normalize", "ii:i", this::normalize)
        .add("env", "host_module_load", "ii:i", this::load)
        .add("env", "host_call", "iiiii:i", this::hostCall)
        .build();
  }

  /** Logs the rejections of a call that nobody handled until its end. */
  void reportRejections(GuestState state, GuestHost host) {
    if (rejected.isEmpty()) {
      return;
    }
    Map<Integer, String> left = rejected.remove(state);
    if (left != null) {
      left.values().forEach(reason -> host.log(4, "unhandled promise rejection: " + reason));
    }
  }

  /** Drops what {@link #reportRejections} would log: the call's own error says it already. */
  void forget(GuestState state) {
    rejected.remove(state);
  }

  private long rejection(Lease guest, long[] a) {
    Js js = new Js(exports, guest);
    int promise = (int) a[0];
    int reason = (int) a[1];
    Map<Integer, String> open = rejected.computeIfAbsent(guest.state(), s -> new LinkedHashMap<>());
    if (a[2] == 0) {
      open.put(js.identity(promise), js.describe(reason));
    } else {
      open.remove(js.identity(promise));
    }
    js.freeValue(promise);
    js.freeValue(reason);
    return 0;
  }

  private long normalize(Lease guest, long[] a) {
    Js js = new Js(exports, guest);
    String from = js.cstring((int) a[0]);
    String specifier = js.cstring((int) a[1]);
    String path = app == null ? null : resolve(app, from, specifier);
    if (path == null) {
      js.raise("cannot find the module \"" + specifier + "\" that " + from + " imports");
      return 0;
    }
    return js.put(path);
  }

  private long load(Lease guest, long[] a) {
    Js js = new Js(exports, guest);
    String path = js.cstring((int) a[0]);
    byte[] source = app == null ? null : app.sources().get(path);
    if (source == null) {
      js.raise("cannot find the module \"" + path + "\"");
      return 0;
    }
    guest.writeInt((int) a[1], source.length);
    return js.put(source);
  }

  /** A package is the folder of its name; everything else is relative to the importing file. */
  static @Nullable String resolve(CodelessModule app, String from, String specifier) {
    if (!specifier.startsWith("./") && !specifier.startsWith("../")) {
      String index = specifier + "/index.js";
      return app.sources().containsKey(index)
          ? index
          : app.sources().containsKey(specifier) ? specifier : null;
    }
    int slash = from.lastIndexOf('/');
    String joined = slash < 0 ? specifier : from.substring(0, slash) + "/" + specifier;
    Deque<String> parts = new ArrayDeque<>();
    for (String part : joined.split("/", -1)) {
      if (part.equals("..")) {
        if (parts.pollLast() == null) {
          return null;
        }
      } else if (!part.equals(".")) {
        parts.addLast(part);
      }
    }
    String path = String.join("/", parts);
    return app.sources().containsKey(path) ? path : null;
  }

  /** {@code (name, name length, this, argument count, arguments)}: strings in, a string out. */
  private long hostCall(Lease guest, long[] a) {
    Js js = new Js(exports, guest);
    int argv = (int) a[4];
    if (a[3] != 3) {
      js.raise(HOST_FUNCTION + " takes an operation, a header and a body");
      return 0;
    }
    String operation = js.display(guest.readInt(argv));
    byte[] header = js.text(guest.readInt(argv + 4));
    byte[] body = js.text(guest.readInt(argv + 8));
    byte[] answer;
    try {
      answer = prefixed('0', answer(guest.host(), operation, new Frame(header, body)));
    } catch (HostException e) {
      answer = prefixed('1', Json.write(e.error().toValue()));
    }
    return js.string(answer);
  }

  private static byte[] answer(GuestHost host, String operation, Frame request) {
    if (host instanceof StartupHost && operation.equals("log")) {
      Value.Obj o = request.headerObject();
      host.log(Math.max(0, LEVELS.indexOf(o.string("level", "info"))), o.string("message", ""));
      return new byte[0];
    }
    return Payloads.json(host.call(operation, request));
  }

  private static byte[] prefixed(char first, byte[] rest) {
    byte[] out = new byte[rest.length + 1];
    out[0] = (byte) first;
    System.arraycopy(rest, 0, out, 1, rest.length);
    return out;
  }
}
