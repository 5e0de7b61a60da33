package io.plexspaces.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.Value;
import io.plexspaces.api.upkeep.EffectQuery;
import io.plexspaces.api.upkeep.Finding;
import io.plexspaces.api.upkeep.JournalQuery;
import io.plexspaces.api.upkeep.Verification;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Journals, verification and backups over HTTP; who may see what is in {@link JwtTest}. */
class JournalHttpTest {
  private static final ActorId MAIN = ActorId.parse("default", "shop/counter/a b");

  private final TestNode node = new TestNode();

  @AfterEach
  void close() {
    node.close();
  }

  @Test
  void aQuerySaysWhichTurns() {
    node.upkeep.actors.add(MAIN);
    String journal = "/api/v1/journals/shop/counter/a%20b";
    assertThat(TestNode.json(node.get(journal)).string("actor", "")).isEqualTo("shop/counter/a b");
    assertThat(
            node.get(journal + "?from=3&to=9&limit=5&op=add&steps=true&payloads=false")
                .statusCode())
        .isEqualTo(200);
    assertThat(node.get(journal + "/state?at=4").statusCode()).isEqualTo(200);
    assertThat(node.get(journal + "/effects?state=dead&after=6").statusCode()).isEqualTo(200);
    assertThat(node.upkeep.asked)
        .containsExactly(
            new JournalQuery(0, 0, 20, null, false, false, true),
            new JournalQuery(3, 9, 5, "add", true, false, false),
            4L,
            new EffectQuery("dead", 6, 20, true));
  }

  @Test
  void whatCannotBeAskedIsRefused() {
    assertThat(node.get("/api/v1/journals/shop/counter/x").body())
        .contains("NOT_FOUND", "has no journal: it is not durable");
    assertThat(node.get("/api/v1/journals/shop/counter/x?limit=0").statusCode()).isEqualTo(400);
    assertThat(node.get("/api/v1/journals/shop/counter/x?last=3").body())
        .contains("unknown query parameter", "limit");
    assertThat(node.get("/api/v1/journals/shop/counter/x/effects?state=odd").body())
        .contains("pending, done or dead");
    assertThat(node.get("/api/v1/verify?actor=counter/x").body()).contains("needs \\\"app\\\"");
  }

  @Test
  void deadLettersOfAnAppDoNotStopAtADamagedJournal() {
    ActorId broken = ActorId.parse("default", "shop/counter/damaged");
    node.upkeep.actors.addAll(List.of(broken, MAIN));
    node.upkeep.dead.put(MAIN, FakeUpkeep.letter("shop/counter/b"));
    Value.Obj dead = TestNode.json(node.get("/api/v1/journals/shop/dead"));
    assertThat(dead.array("dead")).hasSize(1);
    assertThat(((Value.Obj) dead.array("dead").getFirst()).string("actor", ""))
        .isEqualTo("shop/counter/a b");
    assertThat(dead.array("unreadable").toString()).contains("damaged.db");
    assertThat(dead.string("next", "?")).isEmpty();
  }

  @Test
  void aRetrySendsTheVeryBytesAgain() {
    node.engine.run(new io.plexspaces.api.AppId("default", "shop"));
    node.upkeep.actors.add(MAIN);
    node.upkeep.dead.put(MAIN, FakeUpkeep.letter("shop/counter/b"));
    HttpResponse<String> r =
        node.method("POST", "/api/v1/journals/shop/counter/a%20b/effects/7/retry");
    assertThat(r.statusCode()).as(r.body()).isEqualTo(202);
    FakeEngine.Call call = node.engine.calls.remove();
    assertThat(call.target().address()).isEqualTo("shop/counter/b");
    assertThat(call.payload().text()).isEqualTo("{ \"by\": 2 }");
    assertThat(node.method("POST", "/api/v1/journals/shop/counter/a%20b/effects/8/retry").body())
        .contains("has no dead letter with number 8");
    assertThat(
            node.method("POST", "/api/v1/journals/shop/counter/a%20b/effects/x/retry").statusCode())
        .isEqualTo(400);
  }

  @Test
  void verifyingGoesOnWhereTheAnswerBeforeEnded() {
    node.upkeep.findings.add(Finding.damage("a.db", "it is torn", "mend it"));
    Value.Obj first = TestNode.json(node.get("/api/v1/verify?app=shop&limit=1"));
    assertThat(((Value.Obj) first.array("findings").getFirst()).string("what", ""))
        .isEqualTo("it is torn");
    assertThat(first.integer("total", 0)).isEqualTo(3);
    assertThat(TestNode.json(node.get("/api/v1/verify?after=next")).string("next", "?")).isEmpty();
    assertThat(((Verification.Scope) node.upkeep.asked.getLast()).app()).isNull();
  }

  @Test
  void anActorIsDeletedOnce() {
    node.engine.run(new io.plexspaces.api.AppId("default", "shop"));
    assertThat(node.method("DELETE", "/api/v1/actors/shop/counter/main").statusCode())
        .isEqualTo(204);
    HttpResponse<String> again = node.method("DELETE", "/api/v1/actors/shop/counter/main");
    assertThat(again.statusCode()).isEqualTo(404);
    assertThat(again.body()).contains("there is no actor");
  }

  @Test
  void backupsAreMadeAndListed() {
    HttpResponse<String> made = node.method("POST", "/api/v1/backups?name=nightly");
    assertThat(made.statusCode()).isEqualTo(201);
    assertThat(TestNode.json(made).integer("position", 0)).isEqualTo(99);
    assertThat(TestNode.json(node.get("/api/v1/backups")).array("backups")).hasSize(1);
  }
}
