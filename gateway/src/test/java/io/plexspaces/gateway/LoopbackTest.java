package io.plexspaces.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code auth.mode = "none"}: DNS rebinding and cross-site requests. PORT stands for the port. */
class LoopbackTest {
  private static TestNode node;

  @BeforeAll
  static void start() {
    node = new TestNode();
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  private static String get(String path, String headers) {
    return node.raw(
        "GET "
            + path
            + " HTTP/1.1\r\n"
            + headers.replace("PORT", Integer.toString(node.gateway.port()))
            + "\r\nConnection: close\r\n\r\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Host: localhost:PORT",
        "Host: LocalHost:PORT",
        "Host: 127.0.0.1:PORT",
        "Host: 127.9.9.9:PORT",
        "Host: [::1]:PORT",
        "Host: localhost:PORT\r\nOrigin: http://localhost:PORT",
        "Host: localhost:PORT\r\nOrigin: http://127.0.0.1:PORT",
        "Host: localhost:PORT\r\nSec-Fetch-Site: same-origin",
        "Host: localhost:PORT\r\nSec-Fetch-Site: none",
      })
  void ownNamesAreServed(String headers) {
    assertThat(get("/api/v1/apps", headers)).startsWith("HTTP/1.1 200 ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Host: evil.example:PORT",
        "Host: evil.example",
        "Host: localhost",
        "Host: localhost:1",
        "Host: localhost.evil.example:PORT",
        "Host: localhost.:PORT",
        "Host: 127.0.0.1.nip.io:PORT",
        "Host: 10.0.0.1:PORT",
        "Host: user@localhost:PORT",
        "Host: [::2]:PORT",
        "Host: localhost:PORT:PORT",
        "Host:",
        "Host: localhost:PORT\r\nOrigin: http://evil.example",
        "Host: localhost:PORT\r\nOrigin: http://localhost:1",
        "Host: localhost:PORT\r\nOrigin: http://localhost",
        "Host: localhost:PORT\r\nOrigin: https://localhost:PORT",
        "Host: localhost:PORT\r\nOrigin: null",
        "Host: localhost:PORT\r\nOrigin: http://evil.example@localhost:PORT",
        "Host: localhost:PORT\r\nSec-Fetch-Site: cross-site",
        "Host: localhost:PORT\r\nSec-Fetch-Site: same-site",
      })
  void otherNamesAndSitesAreRefusedOnEveryRoute(String headers) {
    assertThat(get("/api/v1/apps", headers)).startsWith("HTTP/1.1 403 ");
    assertThat(get("/health/live", headers)).startsWith("HTTP/1.1 403 ");
    assertThat(get("/no/such/path", headers)).startsWith("HTTP/1.1 403 ");
  }

  @Test
  void aMissingOrDoubleHostIsBad() {
    assertThat(get("/health/live", "X: y")).startsWith("HTTP/1.1 400 ");
    assertThat(get("/health/live", "Host: localhost:PORT\r\nHost: evil.example:PORT"))
        .startsWith("HTTP/1.1 400 ");
  }

  @Test
  void aTargetThatNamesAnotherHostIsBad() {
    assertThat(get("http://evil.example/health/live", "Host: localhost:PORT"))
        .startsWith("HTTP/1.1 400 ");
    assertThat(get("/api/v1/../v1/apps", "Host: localhost:PORT")).startsWith("HTTP/1.1 400 ");
  }

  @Test
  void onlyALoopbackAddressMayGoWithoutAuthentication() {
    for (String host : new String[] {"0.0.0.0", "::", "192.0.2.1"}) {
      assertThatThrownBy(() ->
              Gateway.start(
                  GatewayConfig.local(0).withHost(host),
                  node.engine,
                  node.deployer,
                  node.upkeep.all(),
                  node.metrics,
                  () -> true))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("loopback")
          .hasMessageContaining(host);
    }
  }

  @Test
  void aPortThatIsTakenIsAClearError() {
    assertThatThrownBy(() ->
            Gateway.start(
                GatewayConfig.local(node.gateway.port()),
                node.engine,
                node.deployer,
                node.upkeep.all(),
                node.metrics,
                () -> true))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("cannot listen on 127.0.0.1:" + node.gateway.port());
  }
}
