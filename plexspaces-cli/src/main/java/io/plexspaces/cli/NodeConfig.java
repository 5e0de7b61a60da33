package io.plexspaces.cli;

import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.deployer.ConfigErrors;
import io.plexspaces.deployer.TomlDocument;
import io.plexspaces.deployer.TomlSection;
import io.plexspaces.gateway.AuthConfig;
import io.plexspaces.gateway.GatewayConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a node is told at its start: {@code plexspaces.toml}, overridden by the environment.
 *
 * @param id names the node in metrics and logs
 * @param dataDirectory where everything durable is
 * @param bind the address to listen on
 * @param port 0 for a free one
 * @param memoryBudget bytes that guests and mailboxes may use together
 * @param idempotencyRetention how long results are kept for their Idempotency-Key
 * @param backupDirectory where backups are written
 * @param polyglotTenants whose apps may run on GraalPy and GraalJS
 */
public record NodeConfig(
    String id,
    Path dataDirectory,
    String bind,
    int port,
    long memoryBudget,
    AuthConfig auth,
    Duration idempotencyRetention,
    Path backupDirectory,
    Set<String> polyglotTenants) {

  static final String DEFAULT_FILE = "plexspaces.toml";

  /** Where backups go below the data directory, unless it is said. */
  private static final String BACKUPS = "backups";

  private static final String PREFIX = "PLEXSPACES";

  /** Variables that are no setting of the node. */
  private static final Set<String> OTHER_VARIABLES =
      Set.of("PLEXSPACES_NODE", "PLEXSPACES_TOKEN", "PLEXSPACES_JAVA_OPTS", "PLEXSPACES_TOOLS");

  /** Sections that are described but come with later versions. */
  private static final List<String> LATER_SECTIONS = List.of("tls", "metrics", "outbound");

  /** A node on loopback without authentication: what tests and first steps use. */
  public static NodeConfig local(Path dataDirectory, int port) {
    return new NodeConfig(
        "node",
        dataDirectory,
        "127.0.0.1",
        port,
        defaultMemoryBudget(),
        new AuthConfig.None(),
        Duration.ofDays(1),
        dataDirectory.resolve(BACKUPS),
        Set.of());
  }

  public NodeConfig withPort(int newPort) {
    return new NodeConfig(
        id,
        dataDirectory,
        bind,
        newPort,
        memoryBudget,
        auth,
        idempotencyRetention,
        backupDirectory,
        polyglotTenants);
  }

  public NodeConfig withDataDirectory(Path directory) {
    return new NodeConfig(
        id,
        directory,
        bind,
        port,
        memoryBudget,
        auth,
        idempotencyRetention,
        backupDirectory.equals(dataDirectory.resolve(BACKUPS))
            ? directory.resolve(BACKUPS)
            : backupDirectory,
        polyglotTenants);
  }

  public NodeConfig withAuth(AuthConfig newAuth) {
    return new NodeConfig(
        id,
        dataDirectory,
        bind,
        port,
        memoryBudget,
        newAuth,
        idempotencyRetention,
        backupDirectory,
        polyglotTenants);
  }

  public NodeConfig withPolyglotTenants(Set<String> tenants) {
    return new NodeConfig(
        id,
        dataDirectory,
        bind,
        port,
        memoryBudget,
        auth,
        idempotencyRetention,
        backupDirectory,
        tenants);
  }

  /** Half of the heap: the rest is for everything that is not counted page by page. */
  private static long defaultMemoryBudget() {
    return Runtime.getRuntime().maxMemory() / 2;
  }

  /**
   * Reads a configuration.
   *
   * @param file null for none: the environment and the defaults
   * @throws HostException INVALID_ARGUMENT with every error, each with its line; NOT_FOUND if the
   *     file is not there
   */
  public static NodeConfig load(@Nullable Path file, Map<String, String> environment) {
    String name = file == null ? DEFAULT_FILE : file.toString();
    TomlDocument document = TomlDocument.parse(name, file == null ? "" : read(file));
    TomlSection root = document.root(PREFIX, environment::get);
    ConfigErrors errors = document.errors();
    TomlSection node = root.table("node");
    NodeConfig defaults = local(Path.of("data"), GatewayConfig.DEFAULT_PORT);
    String id = node.string("id").orElse(defaults.id);
    if (!AppId.isName(id)) {
      node.error("id", node.name("id") + " must be letters, digits, '.', '_' or '-', at most 63");
    }
    // A relative directory in a file is meant from there, not from where the node is started.
    Path base = file == null ? null : file.toAbsolutePath().getParent();
    Path data =
        path(base, environment, "PLEXSPACES_NODE_DATA_DIR", node.string("data_dir").orElse("data"));
    Path backups =
        node.string("backup_dir")
            .map(d -> path(base, environment, "PLEXSPACES_NODE_BACKUP_DIR", d))
            .orElse(data.resolve(BACKUPS));
    String bind = node.string("bind").orElse(defaults.bind);
    int port = node.integer("http_port", 0, 65_535).map(Long::intValue).orElse(defaults.port);
    long memory = node.size("memory_budget", 16L << 20, 1L << 50).orElse(defaults.memoryBudget);
    node.unsupported("labels");
    node.done();

    AuthConfig auth = auth(root.table("auth"), base, environment);

    TomlSection journal = root.table("journal");
    Duration retention =
        journal
            .duration("idempotency_retention", Duration.ofMinutes(1), Duration.ofDays(366))
            .orElse(defaults.idempotencyRetention);
    journal.unsupported("encryption_key_file");
    journal.done();
    Set<String> polyglot = polyglotTenants(root.table("tenants"));
    LATER_SECTIONS.forEach(root::unsupported);
    root.done();
    unknownVariables(environment, errors);
    errors.throwIfAny();
    return new NodeConfig(id, data, bind, port, memory, auth, retention, backups, polyglot);
  }

  /** Only the file can give it: names of tenants do not fit into those of variables. */
  private static Set<String> polyglotTenants(TomlSection tenants) {
    Set<String> polyglot = new TreeSet<>();
    for (String tenant : tenants.keys()) {
      TomlSection t = tenants.table(tenant);
      if (t.bool("polyglot").orElse(false)) {
        polyglot.add(tenant);
      }
      List.of("weight", "fuel", "limits").forEach(t::unsupported);
      t.done();
    }
    return Set.copyOf(polyglot);
  }

  private static AuthConfig auth(
      TomlSection auth, @Nullable Path base, Map<String, String> environment) {
    String mode = auth.oneOf("mode", Map.of("none", "none", "jwt", "jwt"), Set.of()).orElse("none");
    String issuer = auth.string("issuer").orElse(null);
    String audience = auth.string("audience").orElse(null);
    String jwks = auth.string("jwks_file").orElse(null);
    String secret = auth.string("hs256_secret_file").orElse(null);
    String tenantClaim = auth.string("tenant_claim").orElse(AuthConfig.Jwt.DEFAULT_TENANT_CLAIM);
    String rolesClaim = auth.string("roles_claim").orElse(AuthConfig.Jwt.DEFAULT_ROLES_CLAIM);
    auth.unsupported("jwks_url");
    auth.done();
    if (mode.equals("none")) {
      for (String key : List.of("issuer", "audience", "jwks_file", "hs256_secret_file")) {
        if (auth.has(key)) {
          auth.error(key, auth.name(key) + " has no effect in mode \"none\": set mode = \"jwt\"");
        }
      }
      return new AuthConfig.None();
    }
    if (jwks == null && secret == null) {
      auth.error("mode", auth.name("mode") + " \"jwt\" needs jwks_file or hs256_secret_file");
      return new AuthConfig.None();
    }
    if (tenantClaim.isBlank() || rolesClaim.isBlank()) {
      auth.error("mode", "tenant_claim and roles_claim in [auth] must not be empty");
      return new AuthConfig.None();
    }
    return new AuthConfig.Jwt(
        issuer,
        audience,
        jwks == null ? null : path(base, environment, "PLEXSPACES_AUTH_JWKS_FILE", jwks),
        secret == null
            ? null
            : path(base, environment, "PLEXSPACES_AUTH_HS256_SECRET_FILE", secret),
        tenantClaim,
        rolesClaim);
  }

  private static Path path(
      @Nullable Path base, Map<String, String> environment, String variable, String value) {
    Path p = Path.of(value);
    return base == null || environment.containsKey(variable) ? p : base.resolve(p);
  }

  /** A misspelt variable would otherwise be ignored without a word. */
  private static void unknownVariables(Map<String, String> environment, ConfigErrors errors) {
    Set<String> known = new TreeSet<>(OTHER_VARIABLES);
    Map.of(
            "node", List.of("id", "data_dir", "backup_dir", "bind", "http_port", "memory_budget"),
            "auth",
                List.of(
                    "mode",
                    "issuer",
                    "audience",
                    "jwks_file",
                    "hs256_secret_file",
                    "tenant_claim",
                    "roles_claim"),
            "journal", List.of("idempotency_retention"))
        .forEach((section, keys) ->
            keys.forEach(
                k -> known.add((PREFIX + "_" + section + "_" + k).toUpperCase(Locale.ROOT))));
    for (String name : new TreeSet<>(environment.keySet())) {
      if (name.startsWith(PREFIX + "_") && !known.contains(name)) {
        errors.add(0, "the environment variable " + name + " is no setting of this version");
      }
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (NoSuchFileException e) {
      throw new HostException(
          ErrorCode.NOT_FOUND, "there is no configuration file " + file.toAbsolutePath(), e);
    } catch (IOException e) {
      throw new HostException(
          ErrorCode.INVALID_ARGUMENT, "the configuration " + file + " cannot be read: " + e, e);
    }
  }
}
