package io.plexspaces.cli;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.MACVerifier;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import io.plexspaces.api.AppId;
import io.plexspaces.api.Json;
import io.plexspaces.api.Role;
import io.plexspaces.api.Value;
import io.plexspaces.gateway.AuthConfig.Jwt;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "token",
    description = "Makes and reads tokens for development.",
    synopsisSubcommandLabel = "COMMAND",
    footer = {
      "",
      "Example:",
      "  plexspaces token mint --secret-file dev.secret --tenant acme --role invoker"
    })
final class TokenCommand {
  private TokenCommand() {}

  static CommandTree tree(Session s) {
    return CommandTree.group(
        "token",
        TokenCommand::new,
        CommandTree.leaf("mint", () -> new Mint(s)),
        CommandTree.leaf("inspect", () -> new Inspect(s)));
  }

  /** The bytes of a secret file, as the node reads it: one line end at its end does not count. */
  private static byte[] secret(Session session, String file) {
    byte[] b = session.readFile(file, "--secret-file");
    int end = b.length;
    if (end > 0 && b[end - 1] == '\n') {
      end--;
      if (end > 0 && b[end - 1] == '\r') {
        end--;
      }
    }
    if (end < 32) {
      throw CliException.usage(
          "--secret-file: "
              + file
              + " holds "
              + end
              + " bytes, HS256 needs 32: make one with \"openssl rand -hex 32\"");
    }
    return Arrays.copyOf(b, end);
  }

  @Command(
      name = "mint",
      description = "Makes a token signed with the secret (HS256) that the node also knows.",
      footer = {
        "",
        "Example:",
        "  plexspaces token mint --secret-file dev.secret --tenant acme --role invoker,deployer"
      })
  static final class Mint implements Callable<Integer> {
    private final Session session;

    @Option(
        names = "--secret-file",
        required = true,
        paramLabel = "FILE",
        description = "The secret, at least 32 bytes; the node's auth.hs256_secret_file.")
    String secretFile = "";

    @Option(
        names = "--tenant",
        required = true,
        paramLabel = "TENANT",
        description = "The tenant that the bearer acts for.")
    String tenant = "";

    @Option(
        names = "--role",
        required = true,
        split = ",",
        paramLabel = "ROLE",
        description = "viewer, invoker, deployer, tenant-admin or node-admin; several with commas.")
    List<String> roles = List.of();

    @Option(
        names = "--subject",
        paramLabel = "NAME",
        description = "Who the bearer is (default: ${DEFAULT-VALUE}).")
    String subject = "developer";

    @Option(
        names = "--expires",
        paramLabel = "TIME",
        description = "How long it is good (default: ${DEFAULT-VALUE}).")
    String expires = "12h";

    @Option(names = "--issuer", paramLabel = "ISS", description = "The node's auth.issuer, if any.")
    @Nullable String issuer;

    @Option(
        names = "--audience",
        paramLabel = "AUD",
        description = "The node's auth.audience, if any.")
    @Nullable String audience;

    @Option(
        names = "--tenant-claim",
        paramLabel = "CLAIM",
        description = "The node's auth.tenant_claim (default: ${DEFAULT-VALUE}).")
    String tenantClaim = Jwt.DEFAULT_TENANT_CLAIM;

    @Option(
        names = "--roles-claim",
        paramLabel = "CLAIM",
        description = "The node's auth.roles_claim (default: ${DEFAULT-VALUE}).")
    String rolesClaim = Jwt.DEFAULT_ROLES_CLAIM;

    Mint(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() throws JOSEException {
      if (!AppId.isName(tenant)) {
        throw CliException.usage(
            "--tenant: \"" + tenant + "\" is not a name: use letters, digits, '.', '_' and '-'");
      }
      for (String role : roles) {
        if (Arrays.stream(Role.values()).noneMatch(r -> r.label().equals(role))) {
          throw CliException.usage(
              "--role: there is no role \""
                  + role
                  + "\", the roles are "
                  + Arrays.stream(Role.values())
                      .map(Role::label)
                      .collect(Collectors.joining(", ")));
        }
      }
      Duration life = Durations.parse(expires, "--expires");
      Instant now = Instant.now();
      JWTClaimsSet.Builder claims =
          new JWTClaimsSet.Builder()
              .subject(subject)
              .claim(tenantClaim, tenant)
              .claim(rolesClaim, List.copyOf(roles))
              .issueTime(Date.from(now))
              .expirationTime(Date.from(now.plus(life)));
      if (issuer != null) {
        claims.issuer(issuer);
      }
      if (audience != null) {
        claims.audience(audience);
      }
      SignedJWT jwt = new SignedJWT(new JWSHeader(JWSAlgorithm.HS256), claims.build());
      jwt.sign(new MACSigner(secret(session, secretFile)));
      session.say(
          Value.Obj.builder()
              .put("token", jwt.serialize())
              .put("expires", now.plus(life).toString())
              .build(),
          jwt.serialize());
      return 0;
    }
  }

  @Command(
      name = "inspect",
      description = "Shows what a token says, and whether it is still good.",
      footer = {"", "Example:", "  plexspaces token inspect @token.txt --secret-file dev.secret"})
  static final class Inspect implements Callable<Integer> {
    private final Session session;

    @Parameters(index = "0", paramLabel = "TOKEN|@FILE|-", description = "The token.")
    String token = "";

    @Option(
        names = "--secret-file",
        paramLabel = "FILE",
        description = "Check the signature with this secret; without it none is checked.")
    @Nullable String secretFile;

    Inspect(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() throws JOSEException {
      SignedJWT jwt;
      Value.Obj claims;
      Date until;
      try {
        jwt = SignedJWT.parse(session.argument(token, "the token").strip());
        claims = Json.readObject(jwt.getPayload().toBytes());
        until = jwt.getJWTClaimsSet().getExpirationTime();
      } catch (ParseException e) {
        throw CliException.usage("this is not a signed JWT: " + e.getMessage()).causedBy(e);
      }
      String signature = "not checked";
      if (secretFile != null) {
        if (!jwt.getHeader().getAlgorithm().equals(JWSAlgorithm.HS256)) {
          throw CliException.usage(
              "--secret-file checks HS256, the token is signed with "
                  + jwt.getHeader().getAlgorithm());
        }
        signature = jwt.verify(new MACVerifier(secret(session, secretFile))) ? "good" : "wrong";
      }
      boolean expired = until != null && !until.toInstant().isAfter(Instant.now());
      Table t =
          new Table("FIELD", "VALUE")
              .row("algorithm", jwt.getHeader().getAlgorithm().getName())
              .row("signature", signature)
              .row(
                  "expires",
                  until == null ? "never" : until.toInstant() + (expired ? " (expired)" : ""));
      claims.fields().forEach((name, v) -> AppCommand.Show.field(t, name, v));
      session.print(
          Value.Obj.builder()
              .put("algorithm", jwt.getHeader().getAlgorithm().getName())
              .put("signature", signature)
              .put("expired", expired)
              .put("claims", claims)
              .build(),
          t);
      return expired || signature.equals("wrong") ? CliException.FAILED : 0;
    }
  }
}
