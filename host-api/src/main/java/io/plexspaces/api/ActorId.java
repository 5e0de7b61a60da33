package io.plexspaces.api;

import java.nio.charset.StandardCharsets;

/**
 * The identity of an actor within the node. Its address as users see it is {@code app/type/key};
 * the tenant is never part of it.
 *
 * @param app the app it belongs to
 * @param type the actor type, as the module or the configuration names it
 * @param key any non-empty string of up to {@value #MAX_KEY_BYTES} UTF-8 bytes; may contain slashes
 */
public record ActorId(AppId app, String type, String key) {
  public static final int MAX_KEY_BYTES = 512;

  public ActorId {
    AppId.requireName("actor type", type);
    if (key.isEmpty() || key.getBytes(StandardCharsets.UTF_8).length > MAX_KEY_BYTES) {
      throw new HostException(
          ErrorCode.INVALID_ARGUMENT,
          "actor key \""
              + AppId.abbreviate(key)
              + "\" is not valid: 1 to "
              + MAX_KEY_BYTES
              + " bytes of UTF-8");
    }
  }

  /**
   * Reads {@code app/type/key}.
   *
   * @throws HostException INVALID_ARGUMENT if the address does not have the three parts
   */
  public static ActorId parse(String tenant, String address) {
    int a = address.indexOf('/');
    int b = a < 0 ? -1 : address.indexOf('/', a + 1);
    if (a <= 0 || b < 0) {
      throw new HostException(
          ErrorCode.INVALID_ARGUMENT,
          "address \"" + AppId.abbreviate(address) + "\" is not app/type/key");
    }
    return new ActorId(
        new AppId(tenant, address.substring(0, a)),
        address.substring(a + 1, b),
        address.substring(b + 1));
  }

  /** {@code app/type/key}. */
  public String address() {
    return app.name() + "/" + localAddress();
  }

  /** {@code type/key}: the address within the app. */
  public String localAddress() {
    return type + "/" + key;
  }

  @Override
  public String toString() {
    return app.tenant() + ":" + address();
  }
}
