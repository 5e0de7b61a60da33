package io.plexspaces.gateway;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.multipart.DefaultHttpDataFactory;
import io.netty.handler.codec.http.multipart.HttpData;
import io.netty.handler.codec.http.multipart.HttpPostMultipartRequestDecoder;
import io.netty.handler.codec.http.multipart.HttpPostRequestDecoder;
import io.netty.handler.codec.http.multipart.InterfaceHttpData;
import io.plexspaces.api.ErrorCode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The form in which an app is deployed: parts {@code wasm} and {@code config}, and perhaps {@code
 * app} and {@code version}. Each may be a file or a plain field.
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Deployment(@Nullable String app, @Nullable String version, byte[] wasm, String config) {
  private static final Set<String> PARTS =
      new TreeSet<>(Set.of("app", "config", "version", "wasm"));

  /**
   * @throws Refusal 415 if the body is no multipart form, 400 naming the part that is wrong
   */
  static Deployment parse(@Nullable String contentType, byte[] body) {
    Map<String, byte[]> parts = parts(multipart(contentType), body);
    return new Deployment(
        name("app", parts),
        name("version", parts),
        required("wasm", parts),
        text("config", required("config", parts)));
  }

  /**
   * The form of a reload: {@code wasm}, and {@code config} where that changes too, else empty.
   *
   * @throws Refusal as {@link #parse}; the name and the version are the app's own
   */
  static Deployment parseReload(@Nullable String contentType, byte[] body) {
    Map<String, byte[]> parts = parts(multipart(contentType), body);
    for (String own : List.of("app", "version")) {
      if (parts.containsKey(own)) {
        throw Refusal.badRequest("part \"" + own + "\" cannot be changed by a reload");
      }
    }
    return new Deployment(
        null,
        null,
        required("wasm", parts),
        parts.containsKey("config") ? text("config", required("config", parts)) : "");
  }

  private static String multipart(@Nullable String contentType) {
    if (contentType == null
        || !contentType.strip().toLowerCase(Locale.ROOT).startsWith("multipart/form-data")) {
      throw new Refusal(
          415,
          ErrorCode.INVALID_ARGUMENT,
          "an app is deployed as multipart/form-data with the parts wasm and config");
    }
    return contentType;
  }

  private static Map<String, byte[]> parts(String contentType, byte[] body) {
    DefaultFullHttpRequest request =
        new DefaultFullHttpRequest(
            HttpVersion.HTTP_1_1, HttpMethod.POST, "/", Unpooled.wrappedBuffer(body));
    request.headers().set(HttpHeaderNames.CONTENT_TYPE, contentType);
    HttpPostMultipartRequestDecoder decoder = decoder(request);
    try {
      Map<String, byte[]> parts = new LinkedHashMap<>();
      for (InterfaceHttpData data : decoder.getBodyHttpDatas()) {
        String name = data.getName();
        if (!PARTS.contains(name) || !(data instanceof HttpData content)) {
          throw Refusal.badRequest(
              "unknown part \"" + Uri.abbreviate(name) + "\", the form has " + PARTS);
        }
        if (parts.put(name, content.get()) != null) {
          throw Refusal.badRequest("part \"" + name + "\" is there twice");
        }
      }
      return parts;
    } catch (HttpPostRequestDecoder.NotEnoughDataDecoderException e) {
      throw Refusal.badRequest("the multipart form is cut off");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      decoder.destroy();
      request.release();
    }
  }

  private static HttpPostMultipartRequestDecoder decoder(DefaultFullHttpRequest request) {
    try {
      return new HttpPostMultipartRequestDecoder(
          new DefaultHttpDataFactory(false), request, StandardCharsets.UTF_8);
    } catch (RuntimeException e) {
      // It has many ways to fail on a form that is none, null pointers among them.
      request.release();
      throw Refusal.badRequest("the multipart form cannot be read");
    }
  }

  private static byte[] required(String part, Map<String, byte[]> parts) {
    byte[] bytes = parts.get(part);
    if (bytes == null || bytes.length == 0) {
      throw Refusal.badRequest("part \"" + part + "\" is " + (bytes == null ? "missing" : "empty"));
    }
    return bytes;
  }

  private static @Nullable String name(String part, Map<String, byte[]> parts) {
    byte[] bytes = parts.get(part);
    return bytes == null ? null : text(part, required(part, parts));
  }

  private static String text(String part, byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw Refusal.badRequest("part \"" + part + "\" is not UTF-8 text");
    }
  }
}
