package io.plexspaces.wasm.quickjs;

import io.plexspaces.api.Frame;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import io.plexspaces.api.guest.CodelessModule;
import io.plexspaces.api.guest.CoreLimits;
import io.plexspaces.api.guest.GuestErrors;
import io.plexspaces.api.guest.GuestHost;
import io.plexspaces.api.guest.JsonBodies;
import io.plexspaces.api.guest.ScriptPositions;
import io.plexspaces.api.guest.StartupHost;
import io.plexspaces.wasm.GuestState;
import io.plexspaces.wasm.HostImports;
import io.plexspaces.wasm.Lease;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
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
  private static final String STREAM_NEXT = "stream_next";
  private static final int INFO = 2;
  private static final int UTC = 0;

  /** Null for the engine alone, which has no modules. */
  private final @Nullable CodelessModule app;

  private final ScriptPositions positions;

  private QuickJsExports exports;

  private final Map<GuestState, Rejections> rejected = new ConcurrentHashMap<>();

  @SuppressWarnings("NullAway.Init") // The exports exist once the program is linked with these.
  QuickJsImports(@Nullable CodelessModule app) {
    this.app = app;
    this.positions = new ScriptPositions(app == null ? Map.of() : app.sources());
  }

  /** Where positions in the app's files come from. */
  ScriptPositions positions() {
    return positions;
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
    Rejections left = rejected.remove(state);
    if (left != null) {
      left.report(host);
    }
  }

  /** Drops what {@link #reportRejections} would log: the call's own error says it already. */
  void forget(GuestState state) {
    rejected.remove(state);
  }

  /** Characters of rejections that are held for a running call. */
  long heldRejections(GuestState state) {
    Rejections r = rejected.get(state);
    return r == null ? 0 : r.size();
  }

  private long rejection(Lease guest, long[] a) {
    Js js = new Js(exports, guest);
    int promise = (int) a[0];
    int reason = (int) a[1];
    Rejections open = rejected.computeIfAbsent(guest.state(), s -> new Rejections());
    if (a[2] == 0) {
      open.rejected(
          js.identity(promise), () -> GuestErrors.cut(positions.original(js.describe(reason))));
    } else {
      open.handled(js.identity(promise));
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
    byte[] answer;
    try {
      String operation =
          new String(
              js.text("an operation name", guest.readInt(argv), CoreLimits.OPERATION_NAME),
              StandardCharsets.UTF_8);
      answer = prefixed('0', answer(js, guest, operation, argv));
    } catch (HostException e) {
      answer = prefixed('1', Json.write(e.error().toValue()));
    }
    return js.string(answer);
  }

  private byte[] answer(Js js, Lease guest, String operation, int argv) {
    GuestHost host = guest.host();
    int headerValue = guest.readInt(argv + 4);
    boolean log = operation.equals("log");
    if (log) {
      String cut = js.beginningOfLong(headerValue, CoreLimits.LOG_MESSAGE);
      if (cut != null) {
        host.log(INFO, positions.original(cut));
        return new byte[0];
      }
    }
    byte[] header = js.text("a header", headerValue, CoreLimits.PAYLOAD);
    if (log) {
      header = positions.original(header);
    }
    byte[] body = js.text("a body", guest.readInt(argv + 8), CoreLimits.PAYLOAD - header.length);
    Frame request = JsonBodies.request(operation, header, body);
    if (log && host instanceof StartupHost) {
      Value.Obj o = request.headerObject();
      host.log(Math.max(0, LEVELS.indexOf(o.string("level", "info"))), o.string("message", ""));
      return new byte[0];
    }
    Frame reply = host.call(operation, request);
    byte[] answer =
        operation.equals(STREAM_NEXT) ? JsonBodies.stepText(reply) : JsonBodies.json(reply);
    CoreLimits.checkResult(operation, answer.length);
    return answer;
  }

  private static byte[] prefixed(char first, byte[] rest) {
    byte[] out = new byte[rest.length + 1];
    out[0] = (byte) first;
    System.arraycopy(rest, 0, out, 1, rest.length);
    return out;
  }
}
