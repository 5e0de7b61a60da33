package io.plexspaces.gateway;

import io.plexspaces.api.AppId;
import io.plexspaces.api.Role;
import java.util.EnumSet;
import java.util.Locale;
import java.util.function.IntSupplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * {@code auth.mode = "none"}: whoever reaches the loopback port may do everything, so a web page
 * must not be able to. A page of another site whose name was made to resolve to 127.0.0.1 shows in
 * {@code Host}; a page that posts across sites shows in {@code Origin} or {@code Sec-Fetch-Site},
 * which browsers set and scripts cannot.
 */
final class LoopbackAuthenticator implements Authenticator {
  private static final Pattern NAME =
      Pattern.compile("localhost|\\[::1\\]|127\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}");
  private static final Caller EVERYBODY =
      new Caller(AppId.DEFAULT_TENANT, "anonymous", EnumSet.allOf(Role.class), null);
  private static final int HTTP_PORT = 80;

  private final IntSupplier port;

  /**
   * @param port the one that is listened on
   */
  LoopbackAuthenticator(IntSupplier port) {
    this.port = port;
  }

  @Override
  public void admit(IncomingHeaders headers) {
    String host = headers.one("Host");
    if (host == null || !isOurs(host)) {
      throw Refusal.forbidden(
          "Host "
              + shown(host)
              + " is not this node; without authentication it answers to localhost:"
              + port.getAsInt()
              + " and 127.0.0.1:"
              + port.getAsInt()
              + " only");
    }
    String origin = headers.one("Origin");
    if (origin != null && !(origin.startsWith("http://") && isOurs(origin.substring(7)))) {
      throw Refusal.forbidden(
          "Origin " + shown(origin) + " is another site; without authentication it is refused");
    }
    String site = headers.one("Sec-Fetch-Site");
    if (site != null && !site.equals("same-origin") && !site.equals("none")) {
      throw Refusal.forbidden(
          "the request comes from another site (Sec-Fetch-Site "
              + shown(site)
              + "); without authentication it is refused");
    }
  }

  @Override
  public Caller authenticate(IncomingHeaders headers) {
    return EVERYBODY;
  }

  private boolean isOurs(String authority) {
    String s = authority.toLowerCase(Locale.ROOT);
    int colon = s.lastIndexOf(':');
    boolean hasPort = colon > s.lastIndexOf(']');
    String name = hasPort ? s.substring(0, colon) : s;
    String given = hasPort ? s.substring(colon + 1) : Integer.toString(HTTP_PORT);
    return NAME.matcher(name).matches() && given.equals(Integer.toString(port.getAsInt()));
  }

  private static String shown(@Nullable String s) {
    return s == null ? "(missing)" : "\"" + Uri.abbreviate(s) + "\"";
  }
}
