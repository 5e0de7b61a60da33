package io.plexspaces.gateway;

import io.plexspaces.api.Json;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Value;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What goes back to the client.
 *
 * @param body shared, not copied
 * @param events what is sent bit by bit instead of a body, or null
 */
@SuppressWarnings("ArrayRecordComponent") // never compared; a list of bytes would cost a copy
record Reply(
    int status,
    String contentType,
    byte[] body,
    Map<String, String> headers,
    @Nullable EventStream events) {
  private static final byte[] NULL = {'n', 'u', 'l', 'l'};
  private static final byte[] NONE = {};
  private static final Pattern MEDIA_TYPE =
      Pattern.compile("[\\w!#$&^.+-]+/[\\w!#$&^.+-]+(?:\\s*;\\s*[\\w!#$&^.+-]+=[\\x20-\\x7e]*)?");

  Reply {
    headers = Map.copyOf(headers);
  }

  Reply(int status, String contentType, byte[] body, Map<String, String> headers) {
    this(status, contentType, body, headers, null);
  }

  static Reply events(EventStream events) {
    return new Reply(200, EventStream.CONTENT_TYPE, NONE, Map.of(), events);
  }

  static Reply json(int status, Value v) {
    return new Reply(status, Payload.JSON_TYPE, Json.write(v), Map.of());
  }

  static Reply noContent() {
    return new Reply(204, "", NONE, Map.of());
  }

  /** The bare payload; JSON without any bytes is null, an impossible content type is opaque. */
  static Reply payload(Payload p) {
    if (p.isJson()) {
      return new Reply(200, Payload.JSON_TYPE, p.size() == 0 ? NULL : p.bytes(), Map.of());
    }
    String type = p.contentType();
    boolean plausible = type.length() <= 200 && MEDIA_TYPE.matcher(type).matches();
    return new Reply(200, plausible ? type : "application/octet-stream", p.bytes(), Map.of());
  }

  Reply withHeader(String name, String value) {
    Map<String, String> all = new LinkedHashMap<>(headers);
    all.put(name, value);
    return new Reply(status, contentType, body, all, events);
  }
}
