package io.plexspaces.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.Value;
import io.plexspaces.engine.AppStatus.AppState;
import io.plexspaces.engine.RecentLog;
import java.io.ByteArrayOutputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AppHttpTest {
  private final TestNode node = new TestNode();

  @AfterEach
  void stop() {
    node.close();
  }

  private HttpResponse<String> deploy(Map<String, byte[]> parts) {
    return post("/api/v1/apps", parts);
  }

  private HttpResponse<String> post(String path, Map<String, byte[]> parts) {
    ByteArrayOutputStream form = new ByteArrayOutputStream();
    parts.forEach((name, bytes) -> {
      String file = name.equals("wasm") ? "; filename=\"app.wasm\"" : "";
      String type = name.equals("wasm") ? "Content-Type: application/wasm\r\n" : "";
      form.writeBytes(
          ("--b0\r\nContent-Disposition: form-data; name=\""
                  + name
                  + "\""
                  + file
                  + "\r\n"
                  + type
                  + "\r\n")
              .getBytes(StandardCharsets.UTF_8));
      form.writeBytes(bytes);
      form.writeBytes("\r\n".getBytes(StandardCharsets.UTF_8));
    });
    form.writeBytes("--b0--\r\n".getBytes(StandardCharsets.UTF_8));
    return node.send(
        node.request(path)
            .header("Content-Type", "multipart/form-data; boundary=b0")
            .POST(BodyPublishers.ofByteArray(form.toByteArray()))
            .build());
  }

  private static byte[] utf8(String s) {
    return s.getBytes(StandardCharsets.UTF_8);
  }

  private static Map<String, byte[]> form(Object... namesAndValues) {
    Map<String, byte[]> m = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      Object v = namesAndValues[i + 1];
      m.put((String) namesAndValues[i], v instanceof byte[] b ? b : utf8((String) v));
    }
    return m;
  }

  @Test
  void deploysAModuleOfManyMegabytesAndShowsTheApp() {
    byte[] wasm = new byte[20 << 20];
    new Random(1).nextBytes(wasm);
    String config = "name = \"ignored\"\n# ümlaut\n";
    HttpResponse<String> r =
        deploy(form("app", "shop", "version", "1.2", "wasm", wasm, "config", config));
    assertThat(r.statusCode()).isEqualTo(201);
    assertThat(r.headers().firstValue("Location")).contains("/api/v1/apps/shop");
    Value.Obj app = TestNode.json(r);
    assertThat(app.string("app", "")).isEqualTo("shop");
    assertThat(app.string("state", "")).isEqualTo("running");
    assertThat(node.deployer.artifact).isEqualTo(wasm);
    assertThat(node.deployer.config).isEqualTo(config);
    assertThat(node.deployer.told).containsExactly("deploy default:shop 1.2");
  }

  @Test
  void nameAndVersionMayComeFromTheConfiguration() {
    HttpResponse<String> r = deploy(form("wasm", "w", "config", "name = \"x\""));
    assertThat(r.statusCode()).isEqualTo(201);
    assertThat(node.deployer.told).containsExactly("deploy default:from-config null");
  }

  @Test
  void anExistingNameIs409() {
    deploy(form("app", "shop", "wasm", "w", "config", "c"));
    HttpResponse<String> r = deploy(form("app", "shop", "wasm", "w", "config", "c"));
    assertThat(r.statusCode()).isEqualTo(409);
    assertThat(TestNode.json(r).string("code", "")).isEqualTo("ALREADY_EXISTS");
  }

  @Test
  void wrongFormsAreRefusedWithTheirPart() {
    assertThat(detail(deploy(form("config", "c")))).contains("\"wasm\" is missing");
    assertThat(detail(deploy(form("wasm", "w")))).contains("\"config\" is missing");
    assertThat(detail(deploy(form("wasm", "", "config", "c")))).contains("\"wasm\" is empty");
    assertThat(detail(deploy(form("wasm", "w", "config", "c", "cfg", "x")))).contains("\"cfg\"");
    assertThat(detail(deploy(form("wasm", "w", "config", new byte[] {(byte) 0xff}))))
        .contains("\"config\" is not UTF-8");
    HttpResponse<String> json = node.post("/api/v1/apps", "{}");
    assertThat(json.statusCode()).isEqualTo(415);
    HttpResponse<String> cut =
        node.send(
            node.request("/api/v1/apps")
                .header("Content-Type", "multipart/form-data; boundary=b0")
                .POST(
                    BodyPublishers.ofString(
                        "--b0\r\nContent-Disposition: form-data; name=\"wasm\"\r\n\r\nabc"))
                .build());
    assertThat(cut.statusCode()).isEqualTo(400);
    HttpResponse<String> noBoundary =
        node.send(
            node.request("/api/v1/apps")
                .header("Content-Type", "multipart/form-data")
                .POST(BodyPublishers.ofString("x"))
                .build());
    assertThat(noBoundary.statusCode()).isEqualTo(400);
    assertThat(node.deployer.told).isEmpty();
  }

  private static String detail(HttpResponse<String> r) {
    assertThat(r.statusCode()).isEqualTo(400);
    return TestNode.json(r).string("detail", "");
  }

  @Test
  void listsShowsStartsStopsRestartsAndUndeploys() {
    node.deployer.put(new AppId("default", "shop"), AppState.RUNNING);
    node.deployer.put(new AppId("acme", "theirs"), AppState.RUNNING);
    assertThat(TestNode.json(node.get("/api/v1/apps")).array("apps")).hasSize(1);
    Value.Obj shown = TestNode.json(node.get("/api/v1/apps/shop"));
    assertThat(shown.object("module").array("types")).hasSize(1);
    assertThat(node.get("/api/v1/apps/theirs").statusCode()).isEqualTo(404);
    Value.Obj tree = TestNode.json(node.get("/api/v1/apps/shop/tree"));
    assertThat(tree.array("children")).hasSize(1);
    assertThat(node.method("POST", "/api/v1/apps/shop/stop?drain=500ms").statusCode())
        .isEqualTo(200);
    assertThat(node.get("/api/v1/apps/shop/tree").statusCode()).isEqualTo(404);
    node.method("POST", "/api/v1/apps/shop/start");
    node.method("POST", "/api/v1/apps/shop/restart");
    assertThat(node.method("DELETE", "/api/v1/apps/shop?drain=5m&purge=true").statusCode())
        .isEqualTo(204);
    assertThat(node.method("DELETE", "/api/v1/apps/shop").statusCode()).isEqualTo(404);
    assertThat(node.deployer.told)
        .containsExactly(
            "stop default:shop PT0.5S",
            "start default:shop",
            "restart default:shop PT30S",
            "undeploy default:shop PT5M true");
  }

  @Test
  void unclearDrainAndPurgeAreRefused() {
    node.deployer.put(new AppId("default", "shop"), AppState.RUNNING);
    for (String query :
        new String[] {"drain=30", "drain=2h", "drain=-1s", "purge=yes", "prune=1"}) {
      assertThat(node.method("DELETE", "/api/v1/apps/shop?" + query).statusCode())
          .as(query)
          .isEqualTo(400);
    }
    assertThat(node.deployer.told).isEmpty();
  }

  @Test
  void unknownPathsAndMethods() {
    HttpResponse<String> r = node.get("/api/v1/nothing");
    assertThat(r.statusCode()).isEqualTo(404);
    assertThat(TestNode.json(r).string("code", "")).isEqualTo("NOT_FOUND");
    assertThat(node.get("/api/v1/apps/").statusCode()).isEqualTo(404);
    assertThat(node.get("//api/v1/apps").statusCode()).isEqualTo(404);
    assertThat(node.get("/api/v1/%61pps").statusCode()).isEqualTo(404);
    r = node.method("PATCH", "/api/v1/apps");
    assertThat(r.statusCode()).isEqualTo(405);
    assertThat(r.headers().firstValue("Allow")).contains("GET, HEAD, POST");
    assertThat(node.get("/api/v1/apps/bad%20name").statusCode()).isEqualTo(400);
  }

  @Test
  void healthFollowsTheNode() {
    assertThat(node.get("/health/live").statusCode()).isEqualTo(200);
    assertThat(node.get("/health/ready").statusCode()).isEqualTo(200);
    node.ready.set(false);
    HttpResponse<String> r = node.get("/health/ready");
    assertThat(r.statusCode()).isEqualTo(503);
    assertThat(r.headers().firstValue("Retry-After")).isPresent();
    assertThat(node.get("/health/live").statusCode()).isEqualTo(200);
  }

  @Test
  void aReloadTakesAModuleAndPerhapsAConfiguration() {
    deploy(form("app", "shop", "wasm", "w", "config", "c"));
    HttpResponse<String> r = post("/api/v1/apps/shop/reload", form("wasm", "w2"));
    assertThat(r.statusCode()).as(r.body()).isEqualTo(200);
    assertThat(post("/api/v1/apps/shop/reload", form("wasm", "w3", "config", "c3")).statusCode())
        .isEqualTo(200);
    assertThat(node.deployer.told).endsWith("reload default:shop null", "reload default:shop c3");
    assertThat(detail(post("/api/v1/apps/shop/reload", form("wasm", "w", "app", "x"))))
        .contains("\"app\" cannot be changed by a reload");
    assertThat(post("/api/v1/apps/nope/reload", form("wasm", "w")).statusCode()).isEqualTo(404);
  }

  @Test
  void logLinesAreNumberedAndTheAppsOwn() {
    deploy(form("app", "shop", "wasm", "w", "config", "c"));
    AppId shop = new AppId("default", "shop");
    AppId other = new AppId("default", "other");
    node.engine.log.add(line(shop, 1, "first"));
    node.engine.log.add(line(other, 2, "not ours"));
    node.engine.log.add(line(shop, 3, "second"));
    Value.Obj all = TestNode.json(node.get("/api/v1/apps/shop/logs"));
    assertThat(all.integer("last", 0)).isEqualTo(3);
    assertThat(all.array("lines")).hasSize(2);
    assertThat(((Value.Obj) all.array("lines").getFirst()).string("level", "")).isEqualTo("warn");
    Value.Obj later = TestNode.json(node.get("/api/v1/apps/shop/logs?after=1"));
    assertThat(later.array("lines")).hasSize(1);
    assertThat(node.get("/api/v1/apps/other/logs").statusCode()).isEqualTo(404);
  }

  private static RecentLog.Line line(AppId app, long n, String text) {
    return new RecentLog.Line(n, 0, 3, new ActorId(app, "counter", "main"), text);
  }
}
