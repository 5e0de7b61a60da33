package io.plexspaces.polyglot;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.guest.CoreLimits;
import io.plexspaces.api.guest.GuestErrors;
import io.plexspaces.api.guest.GuestOp;
import io.plexspaces.api.guest.GuestReply;
import io.plexspaces.api.guest.GuestTrap;
import io.plexspaces.api.guest.JsonBodies;
import io.plexspaces.api.guest.Preludes;
import io.plexspaces.api.guest.ScriptPositions;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.graalvm.polyglot.Context;
import org.graalvm.polyglot.Engine;
import org.graalvm.polyglot.Source;
import org.graalvm.polyglot.Value;
import org.graalvm.polyglot.io.IOAccess;
import org.graalvm.polyglot.proxy.ProxyExecutable;

/** GraalJS. Calls are text, as with QuickJS: the two run the same SDK. */
final class JavaScript implements Language {
  static final String NAME = "graaljs";

  private static final String ID = "js";
  private static final int INFO = 2;
  private static final Source PRELUDE =
      source(Preludes.JAVA_SCRIPT_FILE, new String(Preludes.javaScript(), StandardCharsets.UTF_8));
  private static final Source PRELUDE_CHECK = source("prepare.js", "0");
  private static final Source PLATFORM = source("graaljs.js", resource("graaljs.js"));

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
    return "quickjs";
  }

  @Override
  public String artifactVersion() {
    return "1";
  }

  @Override
  public long bytesPerActor() {
    return 256 << 10;
  }

  @Override
  public void configure(Engine.Builder engine) {}

  @Override
  public void configure(Context.Builder context, LoadedApp app) {
    context
        .allowIO(IOAccess.newBuilder().fileSystem(new SourceFiles(app.sources())).build())
        .option("js.ecmascript-version", "2024")
        .option("js.unhandled-rejections", "handler");
  }

  @Override
  public void prepare(Context context) {
    context.eval(PRELUDE_CHECK);
  }

  static String resource(String name) {
    try (InputStream in = JavaScript.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(name + " is not packed");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Source source(String name, String text) {
    return Source.newBuilder(ID, text, name).internal(true).buildLiteral();
  }

  @Override
  public Program start(Context context, LoadedApp app, HostCalls calls) {
    Value global = context.getBindings(ID);
    ScriptPositions positions = new ScriptPositions(app.sources().sources());
    ProxyExecutable host = args -> hostCall(calls, positions, args);
    global.putMember("__plexspaces_host", host);
    context.eval(PRELUDE);
    ProxyExecutable now = args -> (double) calls.host().nowMillis();
    ProxyExecutable rejected =
        args -> {
          calls.rejected(GuestErrors.cut(positions.original(args[0].asString())));
          return null;
        };
    Value call = context.eval(PLATFORM).execute(now, rejected);
    Source main =
        Source.newBuilder(ID, "import \"/" + app.sources().main() + "\";", "start.mjs")
            .mimeType("application/javascript+module")
            .internal(true)
            .buildLiteral();
    context.eval(main);
    if (!global.hasMember("__plexspaces_call")) {
      throw PolyglotEngine.refused("it has no actors: it does not import \"@plexspaces/sdk\"");
    }
    return (op, input, seed) -> {
      GuestReply reply = call(call, op, input, seed);
      HostError error = reply.error();
      return error == null ? reply : GuestReply.failed(positions.original(error));
    };
  }

  private static Object hostCall(HostCalls calls, ScriptPositions positions, Value[] args) {
    try {
      if (args.length != 3) {
        throw new HostException(
            ErrorCode.INVALID_ARGUMENT,
            "__plexspaces_host takes an operation, a header and a body");
      }
      String operation = text(args[0]);
      CoreLimits.checkRequest(
          "an operation name", utf8(operation).length, CoreLimits.OPERATION_NAME);
      byte[] header = utf8(text(args[1]));
      if (operation.equals("log")) {
        if (header.length > CoreLimits.LOG_MESSAGE) {
          byte[] start = Arrays.copyOf(header, CoreLimits.LOG_MESSAGE);
          calls.host().log(INFO, positions.original(GuestErrors.beginning(start)));
          return "0";
        }
        header = positions.original(header);
      }
      CoreLimits.checkRequest("a header", header.length, CoreLimits.PAYLOAD);
      byte[] given = utf8(text(args[2]));
      CoreLimits.checkRequest("a body", given.length, CoreLimits.PAYLOAD - header.length);
      Frame reply = calls.call(operation, JsonBodies.request(operation, header, given));
      byte[] body =
          operation.equals("stream_next") ? JsonBodies.stepText(reply) : JsonBodies.json(reply);
      CoreLimits.checkResult(operation, body.length);
      return "0" + new String(body, StandardCharsets.UTF_8);
    } catch (HostException e) {
      return "1" + new String(Json.write(e.error().toValue()), StandardCharsets.UTF_8);
    }
  }

  private static String text(Value v) {
    return v.isString() ? v.asString() : v.toString();
  }

  private static byte[] utf8(String s) {
    return s.getBytes(StandardCharsets.UTF_8);
  }

  private static GuestReply call(Value function, GuestOp op, Frame input, byte[] seed) {
    io.plexspaces.api.Value.Obj header = input.headerObject();
    if (op == GuestOp.INIT) {
      io.plexspaces.api.Value.Obj.Builder b = io.plexspaces.api.Value.Obj.builder();
      header.fields().forEach(b::put);
      header = b.put("seed", HexFormat.of().formatHex(seed)).build();
    }
    byte[] head = Json.write(header);
    boolean stream = JsonBodies.streams(op, head);
    Value answer =
        function.execute(
            op.code(),
            new String(head, StandardCharsets.UTF_8),
            new String(JsonBodies.json(input), StandardCharsets.UTF_8));
    if (answer.isString()) {
      return reply(answer.asString(), stream);
    }
    String state = answer.getMember("state").asString();
    Value value = answer.getMember("value");
    return switch (state) {
      case "pending" ->
          GuestReply.failed(
              HostCalls.internal(
                  "the handler waits for a promise that nothing settles: host calls are"
                      + " synchronous, and there are no timers"));
      case "fulfilled" ->
          value.isString()
              ? reply(value.asString(), stream)
              : GuestReply.failed(
                  HostCalls.internal(
                      "the module's SDK is not of this version: it answered no text"));
      default -> crashed(text(value));
    };
  }

  /** A thrown value's text: its message, then its stack. */
  private static GuestReply crashed(String what) {
    int line = what.indexOf('\n');
    return GuestReply.failed(
        line < 0
            ? HostCalls.internal(what)
            : new HostError(
                ErrorCode.INTERNAL,
                what.substring(0, line),
                false,
                io.plexspaces.api.Value.Obj.builder()
                    .put("stack", what.substring(line + 1))
                    .build(),
                false));
  }

  private static GuestReply reply(String answer, boolean stream) {
    if (answer.isEmpty()) {
      throw new GuestTrap(
          HostCalls.internal("the module answered nothing: its SDK is not of this version"));
    }
    String rest = answer.substring(1);
    if (answer.charAt(0) != '0') {
      return GuestReply.failed(HostError.fromValue(Json.read(utf8(rest))));
    }
    if (!stream) {
      return CoreLimits.reply(Frame.ofBody(utf8(rest)));
    }
    Frame step = JsonBodies.step(utf8(rest));
    return step == null
        ? GuestReply.failed(
            HostCalls.internal(
                "the module's SDK is not of this version: it answered no step of a stream"))
        : CoreLimits.reply(step);
  }
}
