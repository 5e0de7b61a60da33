package io.plexspaces.cli.quickstart;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;

/** Commands as the user can paste them. */
final class Shell {
  private static final Pattern SAFE = Pattern.compile("[A-Za-z0-9_./:@%+=,~-]+");

  private Shell() {}

  /** One argument, quoted where a shell would take it apart. */
  static String quote(String s) {
    return SAFE.matcher(s).matches() ? s : "'" + s.replace("'", "'\\''") + "'";
  }

  /** The launcher, as it is called from here. */
  static String launcher(Path home, Path here) {
    Path launcher = home.resolve("plexspaces");
    return here.equals(home) || !Files.exists(launcher)
        ? "./plexspaces"
        : quote(near(launcher, here));
  }

  /** The shorter of the two names that a path has. */
  static String near(Path path, Path here) {
    String absolute = path.toString();
    String relative = here.relativize(path).toString();
    return relative.length() < absolute.length() && !relative.isEmpty() ? relative : absolute;
  }
}
