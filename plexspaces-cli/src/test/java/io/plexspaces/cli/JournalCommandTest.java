package io.plexspaces.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What journal, backup and delete send, and what they make of the answer. */
class JournalCommandTest {
  private FakeNode node;

  @BeforeEach
  void start() throws IOException {
    node = new FakeNode();
  }

  @AfterEach
  void stop() {
    node.close();
  }

  private CommandRun run(String... args) {
    return CommandRun.of(Map.of("PLEXSPACES_NODE", node.url()), "", args);
  }

  private static final String JOURNAL =
      """
      {"actor":"bank/account/alice","epoch":3,"first_seq":1,"last_seq":9,"pending":1,"dead":0,
       "timers":0,"file":"journals/default/bank/account/alice.db","file_bytes":36864,"turns":[
       {"seq":8,"at":"2026-11-25T17:00:00Z","sender":"bank/teller/1","kind":"call","op":"pay",
        "input":{"type":"application/json","size":9,"value":{"to":"%s"}},"outcome":"replied",
        "reply":{"type":"image/png","size":5,"value":{"$bytes":"AAECAwQ="}},
        "effects":[{"number":4,"n":0,"target":"bank/account/bob","op":"credit","state":"pending",
          "payload":{"type":"application/json","size":8}}]}],"more":true}\
      """
          .formatted("x".repeat(80));

  @Test
  void turnsAreATableWithContentsCutAndBytesCounted() {
    node.on("GET /api/v1/journals/bank/account/alice", 200, JOURNAL);
    CommandRun run =
        run("journal", "show", "bank/account/alice", "--last", "1", "--from", "8", "--effects");
    assertThat(run.status()).isZero();
    assertThat(run.out())
        .startsWith("bank/account/alice: turns 1 to 9, epoch 3, 1 pending, 0 dead, 0 timers")
        .contains("bank/teller/1", "xxx…", "<5 bytes image/png>")
        .contains("to bank/account/bob", "effect 4", "<8 bytes application/json>", "pending");
    assertThat(run.out()).doesNotContain("x".repeat(70));
    assertThat(run.err()).contains("There are more turns");
    assertThat(node.onlyRequest().target())
        .isEqualTo("/api/v1/journals/bank/account/alice?limit=1&from=8&effects=true");
  }

  @Test
  void verifyTellsEachFindingInALineAndFailsForDamageOnly() {
    node.on(
        "GET /api/v1/verify",
        200,
        """
        {"findings":[{"damage":false,"file":"a.db","what":"it is missing","remedy":"look"}],
         "journals":3,"total":3,"next":""}
        """);
    CommandRun note = run("journal", "verify", "all");
    assertThat(note.status()).isZero();
    assertThat(note.out())
        .isEqualTo("note: a.db: it is missing: look\n3 journals verified, no damage, 1 note\n");
    node.on(
        "GET /api/v1/verify",
        200,
        """
        {"findings":[{"damage":true,"file":"a.db","what":"it is torn","remedy":"mend it"}],
         "journals":1,"total":1,"next":""}
        """);
    CommandRun damage = run("journal", "verify", "bank/account/alice");
    assertThat(damage.status()).isEqualTo(1);
    assertThat(damage.out())
        .isEqualTo("a.db: it is torn: mend it\n1 journal verified, 1 finding\n");
  }

  @Test
  void whatIsDeletedIsAskedForOnATerminal() {
    node.on("DELETE /api/v1/actors/bank/account/alice", 204, "");
    Map<String, String> env = Map.of("PLEXSPACES_NODE", node.url());
    CommandRun no = CommandRun.of(env, "n\n", true, "actor", "delete", "bank/account/alice");
    assertThat(no.status()).isEqualTo(1);
    assertThat(no.err()).contains("[y/N]", "nothing was deleted");
    CommandRun yes = CommandRun.of(env, "y\n", true, "actor", "delete", "bank/account/alice");
    assertThat(yes.status()).isZero();
    assertThat(yes.out()).isEqualTo("Deleted bank/account/alice\n");
    assertThat(node.onlyRequest().method()).isEqualTo("DELETE");
  }

  @Test
  void deadLettersOfAllAppsAreOneTable() {
    node.on("GET /api/v1/apps", 200, "{\"apps\":[{\"app\":\"bank\"}]}");
    node.on(
        "GET /api/v1/journals/bank/dead",
        200,
        """
        {"dead":[{"actor":"bank/account/alice","number":17,"at":"2026-11-25T17:00:00Z",
          "target":"bank/account/bob","op":"credit","reason":"it crashed 5 times"}],
         "unreadable":["x.db is damaged"],"journals":2,"next":""}
        """);
    CommandRun run = run("journal", "dead");
    assertThat(run.out()).contains("17", "bank/account/bob", "it crashed 5 times");
    assertThat(run.err()).contains("Not looked at: x.db is damaged");
    assertThat(run.status()).isEqualTo(1);
  }

  @Test
  void aBackupWithDamageIsToldOf() {
    node.on(
        "POST /api/v1/backups",
        201,
        """
        {"name":"n","files":3,"bytes":4096,"directory":"/b/n","damaged":[
         {"damage":true,"file":"a.db","what":"it is torn","remedy":"restore it"}]}
        """);
    CommandRun run = run("backup", "n");
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err()).contains("a.db: it is torn: restore it");
    assertThat(run.out()).isEqualTo("Backup n: 3 files, 4.0 KiB in /b/n\n");
  }
}
