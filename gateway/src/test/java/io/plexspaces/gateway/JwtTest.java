package io.plexspaces.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import io.plexspaces.api.AppId;
import io.plexspaces.api.Role;
import io.plexspaces.engine.AppStatus.AppState;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code auth.mode = "jwt"} against those who should not get in, and those who should. */
class JwtTest {
  private static final String SECRET = "0123456789abcdef0123456789abcdef";
  private static final JWSAlgorithm HS256 = JWSAlgorithm.HS256;

  @TempDir static Path dir;
  private static RSAKey rsa;
  private static ECKey ec;
  private static AuthConfig.Jwt config;
  private static TestNode node;

  @BeforeAll
  static void start() throws Exception {
    rsa = new RSAKeyGenerator(2048).keyID("r1").generate();
    ec = new ECKeyGenerator(Curve.P_256).keyID("e1").generate();
    Path secret = Files.writeString(dir.resolve("secret"), SECRET + "\n");
    Path jwks = Files.writeString(dir.resolve("jwks.json"), publicSet(rsa, ec));
    config = new AuthConfig.Jwt("https://issuer", "plexspaces", jwks, secret, "tenant_id", "roles");
    node = new TestNode(GatewayConfig.local(0).withAuth(config));
    node.deployer.put(new AppId("acme", "shop"), AppState.RUNNING);
    node.deployer.put(new AppId("globex", "theirs"), AppState.RUNNING);
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  private static String publicSet(com.nimbusds.jose.jwk.JWK... keys) {
    return new JWKSet(List.of(keys)).toString(true);
  }

  private static JWTClaimsSet.Builder claims(String... roles) {
    return new JWTClaimsSet.Builder()
        .issuer("https://issuer")
        .audience("plexspaces")
        .subject("alice")
        .claim("tenant_id", "acme")
        .claim("roles", List.of(roles))
        .expirationTime(Date.from(Instant.now().plusSeconds(300)));
  }

  private static String sign(JWSHeader header, JWSSigner signer, JWTClaimsSet claims)
      throws JOSEException {
    SignedJWT jwt = new SignedJWT(header, claims);
    jwt.sign(signer);
    return jwt.serialize();
  }

  private static String hs(JWTClaimsSet.Builder claims) throws JOSEException {
    return sign(new JWSHeader(HS256), new MACSigner(SECRET), claims.build());
  }

  private static HttpResponse<String> get(String path, String token) {
    return node.send(node.request(path).header("Authorization", "Bearer " + token).build());
  }

  private static void refused(String token, String why) {
    HttpResponse<String> r = get("/api/v1/apps", token);
    assertThat(r.statusCode()).isEqualTo(401);
    assertThat(TestNode.json(r).string("code", "")).isEqualTo("UNAUTHENTICATED");
    assertThat(TestNode.json(r).string("detail", "")).contains(why);
    assertThat(r.headers().firstValue("WWW-Authenticate").orElse(""))
        .startsWith("Bearer realm=\"plexspaces\", error=\"invalid_token\"");
  }

  @Test
  void goodTokensOfEveryAlgorithmGetIn() throws Exception {
    String rs =
        sign(
            new JWSHeader.Builder(JWSAlgorithm.RS256).keyID("r1").build(),
            new RSASSASigner(rsa),
            claims("viewer").build());
    String es =
        sign(
            new JWSHeader.Builder(JWSAlgorithm.ES256).build(),
            new ECDSASigner(ec),
            claims("viewer").build());
    for (String token : List.of(hs(claims("viewer", "astronaut")), rs, es)) {
      HttpResponse<String> r = get("/api/v1/apps", token);
      assertThat(r.statusCode()).isEqualTo(200);
      assertThat(r.body()).contains("shop").doesNotContain("theirs");
    }
    assertThat(get("/api/v1/apps", hs(claims().claim("roles", "other viewer"))).statusCode())
        .isEqualTo(200);
  }

  @Test
  void theCallerReachesTheEngineAsTheTokenSays() throws Exception {
    node.engine.calls.clear();
    HttpResponse<String> r =
        node.send(
            node.request("/api/v1/actors/shop/counter/main/ask/increment")
                .header("authorization", "bearer " + hs(claims("invoker", "viewer")))
                .POST(BodyPublishers.noBody())
                .build());
    assertThat(r.statusCode()).isEqualTo(200);
    FakeEngine.Call call = java.util.Objects.requireNonNull(node.engine.calls.peek());
    assertThat(call.context().tenant()).isEqualTo("acme");
    assertThat(call.context().principal()).isEqualTo("alice");
    assertThat(call.context().roles()).isEqualTo(Set.of(Role.INVOKER, Role.VIEWER));
  }

  @Test
  void withoutATokenOnlyPublicRoutesAnswer() {
    for (String path : List.of("/health/live", "/health/ready", "/openapi.json", "/")) {
      assertThat(node.get(path).statusCode()).as(path).isEqualTo(200);
    }
    HttpResponse<String> r = node.get("/api/v1/apps");
    assertThat(r.statusCode()).isEqualTo(401);
    assertThat(r.headers().firstValue("WWW-Authenticate")).contains("Bearer realm=\"plexspaces\"");
    assertThat(node.get("/metrics").statusCode()).isEqualTo(401);
    HttpRequest basic = node.request("/api/v1/apps").header("Authorization", "Basic YTpi").build();
    assertThat(node.send(basic).statusCode()).isEqualTo(401);
  }

  @Test
  void garbageIsRefused() {
    for (String token : List.of("x", "a.b.c", "..", "eyJhbGciOiJIUzI1NiJ9..", "ü")) {
      HttpResponse<String> r = get("/api/v1/apps", token);
      assertThat(r.statusCode()).as(token).isEqualTo(401);
    }
    refused("a".repeat(JwtAuthenticator.MAX_TOKEN + 1), "longer than");
    String raw =
        node.raw(
            "GET /api/v1/apps HTTP/1.1\r\n"
                + node.host()
                + "Authorization: Bearer "
                + "a".repeat(100_000)
                + "\r\n\r\n");
    assertThat(raw).contains(" 431 Request Header");
  }

  @Test
  void forgedSignaturesAreRefused() throws Exception {
    refused(
        sign(
            new JWSHeader(HS256),
            new MACSigner("another secret of at least 32 bytes!"),
            claims("viewer").build()),
        "signature");
    String good = hs(claims("viewer"));
    String[] parts = good.split("\\.", -1);
    String altered =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(
                claims("deployer")
                    .claim("tenant_id", "globex")
                    .build()
                    .toString()
                    .getBytes(StandardCharsets.UTF_8));
    refused(parts[0] + "." + altered + "." + parts[2], "signature");
    refused(parts[0] + "." + parts[1] + ".", "");
    RSAKey other = new RSAKeyGenerator(2048).keyID("r1").generate();
    refused(
        sign(
            new JWSHeader.Builder(JWSAlgorithm.RS256).keyID("r1").build(),
            new RSASSASigner(other),
            claims("viewer").build()),
        "signature");
  }

  @Test
  void algorithmNoneIsRefused() {
    refused(new PlainJWT(claims("viewer").build()).serialize(), "not a signed JWT");
    String none =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString("{\"alg\":\"NONE\"}".getBytes(StandardCharsets.UTF_8));
    String body = new PlainJWT(claims("viewer").build()).serialize().split("\\.", -1)[1];
    refused(none + "." + body + ".", "");
    refused(none + "." + body + ".AAAA", "");
  }

  @Test
  void aPublicKeyIsNoSecretAndASecretNoPublicKey() throws Exception {
    for (byte[] secret :
        List.of(
            rsa.toRSAPublicKey().getEncoded(),
            rsa.toPublicJWK().toJSONString().getBytes(StandardCharsets.UTF_8),
            ("-----BEGIN PUBLIC KEY-----\n"
                    + Base64.getMimeEncoder().encodeToString(rsa.toRSAPublicKey().getEncoded())
                    + "\n-----END PUBLIC KEY-----\n")
                .getBytes(StandardCharsets.UTF_8))) {
      refused(
          sign(
              new JWSHeader.Builder(HS256).keyID("r1").build(),
              new MACSigner(secret),
              claims("viewer").build()),
          "signature");
    }
    refused(
        sign(
            new JWSHeader(JWSAlgorithm.HS512),
            new MACSigner(SECRET + SECRET),
            claims("viewer").build()),
        "algorithm");
    refused(
        sign(
            new JWSHeader.Builder(JWSAlgorithm.PS256).keyID("r1").build(),
            new RSASSASigner(rsa),
            claims("viewer").build()),
        "algorithm");
  }

  @Test
  void aKeyThatTheTokenBringsAlongIsNotUsed() throws Exception {
    RSAKey own = new RSAKeyGenerator(2048).keyID("mine").generate();
    JWSHeader header =
        new JWSHeader.Builder(JWSAlgorithm.RS256).keyID("mine").jwk(own.toPublicJWK()).build();
    refused(sign(header, new RSASSASigner(own), claims("viewer").build()), "key");
  }

  @Test
  void timesIssuerAndAudienceAreChecked() throws Exception {
    Instant now = Instant.now();
    refused(hs(claims("viewer").expirationTime(Date.from(now.minusSeconds(60)))), "expired");
    refused(hs(claims("viewer").expirationTime(null)), "exp");
    refused(hs(claims("viewer").notBeforeTime(Date.from(now.plusSeconds(120)))), "nbf");
    refused(hs(claims("viewer").issuer("https://other")), "iss");
    refused(hs(claims("viewer").issuer(null)), "iss");
    refused(hs(claims("viewer").audience("other")), "aud");
    refused(hs(claims("viewer").audience((String) null)), "aud");
    String skewed =
        hs(
            claims("viewer")
                .expirationTime(Date.from(now.minusSeconds(5)))
                .notBeforeTime(Date.from(now.minusSeconds(300))));
    assertThat(get("/api/v1/apps", skewed).statusCode()).isEqualTo(200);
  }

  @Test
  void theTenantMustBeNamedAndValid() throws Exception {
    refused(hs(claims("viewer").claim("tenant_id", null)), "no tenant (claim tenant_id)");
    refused(hs(claims("viewer").claim("tenant_id", 7)), "no tenant");
    refused(hs(claims("viewer").claim("tenant_id", "")), "not a valid name");
    refused(hs(claims("viewer").claim("tenant_id", "a/../b")), "not a valid name");
    refused(hs(claims("viewer").claim("roles", Map.of("a", 1))), "roles are no list");
  }

  @Test
  void anotherTenantsAppLooksAsIfItWereNotThere() throws Exception {
    String token = hs(claims("viewer", "invoker", "deployer", "node-admin", "tenant-admin"));
    List<HttpResponse<String>> pairs =
        List.of(
            get("/api/v1/apps/theirs", token),
            get("/api/v1/apps/nobody", token),
            get("/api/v1/apps/theirs/tree", token),
            get("/api/v1/apps/nobody/tree", token),
            get("/api/v1/actors/theirs", token),
            get("/api/v1/actors/nobody", token),
            get("/api/v1/actors/theirs/counter/main/status", token),
            get("/api/v1/actors/nobody/counter/main/status", token),
            delete("/api/v1/apps/theirs", token),
            delete("/api/v1/apps/nobody", token));
    for (int i = 0; i < pairs.size(); i += 2) {
      assertThat(pairs.get(i).statusCode()).isEqualTo(404);
      assertThat(pairs.get(i).body().replace("theirs", "nobody"))
          .isEqualTo(pairs.get(i + 1).body());
    }
    assertThat(node.deployer.deployed).containsKey(new AppId("globex", "theirs"));
  }

  private static HttpResponse<String> delete(String path, String token) {
    return node.send(
        node.request(path).DELETE().header("Authorization", "Bearer " + token).build());
  }

  @Test
  void metricsAreTheTenantsOwnExceptForANodeAdmin() throws Exception {
    HttpResponse<String> own = get("/metrics", hs(claims("viewer", "tenant-admin")));
    assertThat(own.statusCode()).isEqualTo(200);
    assertThat(own.headers().firstValue("Content-Type").orElse("")).startsWith("text/plain");
    assertThat(own.body()).contains("app=\"shop\"").doesNotContain("theirs", "jvm_");
    HttpResponse<String> all = get("/metrics", hs(claims("node-admin")));
    assertThat(all.body()).contains("app=\"shop\"", "app=\"theirs\"", "jvm_");
    assertThat(get("/metrics", hs(claims("invoker"))).statusCode()).isEqualTo(403);
  }

  @Test
  void contentsOfJournalsAreForATenantAdmin() throws Exception {
    io.plexspaces.api.ActorId actor = io.plexspaces.api.ActorId.parse("acme", "shop/counter/j");
    node.upkeep.actors.add(actor);
    String path = "/api/v1/journals/shop/counter/j";
    node.upkeep.asked.clear();
    assertThat(get(path, hs(claims("viewer"))).statusCode()).isEqualTo(200);
    assertThat(get(path, hs(claims("tenant-admin"))).statusCode()).isEqualTo(200);
    assertThat(node.upkeep.asked)
        .extracting(q -> ((io.plexspaces.api.upkeep.JournalQuery) q).payloads())
        .containsExactly(false, true);
    assertThat(get(path + "?payloads=true", hs(claims("viewer"))).body())
        .contains("needs the role tenant-admin");
    assertThat(get(path + "/state", hs(claims("viewer"))).statusCode()).isEqualTo(403);
    assertThat(get("/api/v1/verify", hs(claims("viewer"))).body())
        .contains("needs the role node-admin");
    assertThat(get("/api/v1/verify?app=shop", hs(claims("viewer"))).statusCode()).isEqualTo(200);
    assertThat(get("/api/v1/verify", hs(claims("node-admin"))).statusCode()).isEqualTo(200);
  }

  @Test
  void everyRouteNeedsOneOfItsRoles() throws Exception {
    Routes table =
        Gateway.table(node.engine, node.deployer, node.upkeep.all(), node.metrics, () -> true);
    int closed = 0;
    for (Route r : table.all()) {
      if (!(r.access() instanceof Route.Access.AnyOf needed)) {
        continue;
      }
      closed++;
      String[] others =
          java.util.Arrays.stream(Role.values())
              .filter(role -> !needed.roles().contains(role))
              .map(Role::label)
              .toArray(String[]::new);
      String path = r.path().toString().replaceAll("\\{[a-z]+}", "x");
      HttpResponse<String> answer =
          node.send(
              node.request(path)
                  .method(r.method(), BodyPublishers.noBody())
                  .header("Authorization", "Bearer " + hs(claims(others)))
                  .build());
      assertThat(answer.statusCode()).as(r.method() + " " + path).isEqualTo(403);
      assertThat(TestNode.json(answer).string("detail", ""))
          .contains("needs the role ", needed.roles().iterator().next().label());
    }
    assertThat(closed).isGreaterThan(10);
  }

  @Test
  void aTokenIsNeededBeforeABodyIsRead() throws Exception {
    String answer =
        node.raw(
            "POST /api/v1/apps HTTP/1.1\r\n"
                + node.host()
                + "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 70000000\r\n"
                + "Expect: 100-continue\r\n\r\n");
    assertThat(answer).startsWith("HTTP/1.1 401 ");
  }

  @Test
  void keysThatAreAddedAreFoundAndBrokenFilesKeepTheOldOnes() throws Exception {
    Path file = Files.writeString(dir.resolve("rotating.json"), publicSet(rsa));
    AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5);
    KeyFile keys = new KeyFile(file, nanos::get);
    assertThat(keys.verifiers(JWSAlgorithm.RS256, "r1")).hasSize(1);
    assertThat(keys.verifiers(JWSAlgorithm.ES256, "e1")).isEmpty();
    Files.writeString(file, publicSet(rsa, ec));
    assertThat(keys.verifiers(JWSAlgorithm.ES256, "e1")).as("rate limited").isEmpty();
    nanos.addAndGet(6_000_000_000L);
    assertThat(keys.verifiers(JWSAlgorithm.ES256, "e1")).hasSize(1);
    assertThat(keys.verifiers(JWSAlgorithm.RS256, "e1")).as("pinned by the key's type").isEmpty();
    Files.writeString(file, "{ broken");
    nanos.addAndGet(6_000_000_000L);
    assertThat(keys.verifiers(JWSAlgorithm.ES256, "e1")).hasSize(1);
  }

  @Test
  void filesThatCannotBeUsedStopTheStart() throws IOException {
    Path file = dir.resolve("short");
    Files.writeString(file, "0123456789abcdef0123456789abcde\n");
    assertThatThrownBy(() -> SecretFile.read(file)).hasMessageContaining("31 bytes");
    assertThatThrownBy(() -> SecretFile.read(dir.resolve("none"))).hasMessageContaining("none");
    Files.writeString(file, "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}");
    assertThatThrownBy(() -> new KeyFile(file, System::nanoTime))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no key for RS256 or ES256");
    assertThatThrownBy(() -> new AuthConfig.Jwt(null, null, null, null, "t", "r"))
        .hasMessageContaining("jwks_file or hs256_secret_file");
  }

  @Test
  void aStreamEndsWhenItsTokenDoes() throws Exception {
    AppId app = new AppId("acme", "flow");
    node.deployer.put(app, AppState.RUNNING);
    node.engine.run(app);
    node.engine.streams = p -> new FakeStream().value("1");
    Instant expiry = Instant.now().minus(JwtAuthenticator.CLOCK_SKEW).plusSeconds(2);
    HttpResponse<String> r =
        get(
            "/api/v1/actors/flow/counter/main/stream/watch",
            hs(claims("invoker").expirationTime(Date.from(expiry))));
    assertThat(r.body())
        .startsWith("id: 1\ndata: 1\n\nevent: error\n")
        .contains("\"code\":\"UNAUTHENTICATED\"");
  }
}
