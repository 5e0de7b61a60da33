package io.plexspaces.deployer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import io.plexspaces.api.guest.ModuleDescription;
import java.util.List;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every bad configuration is refused with the message that names the place. */
class BadConfigTest {
  static final ModuleDescription MODULE =
      ModuleDescription.parse(
          Json.read(
              """
              {"abi":1,"sdk":"test/1","types":[
               {"name":"retriever"},{"name":"counter","operations":[
               {"name":"increment"},{"name":"get","kind":"query"},{"name":"watch","stream":true},
               {"name":"add","input":{"type":"object","required":["by"]}}]},{"name":"session"},
               {"name":"gate","behavior":"GenFSM"}]}
              """));

  private static final String CHILD =
      """
      name = "app"
      [[supervisor.children]]
      id = "one"
      type = "counter"
      """;

  /** A configuration and the only error it has. */
  private static Arguments bad(String what, String text, int line, String message) {
    return Arguments.of(Named.of(what, text), line, message);
  }

  /** One line added to a good child, as line 5. */
  private static Arguments badChild(String addition, String message) {
    return bad(addition, CHILD + addition + "\n", 5, message);
  }

  private static Arguments badFacet(String facet, String message) {
    return badChild("facets = [ { " + facet + " } ]", message);
  }

  static List<Arguments> badConfigs() {
    String of = " in [[supervisor.children]] \"one\"";
    return List.of(
        // Syntax.
        bad("a key without value", "name = \"x\"\nversion =\n", 2, "2:10: Unexpected end of line"),
        bad("a string not closed", "name = \"x\nversion = 1\n", 1, "Unexpected end of line"),
        bad("a table not closed", "name = \"x\"\n[supervisor\nid = 1\n", 2, "Unexpected end of"),
        bad(
            "a key twice",
            "name = \"x\"\n\nname = \"y\"\n",
            3,
            "name previously defined at line 1"),
        bad(
            "a table twice",
            "[limits]\n[env]\n[limits]\n",
            3,
            "limits previously defined at line 1"),
        bad("an inline table not closed", CHILD + "args = { a = 1,\n b = 2\n", 7, "expected }"),
        bad(
            "a number too large",
            CHILD + "shutdown_timeout_secs = 99999999999999999999",
            5,
            "large"),
        bad("an endless nesting", "a = " + "[".repeat(50_000), 1, "Nesting is too deep"),
        // The top level.
        bad("an empty file", "", 1, "name is missing"),
        bad("no name", CHILD.replace("name = \"app\"", ""), 1, "name is missing"),
        bad("a bad name", CHILD.replace("\"app\"", "\"a/b\""), 1, "name \"a/b\" is not valid"),
        bad(
            "a name of another type",
            CHILD.replace("\"app\"", "7"),
            1,
            "must be a string, it is the integer 7"),
        bad("a bad version", "version = \"1 2\"\n" + CHILD, 1, "version \"1 2\" is not valid"),
        bad(
            "an unknown key",
            "nmae = \"x\"\n" + CHILD,
            1,
            "unknown key \"nmae\", did you mean \"name\"?"),
        bad(
            "an unknown table",
            CHILD + "[limit]\n",
            5,
            "unknown key \"limit\", did you mean \"limits\"?"),
        bad("a far unknown table", CHILD + "[zzzzzzzz]\n", 5, "unknown key \"zzzzzzzz\""),
        bad(
            "an unknown runtime",
            "runtime = \"wams\"\n" + CHILD,
            1,
            "runtime must be one of auto, wasm, graalpy, graaljs"),
        bad("no actors", "name = \"x\"\n", 1, "the app has no actors"),
        bad(
            "an empty supervisor",
            "name = \"x\"\n\n[supervisor]\nmax_restarts = 1\n",
            3,
            "the app has no actors"),
        bad(
            "pools",
            CHILD + "[[pools]]\nname = \"x\"\n",
            5,
            "[[pools]] is not supported by this version"),
        bad(
            "named space",
            CHILD + "[[spaces]]\nname = \"claims\"\ndurable = true\n",
            6,
            "a space named \"claims\" is not supported by this version: there is \"default\", the"
                + " app's own"),
        bad(
            "space without a name",
            CHILD + "[[spaces]]\ndurable = true\n",
            5,
            "name is missing in [[spaces]]"),
        bad(
            "space twice",
            CHILD + "[[spaces]]\nname = \"default\"\n[[spaces]]\nname = \"default\"\n",
            8,
            "[[spaces]] has \"default\" twice"),
        bad(
            "unknown key of a space",
            CHILD + "[[spaces]]\nname = \"default\"\ndurabel = true\n",
            7,
            "unknown key \"durabel\""),
        bad(
            "durable space that is no boolean",
            CHILD + "[[spaces]]\nname = \"default\"\ndurable = \"yes\"\n",
            7,
            "durable"),
        bad(
            "links",
            CHILD + "[[service_links]]\nname = \"x\"\n",
            5,
            "[[service_links]] is not supported by this"),
        bad(
            "channels",
            CHILD + "[[channels]]\nname = \"x\"\n",
            5,
            "[[channels]] is not supported by this version"),
        // The supervisor.
        bad(
            "a near key",
            CHILD + "[supervisor]\nmax_restart = 1\n",
            6,
            "unknown key \"max_restart\" in [supervisor], did you mean \"max_restarts\"?"),
        bad(
            "a word for a number",
            CHILD + "[supervisor]\nmax_restarts = \"ten\"\n",
            6,
            "max_restarts in [supervisor] must be an integer, it is the string \"ten\""),
        bad(
            "a negative number",
            CHILD + "[supervisor]\nmax_restarts = -1\n",
            6,
            "max_restarts in [supervisor] must be between 0 and 1000000, it is -1"),
        bad(
            "no window",
            CHILD + "[supervisor]\nmax_restart_window_secs = 0\n",
            6,
            "must be between 1 and 86400, it is 0"),
        bad(
            "one_for_all",
            CHILD + "[supervisor]\nstrategy = \"one_for_all\"\n",
            6,
            "strategy \"one_for_all\" in [supervisor] is not supported by this version"),
        bad(
            "rest_for_one",
            CHILD + "[supervisor]\nstrategy = \"rest_for_one\"\n",
            6,
            "is not supported by this version, which has one_for_one"),
        bad(
            "no strategy",
            CHILD + "[supervisor]\nstrategy = \"one_for_wan\"\n",
            6,
            "did you mean \"one_for_one\"?"),
        bad(
            "a supervisor's bad id",
            CHILD + "[supervisor]\nid = \"a b\"\n",
            6,
            "id in [supervisor] is \"a b\", which is not valid"),
        bad(
            "no table",
            "name = \"x\"\nsupervisor = 3\n[actor_types.counter]\n",
            2,
            "supervisor must be a table, it is the integer 3"),
        bad(
            "no array",
            "name = \"x\"\n[supervisor]\nchildren = { id = \"x\" }\n",
            3,
            "children in [supervisor] must be an array of tables, it is a table"),
        bad(
            "an item that is no table",
            "name = \"x\"\n[supervisor]\nchildren = [\n 3 ]\n",
            4,
            "must hold tables only, it has the integer 3"),
        // Children.
        bad(
            "no id",
            CHILD.replace("id = \"one\"", ""),
            2,
            "id is missing in [[supervisor.children]]"),
        bad(
            "no type",
            CHILD.replace("type = \"counter\"", ""),
            2,
            "type is missing in [[supervisor.children]] \"one\""),
        bad(
            "an id with a slash",
            CHILD.replace("\"one\"", "\"a/b\""),
            3,
            "is \"a/b\", which is not valid"),
        bad(
            "an unknown type",
            CHILD.replace("counter", "retreiver"),
            4,
            "type \"retreiver\""
                + of
                + " is not in the module, which has retriever, counter, session, gate, did you mean \"retriever\"?"),
        bad(
            "a type of an unsupported kind",
            CHILD.replace("counter", "gate"),
            4,
            "type \"gate\"" + of + " is a GenFSM in the module, which is not supported"),
        bad(
            "an id twice",
            CHILD + "[[supervisor.children]]\nid = \"one\"\ntype = \"session\"\n",
            6,
            "is \"one\", which is used in line 3 already"),
        badChild(
            "restart = \"permanant\"",
            "restart"
                + of
                + " must be one of permanent, transient, temporary, it is \"permanant\", did you mean \"permanent\"?"),
        badChild("restart = true", "restart" + of + " must be a string, it is the boolean true"),
        badChild(
            "behavior_kind = \"Workflow\"",
            "behavior_kind \"Workflow\""
                + of
                + " is not supported by this version, which has GenServer"),
        badChild("behavior_kind = \"genserver\"", "did you mean \"GenServer\"?"),
        badChild("shutdown_timeout_secs = 5.5", "must be an integer, it is the number 5.5"),
        badChild("shutdown_timeout_secs = 4000", "must be between 0 and 3600, it is 4000"),
        badChild(
            "backoff = { min_ms = 500, max_ms = 200 }",
            "min_ms in backoff of [[supervisor.children]] \"one\" is 500, more than its max_ms, which is 200"),
        badChild(
            "backoff = { min = 5 }",
            "unknown key \"min\" in backoff of [[supervisor.children]] \"one\""),
        badChild(
            "mailbox = { capacity = 0 }",
            "capacity in mailbox of [[supervisor.children]] \"one\" must be between 1 and 1000000, it is 0"),
        badChild(
            "mailbox = { capacity = 1000001 }", "must be between 1 and 1000000, it is 1000001"),
        badChild(
            "mailbox = { overflow = \"drop\" }",
            "must be one of reject, drop_oldest, drop_newest, block, it is \"drop\""),
        badChild("mailbox = 5", "mailbox" + of + " must be a table, it is the integer 5"),
        badChild("args = \"x\"", "args" + of + " must be a table, it is the string \"x\""),
        badChild("args = { a = [1, { b = nan }] }", "must be a finite number"),
        badChild("idle_timeout = \"5m\"", "unknown key \"idle_timeout\"" + of),
        badChild(
            "[supervisor.children.supervisor]", "supervisor" + of + " needs type = \"supervisor\""),
        // Facets.
        badChild(
            "facets = { type = \"metrics\" }",
            "facets" + of + " must be an array of tables, it is a table"),
        badFacet("priority = 1", "type is missing in facets of [[supervisor.children]] \"one\""),
        badFacet("type = \"durabilty\"", "it is \"durabilty\", did you mean \"durability\"?"),
        badFacet(
            "type = \"timer\"",
            "facet \"timer\" of [[supervisor.children]] \"one\" needs config = { op = \"..\", every ="),
        badFacet(
            "type = \"timer\", config = { every = \"1m\" }", "op is missing in facet \"timer\" of"),
        badFacet(
            "type = \"timer\", config = { op = \"watch\", every = \"1m\" }",
            "which streams its values"),
        badFacet(
            "type = \"timer\", config = { op = \"add\", every = \"1m\" }",
            "cannot be called by a timer, whose payload is {\"due_ms\": ..}: "),
        badFacet(
            "type = \"timer\", config = { op = \"increment\" }",
            "needs every = \"10m\" or cron = \"0 9 * * MON-FRI\""),
        badFacet(
            "type = \"timer\", config = { op = \"increment\", every = \"1m\", cron = \"@daily\" }",
            "has both every and cron"),
        badFacet(
            "type = \"timer\", config = { op = \"increment\", every = \"5ms\" }",
            "must be between 10ms and 3652d, it is \"5ms\""),
        badFacet(
            "type = \"timer\", config = { op = \"increment\", every = \"1m\", tz = \"UTC\" }",
            "goes with cron, not with every"),
        badFacet(
            "type = \"timer\", config = { op = \"increment\", cron = \"0 25 * * *\" }",
            "cron in facet \"timer\" of [[supervisor.children]] \"one\": cron expression \"0 25 * * *\""),
        badFacet(
            "type = \"timer\", config = { op = \"increment\", cron = \"@daily\", tz = \"Mars/Base\" }",
            "\"Mars/Base\" is no time zone"),
        badFacet(
            "type = \"timer\", config = { op = \"incremant\", every = \"1m\" }",
            "which type \"counter\" does not have: it has"),
        badFacet(
            "type = \"timer\", config = { op = \"increment\", every = \"1m\", evry = 1 }",
            "unknown key \"evry\" in facet \"timer\" of"),
        badFacet(
            "type = \"timer\", config = { op = \"increment\", every = \"1m\" } },"
                + " { type = \"timer\", config = { op = \"increment\", every = \"2m\" }",
            "which another timer of this actor has already"),
        badFacet(
            "type = \"reminder\", config = { op = \"increment\", every = \"1m\" }",
            "facet \"reminder\" needs the facet \"durability\" beside it"),
        badFacet(
            "type = \"caching\"",
            "type \"caching\" in facets of [[supervisor.children]] \"one\" is not supported by this version"),
        badFacet(
            "type = \"logging\"",
            "type \"logging\" in facets of [[supervisor.children]] \"one\" is not supported by this version"),
        badFacet(
            "type = \"event_sourcing\"",
            "type \"event_sourcing\" in facets of [[supervisor.children]] \"one\" is not supported by this version"),
        badFacet(
            "type = \"metrics\" }, { type = \"metrics\"", "facet \"metrics\" is there twice in"),
        badFacet("type = \"metrics\", priority = \"high\"", "priority in facets of"),
        badFacet(
            "type = \"metrics\", config = { every = \"5s\" }",
            "unknown key \"every\" in facet \"metrics\" of"),
        badFacet(
            "type = \"metrics\", conf = { }",
            "unknown key \"conf\" in facets of [[supervisor.children]] \"one\", did you mean \"config\"?"),
        badFacet(
            "type = \"durability\", config = { checkpoint_interval = 0 }",
            "must be between 1 and 1000000, it is 0"),
        badFacet(
            "type = \"durability\", config = { retain = \"7s\" }",
            "retain in facet \"durability\" of [[supervisor.children]] \"one\""),
        badFacet(
            "type = \"durability\", config = { max_deliveries = 0 }",
            "must be between 1 and 1000, it is 0"),
        badFacet(
            "type = \"durability\", config = { require_idempotency_key = \"yes\" }",
            "require_idempotency_key in facet \"durability\" of [[supervisor.children]] \"one\" must be"),
        badFacet(
            "type = \"virtual_actor\", config = { labels = { gpu = \"true\" } }",
            "labels in facet \"virtual_actor\" of [[supervisor.children]] \"one\" is not supported"),
        badFacet(
            "type = \"virtual_actor\", config = { idle_timeout = \"5 min\" }",
            "must be a duration such as \"250ms\", \"30s\", \"5m\" or \"7d\", it is \"5 min\""),
        badFacet(
            "type = \"virtual_actor\", config = { idle_timeout = 300 }",
            "must be a duration such as \"250ms\""),
        badFacet(
            "type = \"virtual_actor\", config = { idle_timeout = \"0s\" }",
            "must be between 1ms and 3650d, it is \"0s\""),
        badFacet(
            "type = \"virtual_actor\", config = { activation_strategy = \"lasy\" }",
            "did you mean \"lazy\"?"),
        bad(
            "an error deep in a table over several lines",
            CHILD
                + "facets = [\n  # why\n  { type = \"durability\",\n    config = {\n      checkpoint_interval = \"x\",\n    } },\n]\n",
            9,
            "must be an integer, it is the string \"x\""),
        // Nested supervisors.
        bad(
            "no nested table",
            CHILD.replace("counter", "supervisor"),
            4,
            "[supervisor.children.supervisor] is missing for the supervisor in"),
        bad(
            "settings of an actor",
            CHILD.replace("counter", "supervisor")
                + "mailbox = { capacity = 5 }\n[[supervisor.children.supervisor.children]]\nid = \"two\"\ntype = \"counter\"\n",
            5,
            "mailbox" + of + " does not apply: its type is \"supervisor\""),
        bad(
            "another id inside",
            CHILD.replace("counter", "supervisor")
                + "[supervisor.children.supervisor]\nid = \"uno\"\n",
            6,
            "is \"uno\", but the child it belongs to is \"one\": leave it out"),
        bad(
            "an error inside",
            CHILD.replace("counter", "supervisor")
                + "[supervisor.children.supervisor]\nmax_restarts = 1.5\n",
            6,
            "max_restarts in [supervisor.children.supervisor] of \"one\" must be an integer"),
        bad(
            "an id twice in the tree",
            CHILD.replace("counter", "supervisor")
                + "[[supervisor.children.supervisor.children]]\ntype = \"counter\"\nid = \"one\"\n",
            7,
            "which is used in line 3 already"),
        // Types on demand.
        bad(
            "an unknown type on demand",
            "name = \"x\"\n[actor_types.sesion]\n",
            2,
            "type \"sesion\" in [actor_types] is not in the module"),
        bad(
            "a type that is no table",
            "name = \"x\"\n[actor_types]\nsession = 1\n",
            3,
            "session in [actor_types] must be a table"),
        bad(
            "an id for a type",
            "name = \"x\"\n[actor_types.session]\nid = \"x\"\n",
            3,
            "unknown key \"id\" in [actor_types.session]"),
        bad(
            "args for a type",
            "name = \"x\"\n[actor_types.session]\nargs = { }\n",
            3,
            "args in [actor_types.session] is not supported by this version"),
        bad(
            "an eager type",
            "name = \"x\"\n[actor_types.session]\nfacets = [ { type = \"virtual_actor\", config = { activation_strategy = \"eager\" } } ]\n",
            3,
            "cannot be \"eager\""),
        bad(
            "a type of an unsupported kind on demand",
            "name = \"x\"\n[actor_types.gate]\n",
            2,
            "is a GenFSM in the module"),
        // Access, limits, env.
        bad(
            "access to an unknown type",
            CHILD + "[access]\ncuonter = { }\n",
            6,
            "type \"cuonter\" in [access] is not in the module"),
        bad(
            "an unknown role",
            CHILD + "[access]\ncounter = { roles = [\"invokers\"] }\n",
            6,
            "unknown role \"invokers\" in [access.counter], did you mean \"invoker\"?"),
        bad(
            "roles that are no strings",
            CHILD + "[access]\ncounter = { roles = [1] }\n",
            6,
            "must hold strings only, it has the integer 1"),
        bad(
            "an impossible app",
            CHILD + "[access]\ncounter = { apps = [\"a/b\"] }\n",
            6,
            "has \"a/b\", which names no app"),
        bad(
            "a decimal unit",
            CHILD + "[limits]\nmemory_per_actor = \"64MB\"\n",
            6,
            "memory_per_actor in [limits] must be a size such as \"64MiB\" or \"1GiB\", it is \"64MB\""),
        bad(
            "too little memory",
            CHILD + "[limits]\nmemory_per_actor = \"1KiB\"\n",
            6,
            "must be between 64KiB and 2047MiB, it is \"1KiB\""),
        bad(
            "too much memory",
            CHILD + "[limits]\nmemory_per_actor = \"2GiB\"\n",
            6,
            "must be between 64KiB and 2047MiB, it is \"2GiB\""),
        bad(
            "a turn without end",
            CHILD + "[limits]\nturn_timeout = \"2d\"\n",
            6,
            "must be between 1ms and 1h, it is \"2d\""),
        bad(
            "a limit on CPU",
            CHILD + "[limits]\ncpu_per_turn = \"5s\"\n",
            6,
            "cpu_per_turn in [limits] is not supported by this version"),
        bad(
            "a variable that is no string",
            CHILD + "[env]\nMODEL = 3\n",
            6,
            "MODEL in [env] must be a string, it is the integer 3"),
        bad(
            "an impossible variable",
            CHILD + "[env]\n\"A=B\" = \"x\"\n",
            6,
            "variable \"A=B\" in [env] is not valid"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("badConfigs")
  void isRefusedWithItsPlace(String text, int line, String message) {
    HostException e = refusal(text);
    assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    List<Value> errors = ((Value.Obj) e.error().details()).array("errors");
    assertThat(errors)
        .as(e.getMessage())
        .anySatisfy(v -> {
          Value.Obj o = (Value.Obj) v;
          assertThat(o.integer("line", -1)).isEqualTo(line);
          assertThat("%d:%d: %s".formatted(line, o.integer("column", 0), o.string("message", "")))
              .contains(message);
        });
    // An empty file has a second error; all others are about one thing.
    assertThat(errors).as(e.getMessage()).hasSize(text.isEmpty() ? 2 : 1);
    assertThat(e.getMessage())
        .startsWith("app-config.toml has " + errors.size() + " error")
        .contains("\napp-config.toml:" + line + ":");
  }

  @Test
  void errorsOfSeveralTablesComeInOneAnswerInTheOrderOfTheFile() {
    HostException e =
        refusal(
            """
            name = "app"
            versoin = "1"
            [supervisor]
            max_restarts = "ten"
            [[supervisor.children]]
            id = "one"
            type = "conter"
            mailbox = { capacity = 0,
                        overflow = "none" }
            [[pools]]
            [env]
            A = 1
            """);
    assertThat(e.error().message().lines().toList())
        .satisfiesExactly(
            l -> assertThat(l).isEqualTo("app-config.toml has 7 errors:"),
            l -> assertThat(l).startsWith("app-config.toml:2: unknown key \"versoin\""),
            l -> assertThat(l).startsWith("app-config.toml:4: max_restarts in [supervisor]"),
            l -> assertThat(l).startsWith("app-config.toml:7: type \"conter\""),
            l -> assertThat(l).startsWith("app-config.toml:8: capacity in mailbox"),
            l -> assertThat(l).startsWith("app-config.toml:9: overflow in mailbox"),
            l -> assertThat(l).startsWith("app-config.toml:10: [[pools]]"),
            l -> assertThat(l).startsWith("app-config.toml:12: A in [env]"));
  }

  @Test
  void allSyntaxErrorsComeInOneAnswer() {
    assertThat(refusal("a = \nb = ]\nc = 1 2\n").getMessage())
        .startsWith("app-config.toml has 3 errors:\napp-config.toml:1:5: ")
        .contains("\napp-config.toml:2:5: ", "\napp-config.toml:3:7: ");
  }

  @Test
  void namesFromTheCommandLineAreCheckedToo() {
    HostException e =
        catchThrowableOfType(
            HostException.class, () -> reader().read("default", "a b", "1/2", CHILD, MODULE));
    assertThat(e.getMessage())
        .contains("app-config.toml: the app's name \"a b\" is not valid")
        .contains("app-config.toml: the app's version \"1/2\" is not valid");
  }

  @Test
  void aFileOfMoreThanAMebibyteIsRefusedUnread() {
    assertThat(refusal("#".repeat((1 << 20) + 1)))
        .hasMessageContaining("app-config.toml is larger than 1MiB");
  }

  @Test
  void endlessErrorsAreCutShort() {
    assertThat(refusal("= 1\n".repeat(1000)).getMessage())
        .startsWith("app-config.toml has 1000 errors:")
        .endsWith("and 900 more");
  }

  private static AppConfigReader reader() {
    return new AppConfigReader(AppConfigReader.Defaults.STANDARD);
  }

  private static HostException refusal(String text) {
    return catchThrowableOfType(
        HostException.class, () -> reader().read("default", null, null, text, MODULE));
  }
}
