package io.plexspaces.store;

import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Optional;

/**
 * Any string as a file name and back. Lower-case letters, digits, {@code _}, {@code -} and inner
 * dots stay, every other byte of its UTF-8 is {@code %xx}: no two strings share a name, not even
 * where the file system folds case. A name that would be too long is cut and ends in {@code ~} and
 * the SHA-256 of the string; it cannot be read back.
 */
final class FileNames {
  /** Leaves room for {@code .db-journal}: SQLite's longest suffix. File systems allow 255 bytes. */
  static final int MAX_LENGTH = 240;

  private static final HexFormat HEX = HexFormat.of();

  private FileNames() {}

  /** The app's own directory below {@code root}. */
  static Path directory(Path root, AppId app) {
    return root.resolve(encode(app.tenant())).resolve(encode(app.name()));
  }

  /**
   * @throws HostException INVALID_ARGUMENT if {@code s} has half a surrogate pair: it has no UTF-8
   */
  static String encode(String s) {
    byte[] utf8 = utf8(s);
    StringBuilder out = new StringBuilder(utf8.length + 16);
    for (byte b : utf8) {
      boolean plain =
          (b >= 'a' && b <= 'z')
              || (b >= '0' && b <= '9')
              || b == '_'
              || b == '-'
              || (b == '.' && !out.isEmpty());
      if (plain) {
        out.append((char) b);
      } else {
        out.append('%');
        HEX.toHexDigits(out, b);
      }
    }
    if (out.length() <= MAX_LENGTH) {
      return out.toString();
    }
    String digest = Digests.hex(utf8);
    return out.substring(0, MAX_LENGTH - 1 - digest.length()) + "~" + digest;
  }

  /** What {@link #encode} was given, unless the name was cut or is none of ours. */
  static Optional<String> decode(String name) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(name.length());
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c == '~' || c > 127) {
        return Optional.empty();
      }
      if (c != '%') {
        out.write(c);
      } else if (i + 2 < name.length()
          && HexFormat.isHexDigit(name.charAt(i + 1))
          && HexFormat.isHexDigit(name.charAt(i + 2))) {
        out.write(HexFormat.fromHexDigits(name, i + 1, i + 3));
        i += 2;
      } else {
        return Optional.empty();
      }
    }
    return Optional.of(out.toString(StandardCharsets.UTF_8));
  }

  private static byte[] utf8(String s) {
    try {
      ByteBuffer b = StandardCharsets.UTF_8.newEncoder().encode(java.nio.CharBuffer.wrap(s));
      byte[] bytes = new byte[b.remaining()];
      b.get(bytes);
      return bytes;
    } catch (CharacterCodingException e) {
      throw new HostException(
          ErrorCode.INVALID_ARGUMENT, "key \"" + s + "\" is not valid Unicode", e);
    }
  }
}
