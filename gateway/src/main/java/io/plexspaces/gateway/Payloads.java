package io.plexspaces.gateway;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Json;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Value;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Request bodies and query strings as payloads of messages. */
final class Payloads {
  private static final Pattern JSON_SCALAR =
      Pattern.compile("null|true|false|-?(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?");
  private static final Pattern MEDIA_TYPE =
      Pattern.compile("[\\w!#$&^.+-]+/[\\w!#$&^.+-]+(?:\\s*;[\\x20-\\x7e]*)?");
  private static final int MAX_CONTENT_TYPE = 200;

  private Payloads() {}

  /**
   * A body as a payload: checked if it is JSON, otherwise passed on as it is. Without a content
   * type it is JSON. A form's content type on a body that starts as JSON does is what {@code curl
   * -d} sends; no form starts so, therefore it is JSON too.
   *
   * @throws Refusal 400 if JSON is not valid, 415 for a content type that cannot be
   */
  static Payload ofBody(@Nullable String contentType, byte[] body) {
    String given = contentType == null ? Payload.JSON_TYPE : contentType.strip();
    if (given.length() > MAX_CONTENT_TYPE || !MEDIA_TYPE.matcher(given).matches()) {
      throw new Refusal(
          415,
          ErrorCode.INVALID_ARGUMENT,
          "Content-Type \"" + Uri.abbreviate(given) + "\" is not a media type");
    }
    int semicolon = given.indexOf(';');
    String type =
        (semicolon < 0 ? given : given.substring(0, semicolon)).strip().toLowerCase(Locale.ROOT);
    if (type.equals("application/x-www-form-urlencoded") && (body.length == 0 || looksJson(body))) {
      type = Payload.JSON_TYPE;
    } else if (!type.equals(Payload.JSON_TYPE)) {
      return new Payload(body, given);
    } else if (semicolon >= 0) {
      requireUtf8(given.substring(semicolon + 1));
    }
    if (body.length == 0) {
      return Payload.EMPTY_OBJECT;
    }
    try {
      // Readers of JSON guess UTF-16 and 32; guests do not.
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body));
    } catch (CharacterCodingException e) {
      throw Refusal.badRequest("the body is not valid JSON: it is not UTF-8");
    }
    if (body[0] == (byte) 0xef || hasNul(body)) {
      throw Refusal.badRequest("the body is not valid JSON: it must be UTF-8 without a mark");
    }
    Json.read(body);
    return Payload.json(body);
  }

  /** Query parameters as an object: JSON's numbers, booleans and null as such, else strings. */
  static Payload ofQuery(Map<String, String> query) {
    Map<String, Value> fields = new LinkedHashMap<>();
    query.forEach((name, text) ->
        fields.put(
            name, JSON_SCALAR.matcher(text).matches() ? Json.read(text) : new Value.Str(text)));
    return Payload.json(new Value.Obj(fields));
  }

  private static void requireUtf8(String parameters) {
    String p = parameters.strip().toLowerCase(Locale.ROOT).replace("\"", "");
    if (!p.isEmpty() && !p.equals("charset=utf-8")) {
      throw new Refusal(
          415, ErrorCode.INVALID_ARGUMENT, "JSON is UTF-8, not \"" + Uri.abbreviate(p) + "\"");
    }
  }

  private static boolean looksJson(byte[] body) {
    for (byte b : body) {
      if (b != ' ' && b != '\t' && b != '\r' && b != '\n') {
        return b == '{' || b == '[';
      }
    }
    return false;
  }

  private static boolean hasNul(byte[] body) {
    for (int i = 0; i < Math.min(4, body.length); i++) {
      if (body[i] == 0) {
        return true;
      }
    }
    return false;
  }
}
