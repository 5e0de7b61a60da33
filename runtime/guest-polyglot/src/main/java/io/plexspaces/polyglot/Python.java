package io.plexspaces.polyglot;

import io.plexspaces.api.Frame;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.guest.CoreLimits;
import io.plexspaces.api.guest.GuestOp;
import io.plexspaces.api.guest.GuestReply;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.graalvm.polyglot.Context;
import org.graalvm.polyglot.Engine;
import org.graalvm.polyglot.Source;
import org.graalvm.polyglot.Value;
import org.graalvm.polyglot.io.IOAccess;
import org.graalvm.polyglot.proxy.ProxyArray;
import org.graalvm.polyglot.proxy.ProxyExecutable;
import org.jspecify.annotations.Nullable;

/** GraalPy. Bytes cross the border as text of one character a byte, which costs a copy. */
final class Python implements Language {
  static final String NAME = "graalpy";

  private static final String ID = "python";
  private static final Source BOOT =
      Source.newBuilder(ID, JavaScript.resource("graalpy.py"), "graalpy.py")
          .internal(true)
          .buildLiteral();

  /** What the SDK imports: seconds, when the language has just been started. */
  private static final Source STANDARD_LIBRARY =
      Source.newBuilder(
              ID,
              "import dataclasses, enum, importlib, inspect, json, linecache, marshal, random, re,"
                  + " time, typing",
              "prepare.py")
          .internal(true)
          .buildLiteral();

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String id() {
    return ID;
  }

  @Override
  public String artifactEngine() {
    return "python";
  }

  @Override
  public String artifactVersion() {
    return "3.13";
  }

  @Override
  public long bytesPerActor() {
    return 8 << 20;
  }

  @Override
  public void configure(Engine.Builder engine) {}

  @Override
  public void configure(Context.Builder context, LoadedApp app) {
    // The standard library is the language's own resource, readable without access to files.
    context.allowIO(IOAccess.NONE);
  }

  @Override
  public void prepare(Context context) {
    context.eval(STANDARD_LIBRARY);
  }

  @Override
  public Program start(Context context, LoadedApp app, HostCalls calls) {
    Value boot = context.eval(BOOT);
    ProxyExecutable source =
        args -> {
          byte[] text = app.sources().sources().get(args[0].asString());
          return text == null ? "" : new String(text, StandardCharsets.UTF_8);
        };
    ProxyExecutable compiled = args -> app.compiled().get(args[0].asString());
    ProxyExecutable keep =
        args -> app.compiled().putIfAbsent(args[0].asString(), args[1].asString());
    ProxyExecutable exchange = args -> exchange(calls, args);
    ProxyExecutable now = args -> calls.host().nowMillis();
    Value call =
        boot.execute(
            ProxyArray.fromArray(
                (Object[]) app.sources().sources().keySet().toArray(new String[0])),
            source,
            compiled,
            keep,
            exchange,
            now,
            app.sources().main(),
            app.asyncio());
    return (op, input, seed) -> call(call, op, input, op == GuestOp.INIT ? seed : null);
  }

  private static Object exchange(HostCalls calls, Value[] args) {
    try {
      String operation = args[0].asString();
      CoreLimits.checkRequest("an operation name", operation.length(), CoreLimits.OPERATION_NAME);
      String header = args[1].asString();
      String body = args[2].asString();
      CoreLimits.checkRequest(
          "a request", (long) header.length() + body.length(), CoreLimits.PAYLOAD);
      Frame reply = calls.call(operation, new Frame(bytes(header), bytes(body)));
      CoreLimits.checkResult(operation, (long) reply.header().length + reply.body().length);
      return ProxyArray.fromArray(0, text(reply.header()), text(reply.body()));
    } catch (HostException e) {
      return ProxyArray.fromArray(1, "", text(Json.write(e.error().toValue())));
    }
  }

  private static GuestReply call(Value function, GuestOp op, Frame input, byte @Nullable [] seed) {
    Value answer =
        function.execute(
            op.code(),
            text(input.header()),
            text(input.body()),
            seed == null ? null : HexFormat.of().formatHex(seed));
    String header = answer.getArrayElement(1).asString();
    String text = answer.getArrayElement(2).asString();
    long size = (long) header.length() + text.length();
    if (size > CoreLimits.PAYLOAD) {
      return GuestReply.failed(CoreLimits.tooLarge(size));
    }
    byte[] body = bytes(text);
    if (answer.getArrayElement(0).asInt() != 0) {
      return GuestReply.failed(HostError.fromValue(Json.read(body)));
    }
    return GuestReply.ok(new Frame(bytes(header), body));
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
