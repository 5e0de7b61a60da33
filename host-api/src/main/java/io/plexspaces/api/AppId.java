package io.plexspaces.api;

import java.util.regex.Pattern;

/**
 * An app of a tenant: the namespace of its actors, names and tuples.
 *
 * @param tenant whose app it is; taken from the token by the host, never from a guest
 * @param name unique within the tenant
 */
public record AppId(String tenant, String name) {
  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}");

  /** The tenant of a node without authentication. */
  public static final String DEFAULT_TENANT = "default";

  public AppId {
    requireName("tenant", tenant);
    requireName("app name", name);
  }

  /** Whether {@code s} may name a tenant, an app or an actor type. */
  public static boolean isName(String s) {
    return NAME.matcher(s).matches();
  }

  static void requireName(String what, String s) {
    if (!isName(s)) {
      throw new HostException(
          ErrorCode.INVALID_ARGUMENT,
          what
              + " \""
              + abbreviate(s)
              + "\" is not valid: 1 to 63 letters, digits, '.', '_' or '-', starting with a letter"
              + " or digit");
    }
  }

  static String abbreviate(String s) {
    return s.length() <= 80 ? s : s.substring(0, 77) + "...";
  }

  @Override
  public String toString() {
    return tenant + ":" + name;
  }
}
