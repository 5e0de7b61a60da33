package io.plexspaces.deployer.build;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.tomlj.Toml;
import org.tomlj.TomlArray;
import org.tomlj.TomlParseResult;

/**
 * The modules of a Python program.
 *
 * @param root the folder that paths are relative to
 * @param main the file to start with
 * @param files all modules, {@code main} among them, with slashes
 */
record PythonProject(Path root, String main, SortedSet<String> files) {
  /** Where {@code pip install --target} puts what the program needs. */
  static final String VENDOR = "vendor/";

  private static final String SDK = "plexspaces";
  private static final Set<String> SKIPPED_FOLDERS =
      Set.of("tests", "test", "build", "dist", "target", "node_modules", "site-packages", "docs");
  private static final Set<String> SKIPPED_FILES =
      Set.of("conftest.py", "setup.py", "noxfile.py", "fabfile.py");
  private static final Set<String> NATIVE = Set.of(".so", ".pyd", ".dylib", ".dll");
  private static final Pattern NAME = Pattern.compile("[A-Za-z_]\\w*");
  private static final Pattern IMPORT =
      Pattern.compile(
          "^[ \\t]*(?:from[ \\t]+([\\w]+)[\\w.]*[ \\t]+import\\b|import[ \\t]+([\\w.]+(?:[ \\t]*,[^\\n#;]+|[^\\n#;]*)))",
          Pattern.MULTILINE);
  private static final Pattern REQUIREMENT = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*");

  /** A program of one file and what it imports from beside it. */
  static PythonProject ofFile(Path file) throws IOException {
    Path root = file.getParent() == null ? file : importRoot(file.getParent());
    String main = path(root, file);
    requireName(main);
    SortedSet<String> files = new TreeSet<>();
    Deque<String> open = new ArrayDeque<>(List.of(main));
    Set<String> seen = new TreeSet<>();
    while (!open.isEmpty()) {
      String next = open.remove();
      if (!files.add(next)) {
        continue;
      }
      for (String name :
          imports(new String(Files.readAllBytes(root.resolve(next)), StandardCharsets.UTF_8))) {
        if (seen.add(name) && !name.equals(SDK)) {
          open.addAll(modulesOf(root, name));
        }
      }
    }
    return new PythonProject(root, main, files);
  }

  /** A program of a folder: all of its modules but tests, tools and what was installed. */
  static PythonProject ofFolder(Path folder) throws IOException {
    Path file = folder.resolve("pyproject.toml");
    String declared = null;
    if (Files.isRegularFile(file)) {
      TomlParseResult toml = Toml.parse(file);
      if (toml.hasErrors()) {
        throw GuestBuilder.refused(file + ": " + toml.errors().getFirst().getMessage());
      }
      declared = declaredMain(file, toml);
      requireVendored(folder, file, toml);
    }
    SortedSet<String> files = new TreeSet<>();
    walk(folder, folder, files);
    String main = declared == null ? foundMain(folder, files) : declared;
    if (!Files.isRegularFile(folder.resolve(main))) {
      throw GuestBuilder.refused(file + " names the main file " + main + ", which is absent");
    }
    requireName(main);
    files.add(main);
    return new PythonProject(folder, main, files);
  }

  /** Whether a module or a package lies in {@code folder}; not if there is no such folder. */
  static boolean hasModules(Path folder) {
    String[] names = folder.toFile().list();
    return names != null
        && Stream.of(names)
            .map(folder::resolve)
            .anyMatch(p ->
                (PythonBuild.isPython(name(p)) && Files.isRegularFile(p))
                    || Files.isRegularFile(p.resolve("__init__.py")));
  }

  private static @Nullable String declaredMain(Path file, TomlParseResult toml) {
    Object main = toml.get("tool.plexspaces.main");
    if (main == null) {
      return null;
    }
    if (!(main instanceof String s) || !PythonBuild.isPython(s)) {
      throw GuestBuilder.refused(
          file + ": main of [tool.plexspaces] is a path such as \"src/app.py\", not " + main);
    }
    Path normal = Path.of(s).normalize();
    if (normal.isAbsolute() || normal.startsWith("..")) {
      throw GuestBuilder.refused(file + ": the main file " + s + " is outside of the project");
    }
    return normal.toString().replace('\\', '/');
  }

  /** What the project says it needs must be there: nothing is fetched by a build. */
  private static void requireVendored(Path folder, Path file, TomlParseResult toml)
      throws IOException {
    TomlArray dependencies = toml.getArray("project.dependencies");
    List<String> missing = new ArrayList<>();
    for (Object d : dependencies == null ? List.of() : dependencies.toList()) {
      Matcher m = REQUIREMENT.matcher(String.valueOf(d));
      String name = m.lookingAt() ? normal(m.group()) : "";
      if (!name.isEmpty() && !name.equals(SDK) && !isVendored(folder, name)) {
        missing.add(m.group());
      }
    }
    if (!missing.isEmpty()) {
      throw GuestBuilder.refused(
          file
              + " depends on "
              + String.join(", ", missing)
              + ", which is not in the folder vendor: run \"pip install --target vendor "
              + String.join(" ", missing)
              + "\" in "
              + folder);
    }
  }

  private static boolean isVendored(Path folder, String name) throws IOException {
    Path vendor = folder.resolve(VENDOR);
    if (!Files.isDirectory(vendor)) {
      return false;
    }
    try (Stream<Path> list = Files.list(vendor)) {
      return list.map(PythonProject::name)
          .map(n -> n.endsWith(".dist-info") ? n.replaceFirst("-[^-]*\\.dist-info$", "") : n)
          .map(n -> n.endsWith(".py") ? n.substring(0, n.length() - 3) : n)
          .anyMatch(n -> normal(n).equals(name));
    }
  }

  private static String normal(String distribution) {
    return distribution.toLowerCase(Locale.ROOT).replaceAll("[-_.]+", "-");
  }

  private static String foundMain(Path folder, SortedSet<String> files) {
    for (String main : List.of("main.py", "src/main.py")) {
      if (files.contains(main)) {
        return main;
      }
    }
    List<String> found = new ArrayList<>();
    for (String f : files) {
      String below = f.startsWith("src/") ? f.substring(4) : f;
      boolean module = below.indexOf('/') < 0;
      boolean top = below.endsWith("/__init__.py") && below.indexOf('/') == below.length() - 12;
      if (!f.startsWith(VENDOR) && (module || top)) {
        found.add(f);
      }
    }
    if (found.size() == 1) {
      return found.getFirst();
    }
    throw GuestBuilder.refused(
        "the folder "
            + folder
            + (found.isEmpty()
                ? " has no Python program: no main.py, no src/main.py and no package"
                : " does not say where its program starts ("
                    + String.join(", ", found)
                    + "): name a file main.py, or write main = \"..\" under [tool.plexspaces] in"
                    + " pyproject.toml"));
  }

  private static void walk(Path root, Path folder, SortedSet<String> files) throws IOException {
    boolean vendored = path(root, folder).startsWith("vendor");
    List<Path> entries;
    try (Stream<Path> list = Files.list(folder)) {
      entries = list.sorted().toList();
    }
    for (Path p : entries) {
      String name = name(p);
      if (Files.isDirectory(p)) {
        if (isSource(p, name, vendored)) {
          walk(root, p, files);
        }
      } else if (NATIVE.stream().anyMatch(name::endsWith)) {
        throw GuestBuilder.refused(
            path(root, p)
                + " is a C extension, which cannot run in WebAssembly: use a pure-Python package,"
                + " or remove the file if the package works without it");
      } else if (isModule(name) && (vendored || !isTest(name))) {
        files.add(path(root, p));
      }
    }
  }

  private static boolean isSource(Path folder, String name, boolean vendored) {
    if (name.equals(SDK) && (vendored || Files.isRegularFile(folder.resolve("_guest.py")))) {
      return false; // pip has put the SDK beside the others; the build brings its own
    }
    if (name.equals(SDK) && Files.isRegularFile(folder.resolve("__init__.py"))) {
      throw GuestBuilder.refused(folder + " would hide the SDK: give the package another name");
    }
    return NAME.matcher(name).matches()
        && !name.equals("__pycache__")
        && (vendored || !SKIPPED_FOLDERS.contains(name))
        && !Files.exists(folder.resolve("pyvenv.cfg"));
  }

  private static boolean isModule(String name) {
    return PythonBuild.isPython(name)
        && NAME.matcher(name.substring(0, name.length() - 3)).matches();
  }

  private static boolean isTest(String name) {
    return name.startsWith("test_") || name.endsWith("_test.py") || SKIPPED_FILES.contains(name);
  }

  /** The files of a module or package beside the main file, or in vendor; none if it is neither. */
  private static List<String> modulesOf(Path root, String name) throws IOException {
    for (String place : List.of("", VENDOR)) {
      Path module = root.resolve(place + name + ".py");
      if (Files.isRegularFile(module)) {
        return List.of(path(root, module));
      }
      Path folder = root.resolve(place + name);
      if (Files.isRegularFile(folder.resolve("__init__.py"))) {
        SortedSet<String> files = new TreeSet<>();
        walk(root, folder, files);
        return List.copyOf(files);
      }
    }
    return List.of();
  }

  /** The first parts of the names that a module imports. */
  static SortedSet<String> imports(String source) {
    SortedSet<String> names = new TreeSet<>();
    Matcher m = IMPORT.matcher(source);
    while (m.find()) {
      if (m.group(1) != null) {
        names.add(m.group(1));
      } else {
        for (String one : m.group(2).split(",", -1)) {
          Matcher first = NAME.matcher(one.strip());
          if (first.lookingAt()) {
            names.add(first.group());
          }
        }
      }
    }
    return names;
  }

  /** The folder that a module's dotted name begins below. */
  private static Path importRoot(Path folder) {
    Path root = folder;
    while (Files.isRegularFile(root.resolve("__init__.py"))) {
      Path parent = root.getParent();
      if (parent == null) {
        break;
      }
      root = parent;
    }
    return root;
  }

  private static void requireName(String main) {
    String name = main.substring(main.lastIndexOf('/') + 1);
    if (!isModule(name)) {
      throw GuestBuilder.refused(
          main + " cannot be imported: a module's name has letters, digits and underscores only");
    }
    if (name.equals(SDK + ".py")) {
      throw GuestBuilder.refused(main + " would hide the SDK: give the file another name");
    }
  }

  private static String path(Path root, Path file) {
    return root.relativize(file).toString().replace('\\', '/');
  }

  private static String name(Path p) {
    return String.valueOf(p.getFileName());
  }
}
