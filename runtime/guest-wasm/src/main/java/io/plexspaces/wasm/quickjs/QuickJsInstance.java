package io.plexspaces.wasm.quickjs;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import io.plexspaces.api.guest.CoreLimits;
import io.plexspaces.api.guest.GuestErrors;
import io.plexspaces.api.guest.GuestHost;
import io.plexspaces.api.guest.GuestOp;
import io.plexspaces.api.guest.GuestReply;
import io.plexspaces.api.guest.JsonBodies;
import io.plexspaces.wasm.GuestState;
import io.plexspaces.wasm.Lease;
import io.plexspaces.wasm.StateInstance;
import java.util.HexFormat;

/** An actor in JavaScript: a fork of its app. */
final class QuickJsInstance extends StateInstance {
  private static final String OUT_OF_MEMORY = "InternalError: out of memory";

  private final QuickJsImports imports;
  private final QuickJsExports exports;
  private final Handles handles;
  private final String seed;

  QuickJsInstance(
      GuestState state,
      QuickJsImports imports,
      QuickJsExports exports,
      Handles handles,
      byte[] seed) {
    super(state);
    this.imports = imports;
    this.exports = exports;
    this.handles = handles;
    this.seed = HexFormat.of().formatHex(seed);
  }

  @Override
  public GuestReply call(GuestOp op, Frame input, GuestHost host) {
    byte[] header = op == GuestOp.INIT ? seeded(input) : input.header();
    try (Lease lease = state().enter(host)) {
      GuestReply reply =
          call(new Js(exports, lease), lease, handles, op, header, JsonBodies.json(input));
      HostError error = reply.error();
      return error == null ? reply : GuestReply.failed(imports.positions().original(error));
    } finally {
      imports.reportRejections(state(), host);
    }
  }

  private byte[] seeded(Frame input) {
    Value.Obj.Builder b = Value.Obj.builder();
    input.headerObject().fields().forEach(b::put);
    return Json.write(b.put("seed", seed).build());
  }

  /** One call of the SDK, to the end of everything that it started. */
  static GuestReply call(
      Js js, Lease lease, Handles handles, GuestOp op, byte[] header, byte[] body) {
    int h = js.string(header);
    int b = js.string(body);
    int args = handles.arguments();
    lease.writeInt(args, handles.op(op));
    lease.writeInt(args + 4, h);
    lease.writeInt(args + 8, b);
    int answer = js.invoke(handles.call(), handles.undefined(), 3, args);
    js.freeValue(h);
    js.freeValue(b);
    boolean stream = JsonBodies.streams(op, header);
    if (js.isString(answer)) {
      js.drain();
      return reply(js, answer, args + 12, stream);
    }
    if (js.isPromise(answer)) {
      js.drain();
      return settled(js, answer, args + 12, stream);
    }
    if (js.isException(answer)) {
      int thrown = js.takeException();
      String what = js.describe(thrown);
      js.freeValue(thrown);
      js.freeValue(answer);
      return crashed(what);
    }
    js.freeValue(answer);
    return crashed("the module's SDK is not of this version: it answered no text");
  }

  private static GuestReply settled(Js js, int promise, int scratch, boolean stream) {
    int state = js.promiseState(promise);
    if (state == 0) {
      js.freeValue(promise);
      return crashed(
          "the handler waits for a promise that nothing settles: host calls are synchronous, and"
              + " there are no timers");
    }
    int result = js.promiseResult(promise);
    js.freeValue(promise);
    if (state == 1 && js.isString(result)) {
      return reply(js, result, scratch, stream);
    }
    String what = js.describe(result);
    js.freeValue(result);
    return crashed(what);
  }

  private static GuestReply reply(Js js, int answer, int scratch, boolean stream) {
    Js.Answer a = js.answer(answer, scratch);
    js.freeValue(answer);
    if (a.status() == '0') {
      Frame frame = stream ? JsonBodies.step(a.text()) : Frame.ofBody(a.text());
      return frame == null
          ? crashed("the module's SDK is not of this version: it answered no step of a stream")
          : CoreLimits.reply(frame);
    }
    if (a.status() == Js.Answer.TOO_LARGE) {
      return GuestReply.failed(CoreLimits.tooLarge(a.size()));
    }
    HostError error;
    try {
      error = GuestErrors.cut(HostError.fromValue(Json.read(a.text())));
    } catch (HostException e) {
      return crashed("the module's error is not JSON: " + e.getMessage());
    }
    return error.message().startsWith(OUT_OF_MEMORY)
        ? crashed(error.message())
        : GuestReply.failed(error);
  }

  private static GuestReply crashed(String what) {
    if (what.startsWith(OUT_OF_MEMORY)) {
      throw Js.outOfMemory();
    }
    int line = what.indexOf('\n');
    if (line < 0) {
      return GuestReply.failed(GuestErrors.cut(HostError.of(ErrorCode.INTERNAL, what)));
    }
    Value stack = Value.Obj.builder().put("stack", what.substring(line + 1)).build();
    return GuestReply.failed(
        GuestErrors.cut(
            new HostError(ErrorCode.INTERNAL, what.substring(0, line), false, stack, false)));
  }

  /** Characters of unhandled rejections that the running call holds in the host. */
  long heldRejections() {
    return imports.heldRejections(state());
  }
}
