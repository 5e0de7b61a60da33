package io.plexspaces.deployer.build;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What esbuild has made of a program.
 *
 * @param script one file of JavaScript
 * @param map its source map
 */
@SuppressWarnings("ArrayRecordComponent") // Handed on at once, never compared.
record ScriptBundle(byte[] script, byte[] map) {
  private static final String MAP = "//# sourceMappingURL=data:application/json;base64,";
  private static final Pattern UNRESOLVED =
      Pattern.compile("Could not resolve \"(?:node:)?([a-z_]+)(?:/[a-z/]+)?\"");

  /** Modules of Node.js that programs ask for, and that no actor has. */
  private static final Set<String> NODE =
      Set.of(
          "assert",
          "async_hooks",
          "buffer",
          "child_process",
          "cluster",
          "crypto",
          "dgram",
          "dns",
          "events",
          "fs",
          "http",
          "http2",
          "https",
          "inspector",
          "module",
          "net",
          "os",
          "path",
          "perf_hooks",
          "process",
          "querystring",
          "readline",
          "stream",
          "string_decoder",
          "timers",
          "tls",
          "tty",
          "url",
          "util",
          "v8",
          "vm",
          "wasi",
          "worker_threads",
          "zlib");

  /** Takes apart a script that ends with its own map. */
  static ScriptBundle of(String output) {
    int at = output.lastIndexOf(MAP);
    if (at < 0) {
      throw GuestBuilder.refused("esbuild wrote no source map: it needs version 0.17 or later");
    }
    byte[] map = Base64.getDecoder().decode(output.substring(at + MAP.length()).strip());
    return new ScriptBundle(output.substring(0, at).getBytes(StandardCharsets.UTF_8), map);
  }

  /**
   * Why a program was refused, in the words of an actor's author where esbuild's miss the point.
   */
  static String refusal(String main, String errors) {
    Set<String> builtIn = new TreeSet<>();
    Matcher m = UNRESOLVED.matcher(errors);
    while (m.find()) {
      if (NODE.contains(m.group(1))) {
        builtIn.add("\"" + m.group(1) + "\"");
      }
    }
    String hint =
        builtIn.isEmpty()
            ? ""
            : "\nActors do not run on Node.js, so there is no "
                + String.join(", ", builtIn)
                + ". Use what host offers (host.blob, host.httpFetch, host.uuid, ..), or a package for"
                + " browsers.";
    return "esbuild refuses " + main + ":\n" + errors + hint;
  }
}
