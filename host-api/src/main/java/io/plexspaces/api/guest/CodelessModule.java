package io.plexspaces.api.guest;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.HexFormat;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * An app whose code is source text for an engine that the host has: a valid WASM module without
 * code. It has
 *
 * <ul>
 *   <li>one import, a function from {@code plexspaces:engine/<engine>@<version>}: who can load it;
 *   <li>a custom section {@code plexspaces.manifest}: {@code
 *       {"abi":1,"engine":..,"version":..,"main":..,"sources":{<path>:<sha256>},"sdk":..}};
 *   <li>a custom section {@code plexspaces.src:<path>} with the UTF-8 text of each source file.
 * </ul>
 *
 * Equal content gives equal bytes. Immutable but for the arrays in {@link #sources}, which nobody
 * may change.
 *
 * @param engine the engine's name, such as {@code quickjs}
 * @param version the engine's version that it needs, such as {@code 1}
 * @param main the path of the source file to start with
 * @param sources UTF-8 text by relative path
 * @param sdk what built it, for humans
 */
public record CodelessModule(
    String engine, String version, String main, SortedMap<String, byte[]> sources, String sdk) {

  /** Larger artifacts are refused. */
  public static final int MAX_BYTES = 64 << 20;

  public static final int MAX_SOURCES = 10_000;
  public static final int MAX_PATH_BYTES = 512;

  private static final String MARKER = "plexspaces:engine/";
  private static final String MANIFEST = "plexspaces.manifest";
  private static final String SOURCE = "plexspaces.src:";
  private static final byte[] HEADER = {0, 'a', 's', 'm', 1, 0, 0, 0};
  private static final int CUSTOM_SECTION = 0;
  private static final int TYPE_SECTION = 1;
  private static final int IMPORT_SECTION = 2;
  // One type, the function without parameters and results.
  private static final byte[] TYPES = {1, 0x60, 0, 0};

  /**
   * @param here who runs modules, for the error: {@code this node has}
   * @throws HostException FAILED_PRECONDITION if the module is for another engine or version
   */
  public void requireEngine(String name, String needed, String here) {
    if (!engine.equals(name) || !version.equals(needed)) {
      throw new HostException(
          ErrorCode.FAILED_PRECONDITION,
          "the module is for the engine "
              + engine
              + "@"
              + version
              + ", "
              + here
              + " "
              + name
              + "@"
              + needed);
    }
  }

  /**
   * @throws HostException INVALID_ARGUMENT if a path or the main file is not valid
   */
  public CodelessModule {
    sources = Collections.unmodifiableSortedMap(new TreeMap<>(sources));
    if (sources.size() > MAX_SOURCES) {
      throw refused("it has " + sources.size() + " source files, at most " + MAX_SOURCES);
    }
    for (Map.Entry<String, byte[]> e : sources.entrySet()) {
      requirePath(e.getKey());
      if (utf8(ByteBuffer.wrap(e.getValue())) == null) {
        throw refused("the source \"" + e.getKey() + "\" is not UTF-8 text");
      }
    }
    if (!sources.containsKey(main)) {
      throw refused("its main file \"" + main + "\" is not among its sources");
    }
  }

  /** The text of a source file, or null. */
  public @Nullable String source(String path) {
    byte[] text = sources.get(path);
    return text == null ? null : new String(text, StandardCharsets.UTF_8);
  }

  /** The artifact. */
  public byte[] write() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(HEADER);
    section(out, TYPE_SECTION, TYPES);

    ByteArrayOutputStream imports = new ByteArrayOutputStream();
    imports.write(1);
    name(imports, MARKER + engine + "@" + version);
    name(imports, "engine");
    imports.write(0); // a function
    imports.write(0); // of type 0
    section(out, IMPORT_SECTION, imports.toByteArray());

    Value.Obj.Builder digests = Value.Obj.builder();
    sources.forEach((path, text) -> digests.put(path, sha256(text)));
    Value.Obj manifest =
        Value.Obj.builder()
            .put("abi", 1)
            .put("engine", engine)
            .put("version", version)
            .put("main", main)
            .put("sources", digests.build())
            .put("sdk", sdk)
            .build();
    custom(out, MANIFEST, Json.write(manifest));
    sources.forEach((path, text) -> custom(out, SOURCE + path, text));
    if (out.size() > MAX_BYTES) {
      throw refused("it has " + out.size() + " bytes, at most " + MAX_BYTES);
    }
    return out.toByteArray();
  }

  /**
   * The engine that {@code artifact} asks for, as {@code name@version}, or null if it is no
   * codeless module. Looks at the first sections only, and never throws.
   */
  public static @Nullable String engineOf(byte[] artifact) {
    try {
      Reader r = new Reader(artifact);
      r.header();
      while (r.more()) {
        int id = r.u8();
        Reader section = r.slice(r.u32(), "a section");
        if (id == IMPORT_SECTION) {
          return marker(section);
        }
        if (id > IMPORT_SECTION) {
          return null;
        }
      }
      return null;
    } catch (HostException e) {
      return null;
    }
  }

  /**
   * Reads an artifact and verifies all of it.
   *
   * @throws HostException INVALID_ARGUMENT with what is wrong
   */
  public static CodelessModule read(byte[] artifact) {
    if (artifact.length > MAX_BYTES) {
      throw refused("it has " + artifact.length + " bytes, at most " + MAX_BYTES);
    }
    Reader r = new Reader(artifact);
    r.header();
    String marker = null;
    Value.Obj manifest = null;
    SortedMap<String, byte[]> sources = new TreeMap<>();
    while (r.more()) {
      int id = r.u8();
      Reader section = r.slice(r.u32(), "section " + id);
      switch (id) {
        case CUSTOM_SECTION -> {
          String name = section.name();
          if (name.equals(MANIFEST)) {
            if (manifest != null) {
              throw refused("it has two manifests");
            }
            manifest = manifest(section.rest());
          } else if (name.startsWith(SOURCE)) {
            String path = name.substring(SOURCE.length());
            requirePath(path);
            if (sources.put(path, section.rest()) != null) {
              throw refused("the source \"" + path + "\" is there twice");
            }
            if (sources.size() > MAX_SOURCES) {
              throw refused("it has more than " + MAX_SOURCES + " source files");
            }
          } else if (name.startsWith("plexspaces.")) {
            throw refused("it has the unknown section \"" + name + "\"");
          }
        }
        case TYPE_SECTION -> {}
        case IMPORT_SECTION -> marker = marker(section);
        default -> throw refused("a module for an engine has no code, but it has section " + id);
      }
    }
    if (marker == null) {
      throw refused("it does not import an engine");
    }
    if (manifest == null) {
      throw refused("it has no section \"" + MANIFEST + "\"");
    }
    return checked(marker, manifest, sources);
  }

  private static CodelessModule checked(
      String marker, Value.Obj manifest, SortedMap<String, byte[]> sources) {
    if (manifest.integer("abi", -1) != 1) {
      throw refused(
          "its manifest says ABI " + manifest.integer("abi", -1) + ", this node speaks ABI 1");
    }
    String engine = manifest.string("engine", "");
    String version = manifest.string("version", "");
    if (!marker.equals(engine + "@" + version)) {
      throw refused(
          "it imports the engine \""
              + marker
              + "\", but its manifest says \""
              + engine
              + "@"
              + version
              + "\"");
    }
    Map<String, Value> digests = manifest.object("sources").fields();
    for (Map.Entry<String, byte[]> e : sources.entrySet()) {
      if (!(digests.get(e.getKey()) instanceof Value.Str digest)) {
        throw refused("the source \"" + e.getKey() + "\" is not in its manifest");
      }
      if (!digest.value().equals(sha256(e.getValue()))) {
        throw refused("the source \"" + e.getKey() + "\" was changed: its digest differs");
      }
    }
    for (String path : digests.keySet()) {
      if (!sources.containsKey(path)) {
        throw refused("the source \"" + path + "\" of its manifest is missing");
      }
    }
    return new CodelessModule(
        engine, version, manifest.string("main", ""), sources, manifest.string("sdk", "unknown"));
  }

  private static Value.Obj manifest(byte[] json) {
    try {
      return Json.readObject(json);
    } catch (HostException e) {
      throw refused("its manifest is not valid: " + e.getMessage());
    }
  }

  /** The engine of the first import, or null if that is no engine. */
  private static @Nullable String marker(Reader imports) {
    if (imports.u32() != 1) {
      return null;
    }
    String module = imports.name();
    return module.startsWith(MARKER) ? module.substring(MARKER.length()) : null;
  }

  private static void requirePath(String path) {
    boolean valid =
        !path.isEmpty()
            && path.getBytes(StandardCharsets.UTF_8).length <= MAX_PATH_BYTES
            && path.chars().noneMatch(c -> c < ' ' || c == '\\' || c == 0x7f);
    for (String part : path.split("/", -1)) {
      valid &= !part.isEmpty() && !part.equals(".") && !part.equals("..");
    }
    if (!valid) {
      throw refused("\"" + path + "\" is not a relative path of at most " + MAX_PATH_BYTES);
    }
  }

  private static void section(ByteArrayOutputStream out, int id, byte[] content) {
    out.write(id);
    u32(out, content.length);
    out.writeBytes(content);
  }

  private static void custom(ByteArrayOutputStream out, String name, byte[] content) {
    ByteArrayOutputStream section = new ByteArrayOutputStream();
    name(section, name);
    section.writeBytes(content);
    section(out, CUSTOM_SECTION, section.toByteArray());
  }

  private static void name(ByteArrayOutputStream out, String name) {
    byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
    u32(out, utf8.length);
    out.writeBytes(utf8);
  }

  private static void u32(ByteArrayOutputStream out, int value) {
    int rest = value;
    while (rest > 0x7f) {
      out.write((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    out.write(rest);
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static @Nullable String utf8(ByteBuffer bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
    } catch (CharacterCodingException e) {
      return null;
    }
  }

  private static HostException refused(String why) {
    return new HostException(ErrorCode.INVALID_ARGUMENT, "the module is not valid: " + why);
  }

  /** Reads WASM's binary format within bounds. */
  private static final class Reader {
    private final byte[] bytes;
    private final int end;
    private int at;

    Reader(byte[] bytes) {
      this(bytes, 0, bytes.length);
    }

    private Reader(byte[] bytes, int from, int end) {
      this.bytes = bytes;
      this.at = from;
      this.end = end;
    }

    boolean more() {
      return at < end;
    }

    void header() {
      for (byte b : HEADER) {
        if (!more() || bytes[at++] != b) {
          throw refused("it is no WASM module of version 1");
        }
      }
    }

    int u8() {
      if (!more()) {
        throw refused("it ends within a section");
      }
      return bytes[at++] & 0xff;
    }

    /** An unsigned LEB128 number of 32 bits; one beyond 31 bits is too long for anything here. */
    int u32() {
      long value = 0;
      for (int shift = 0; shift < 35; shift += 7) {
        int b = u8();
        value |= (long) (b & 0x7f) << shift;
        if (b < 0x80) {
          if (value > Integer.MAX_VALUE) {
            throw refused("it has a length of " + value);
          }
          return (int) value;
        }
      }
      throw refused("it has a number that is too long");
    }

    Reader slice(int length, String what) {
      if (length > end - at) {
        throw refused(what + " says it has " + length + " bytes, there are " + (end - at));
      }
      Reader r = new Reader(bytes, at, at + length);
      at += length;
      return r;
    }

    String name() {
      Reader r = slice(u32(), "a name");
      String name = utf8(ByteBuffer.wrap(bytes, r.at, r.end - r.at));
      if (name == null) {
        throw refused("it has a name that is not UTF-8");
      }
      return name;
    }

    byte[] rest() {
      return java.util.Arrays.copyOfRange(bytes, at, end);
    }
  }
}
