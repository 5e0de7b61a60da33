package io.plexspaces.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.Value;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Requests with an Idempotency-Key over HTTP, with {@code kill -9} between. */
@Timeout(180)
class IdempotencyOnANodeTest {
  private static final String ACTOR = "bank/counter/c";
  private static final String SEND = "/api/v1/actors/" + ACTOR + "/send/increment";

  @TempDir Path dir;

  private NodeProcess restarted(NodeProcess node) throws Exception {
    node.kill();
    return NodeProcess.start(dir);
  }

  private static void deploy(NodeProcess node, String config) throws Exception {
    Http.Answer d = node.http().deploy("bank", Guests.fastestCounter(), config);
    assertThat(d.status()).as(d.body()).isEqualTo(201);
  }

  private static long count(NodeProcess node) throws Exception {
    return Guests.count(node.http().ask(ACTOR, "get", "").body());
  }

  private static String messageId(Http.Answer a) {
    assertThat(a.status()).as(a.body()).isEqualTo(202);
    return a.object().string("message_id", "");
  }

  @Test
  void aKeyedSendIsDoneOnceAcrossKillNine() throws Exception {
    NodeProcess node = NodeProcess.start(dir);
    try {
      deploy(node, Guests.counterConfig(true));
      String first = messageId(node.http().post(SEND, "{}", "k"));
      node = restarted(node);
      assertThat(messageId(node.http().post(SEND, "{}", "k"))).isEqualTo(first);
      while (count(node) == 0) {
        TimeUnit.MILLISECONDS.sleep(10);
      }
      Http.Answer asked = node.http().ask(ACTOR, "increment", "{}", "ask");
      assertThat(Guests.count(asked.body())).isEqualTo(2);
      node = restarted(node);
      assertThat(node.http().ask(ACTOR, "increment", "{}", "ask").body()).isEqualTo(asked.body());
      Http.Answer other = node.http().ask(ACTOR, "increment", "{\"by\":7}", "ask");
      assertThat(other.status()).as(other.body()).isEqualTo(422);
      Http.Answer sent = node.http().post(SEND, "{}", "ask");
      assertThat(sent.status()).as(sent.body()).isEqualTo(422);
      assertThat(count(node)).isEqualTo(2);
    } finally {
      node.close();
    }
  }

  @Test
  void anActorMayInsistOnKeysAndSaysWhy() throws Exception {
    NodeProcess node = NodeProcess.start(dir);
    try {
      deploy(
          node,
          Guests.counterConfig(true)
              .replace(
                  "checkpoint_interval = 1",
                  "checkpoint_interval = 1, require_idempotency_key = true"));
      for (Http.Answer a :
          new Http.Answer[] {
            node.http().ask(ACTOR, "increment", "{}"), node.http().post(SEND, "{}", null)
          }) {
        assertThat(a.status()).as(a.body()).isEqualTo(400);
        assertThat(a.object().object("details").string("reason", ""))
            .isEqualTo("idempotency_key_required");
        assertThat(a.object().string("detail", "")).contains("needs an Idempotency-Key");
      }
      assertThat(count(node)).isZero();
      assertThat(node.http().ask(ACTOR, "increment", "{}", "k").status()).isEqualTo(200);
      assertThat(node.http().ask(ACTOR, "get", "").json()).isNotEqualTo(Value.NULL);
    } finally {
      node.close();
    }
  }
}
