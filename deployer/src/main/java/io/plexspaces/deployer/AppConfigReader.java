package io.plexspaces.deployer;

import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Role;
import io.plexspaces.api.guest.ModuleDescription;
import io.plexspaces.engine.plan.ActorPlan;
import io.plexspaces.engine.plan.AppPlan;
import io.plexspaces.engine.plan.AppPlan.Access;
import io.plexspaces.engine.plan.AppPlan.SupervisorPlan;
import io.plexspaces.engine.plan.LimitsPlan;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads app-config.toml into a plan. What a later version will run is refused here with a sentence
 * that says so; nothing in the file is ignored. Thread-safe.
 */
public final class AppConfigReader {
  /** How messages name the file. */
  public static final String FILE = "app-config.toml";

  /** A larger configuration is refused unread. */
  public static final int MAX_CONFIG_BYTES = 1 << 20;

  /** The version of an app that names none. */
  public static final String NO_VERSION = "0.0.0";

  static final long MIN_MEMORY = 64L << 10;

  /** The engine counts the pages of a memory in 15 bits: it ends a page below 2 GiB. */
  static final long MAX_MEMORY = 2047L << 20;

  private static final Pattern VERSION = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9.+_-]{0,63}");
  private static final Pattern VARIABLE = Pattern.compile("[a-zA-Z_][a-zA-Z0-9_]{0,255}");
  private static final List<String> LATER = List.of("pools", "service_links", "channels");

  private final Defaults defaults;

  /**
   * What the node gives to apps that do not say.
   *
   * @param idempotencyRetention how long durable actors keep finished results
   */
  public record Defaults(LimitsPlan limits, Duration idempotencyRetention) {
    public static final Defaults STANDARD = new Defaults(LimitsPlan.DEFAULT, Duration.ofHours(24));
  }

  /**
   * What could be read of a configuration.
   *
   * @param name null if it has none, or none that is valid
   * @param plan null if there are errors
   * @param limits the defaults where the file's are wrong
   */
  record Draft(
      @Nullable String name,
      @Nullable AppPlan plan,
      LimitsPlan limits,
      RuntimeChoice runtime,
      ConfigErrors errors) {

    /**
     * @throws HostException INVALID_ARGUMENT with all errors
     */
    AppPlan required() {
      if (plan == null) {
        throw errors.toException();
      }
      return plan;
    }
  }

  public AppConfigReader(Defaults defaults) {
    this.defaults = defaults;
  }

  /**
   * @param app the name that wins over the file's, or null
   * @param version likewise
   * @param text of the file
   * @param module to check types against; null to leave those checks out
   * @throws HostException INVALID_ARGUMENT with all errors in {@code details.errors}
   */
  public AppPlan read(
      String tenant,
      @Nullable String app,
      @Nullable String version,
      String text,
      @Nullable ModuleDescription module) {
    return draft(tenant, app, version, text, module).required();
  }

  /** As {@link #read}, but throws for errors of syntax only. */
  Draft draft(
      String tenant,
      @Nullable String app,
      @Nullable String version,
      String text,
      @Nullable ModuleDescription module) {
    if (text.length() > MAX_CONFIG_BYTES
        || text.getBytes(StandardCharsets.UTF_8).length > MAX_CONFIG_BYTES) {
      throw new HostException(
          ErrorCode.INVALID_ARGUMENT,
          FILE + " is larger than " + Units.show(MAX_CONFIG_BYTES) + ", the most a node reads");
    }
    TomlSection root = TomlDocument.parse(FILE, text).root();
    Optional<String> name = name(root, app);
    String itsVersion = version(root, version);
    RuntimeChoice runtime =
        root.oneOf("runtime", words("auto", "wasm", "graalpy", "graaljs"), Set.of())
            .map(r -> new RuntimeChoice(r, root.line("runtime")))
            .orElse(RuntimeChoice.AUTO);
    for (String key : LATER) {
      if (root.has(key)) {
        root.error(key, "[[" + key + "]] is not supported by this version");
      }
    }

    ActorSettingsReader settings = new ActorSettingsReader(defaults.idempotencyRetention(), module);
    SupervisorPlan supervisor = new SupervisorReader(settings).read(root);
    Map<String, ActorPlan> types = types(root.table("actor_types"), settings);
    if (!root.table("supervisor").has("children") && root.table("actor_types").keys().isEmpty()) {
      String at = root.has("supervisor") ? "supervisor" : "actor_types";
      root.error(
          at, "the app has no actors: it needs [[supervisor.children]] or [actor_types.<type>]");
    }
    Map<String, Access> access = access(root.table("access"), settings);
    LimitsPlan limits = limits(root.table("limits"));
    Map<String, String> env = env(root.table("env"));
    Set<String> durableSpaces = durableSpaces(root);
    root.done();

    ConfigErrors errors = root.errors();
    if (!errors.isEmpty() || name.isEmpty()) {
      return new Draft(name.orElse(null), null, limits, runtime, errors);
    }
    AppPlan plan =
        new AppPlan(
            new AppId(tenant, name.get()),
            itsVersion,
            supervisor,
            types,
            access,
            limits,
            env,
            durableSpaces);
    return new Draft(name.get(), plan, limits, runtime, errors);
  }

  /** Choices whose word is all that matters. */
  static Map<String, String> words(String... words) {
    Map<String, String> m = new LinkedHashMap<>();
    for (String w : words) {
      m.put(w, w);
    }
    return m;
  }

  private static Optional<String> name(TomlSection root, @Nullable String given) {
    Optional<String> named = given == null ? root.requiredString("name") : root.string("name");
    Optional<String> name = given == null ? named : Optional.of(given);
    if (name.isPresent() && !AppId.isName(name.get())) {
      root.errors()
          .add(
              given == null ? root.line("name") : 0,
              (given == null ? "name" : "the app's name")
                  + " "
                  + TomlSection.quoted(name.get())
                  + " is not valid: 1 to 63 letters, digits, '.', '_' or '-', starting with a"
                  + " letter or digit");
      return Optional.empty();
    }
    return name;
  }

  private static String version(TomlSection root, @Nullable String given) {
    Optional<String> named = root.string("version");
    String version = given != null ? given : named.orElse(NO_VERSION);
    if (!VERSION.matcher(version).matches()) {
      root.errors()
          .add(
              given == null ? root.line("version") : 0,
              (given == null ? "version " : "the app's version ")
                  + TomlSection.quoted(version)
                  + " is not valid: 1 to 64 letters, digits, '.', '+', '_' or '-', starting with"
                  + " a letter or digit");
    }
    return version;
  }

  private static Map<String, ActorPlan> types(TomlSection all, ActorSettingsReader settings) {
    Map<String, ActorPlan> types = new LinkedHashMap<>();
    for (String type : all.keys()) {
      TomlSection s = all.table(type);
      settings.checkType(type, all, type);
      settings.checkBehavior(type, s);
      if (s.has("args")) {
        s.error(
            "args",
            s.name("args")
                + " is not supported by this version: only [[supervisor.children]] have args");
      }
      types.put(type, settings.read(s, type, s.label(), true));
      s.done();
    }
    return types;
  }

  private static Map<String, Access> access(TomlSection all, ActorSettingsReader settings) {
    Map<String, Role> roles = new LinkedHashMap<>();
    for (Role r : Role.values()) {
      roles.put(r.label(), r);
    }
    Map<String, Access> access = new LinkedHashMap<>();
    for (String type : all.keys()) {
      TomlSection s = all.table(type);
      settings.checkType(type, all, type);
      Set<Role> allowed = EnumSet.noneOf(Role.class);
      for (String word : s.strings("roles").orElse(List.of(Role.INVOKER.label()))) {
        Role role = roles.get(word);
        if (role != null) {
          allowed.add(role);
        } else {
          s.error(
              "roles",
              "unknown role "
                  + TomlSection.quoted(word)
                  + " in "
                  + s.label()
                  + Suggestion.of(word, roles.keySet())
                  + " (there are "
                  + String.join(", ", roles.keySet())
                  + ")");
        }
      }
      Set<String> apps = new HashSet<>(s.strings("apps").orElse(List.of()));
      for (String app : apps) {
        if (!AppId.isName(app)) {
          s.error(
              "apps", s.name("apps") + " has " + TomlSection.quoted(app) + ", which names no app");
        }
      }
      s.done();
      access.put(type, new Access(allowed, apps));
    }
    return access;
  }

  private LimitsPlan limits(TomlSection s) {
    s.unsupported("cpu_per_turn");
    LimitsPlan limits =
        new LimitsPlan(
            s.size("memory_per_actor", MIN_MEMORY, MAX_MEMORY)
                .orElse(defaults.limits().memoryPerActor()),
            s.duration("turn_timeout", Duration.ofMillis(1), Duration.ofHours(1))
                .orElse(defaults.limits().turnTimeout()));
    s.done();
    return limits;
  }

  /** The names of those that are on disk. */
  private static Set<String> durableSpaces(TomlSection root) {
    Set<String> durable = new HashSet<>();
    Set<String> named = new HashSet<>();
    if (!root.has("spaces")) {
      return durable;
    }
    for (TomlSection s : root.tables("spaces", "[[spaces]]")) {
      Optional<String> name = s.requiredString("name");
      boolean onDisk = s.bool("durable").orElse(false);
      s.done();
      if (name.isEmpty()) {
        continue;
      }
      if (!name.get().equals(AppPlan.DEFAULT_SPACE)) {
        s.error(
            "name",
            "a space named "
                + TomlSection.quoted(name.get())
                + " is not supported by this version: there is \""
                + AppPlan.DEFAULT_SPACE
                + "\", the app's own");
      } else if (!named.add(name.get())) {
        s.error("name", "[[spaces]] has " + TomlSection.quoted(name.get()) + " twice");
      } else if (onDisk) {
        durable.add(name.get());
      }
    }
    return durable;
  }

  private static Map<String, String> env(TomlSection s) {
    Map<String, String> env = new LinkedHashMap<>();
    for (String key : s.keys()) {
      if (!VARIABLE.matcher(key).matches()) {
        s.error(
            key,
            "variable "
                + TomlSection.quoted(key)
                + " in [env] is not valid: letters, digits and '_', not starting with a digit");
      }
      s.string(key).ifPresent(v -> env.put(key, v));
    }
    return env;
  }
}
