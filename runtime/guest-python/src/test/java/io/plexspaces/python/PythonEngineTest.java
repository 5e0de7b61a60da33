package io.plexspaces.python;

import static io.plexspaces.python.PyFixture.actor;
import static io.plexspaces.python.PyFixture.artifact;
import static io.plexspaces.python.PyFixture.bytes;
import static io.plexspaces.python.PyFixture.load;
import static io.plexspaces.python.PyFixture.spawn;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import io.plexspaces.api.guest.CodelessModule;
import io.plexspaces.api.guest.GuestLimits;
import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.api.guest.GuestOp;
import io.plexspaces.api.guest.GuestReply;
import io.plexspaces.api.guest.MemoryBudget;
import io.plexspaces.python.PyFixture.Actor;
import io.plexspaces.python.PyFixture.Host;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class PythonEngineTest {
  @Test
  void anActorAnswersAndKeepsItsState() {
    try (GuestModule m =
            load(
                actor(
                    """
                    count: int = state(default=0)

                    @handler("add")
                    def add(self, by: int = 1) -> int:
                        self.count += by
                        return self.count
                    """));
        Actor a = spawn(m);
        Actor other = spawn(m)) {
      assertThat(a.ask("add", "{\"by\":2}")).isEqualTo("2");
      assertThat(a.ask("add", "{}")).isEqualTo("3");
      assertThat(other.ask("add", "{}")).isEqualTo("1");
      GuestReply state = a.instance().call(GuestOp.SNAPSHOT, Frame.EMPTY, a.host());
      assertThat(other.instance().call(GuestOp.RESTORE, state.frame(), other.host()).error())
          .isNull();
      assertThat(other.ask("add", "{}")).isEqualTo("4");
    }
  }

  @Test
  void anArtifactForAnotherVersionIsRefused() {
    byte[] artifact =
        new CodelessModule("python", "3.12", "a.py", new TreeMap<>(Map.of("a.py", bytes(""))), "t")
            .write();
    assertThat(PyFixture.ENGINE.accepts(artifact)).isTrue();
    assertThatThrownBy(() -> PyFixture.ENGINE.load(artifact, PyFixture.LIMITS))
        .hasMessage("the module is for the engine python@3.12, this node has python@3.13");
  }

  @Test
  void anArtifactWithoutTheSdkIsRefused() {
    byte[] artifact =
        new CodelessModule("python", "3.13", "a.py", new TreeMap<>(Map.of("a.py", bytes(""))), "t")
            .write();
    assertThatThrownBy(() -> PyFixture.ENGINE.load(artifact, PyFixture.LIMITS))
        .hasMessageContaining("it was built without plexspaces/_guest.py");
  }

  @Test
  void aModuleThatFailsToImportSaysWhere() {
    assertThatThrownBy(() -> load("import os\n\n\ndef f():\n    return {}['no']\n\n\nf()\n"))
        .isInstanceOf(HostException.class)
        .hasMessageContaining("src/main.py does not start: KeyError: 'no'")
        .hasMessageContaining("File \"src/main.py\", line 5, in f");
    assertThatThrownBy(() -> load("x = (1,\ny = 2\n"))
        .hasMessageContaining("src/main.py does not start: SyntaxError")
        .hasMessageContaining("src/main.py");
    assertThatThrownBy(() -> load("import nowhere\n"))
        .hasMessageContaining("ModuleNotFoundError: No module named 'nowhere'");
    assertThatThrownBy(() -> load("x = 1\n")).hasMessageContaining("names no actor types");
  }

  @Test
  void hostCallsWorkFromNestedFunctions() {
    Host host = new Host();
    host.operation =
        (op, request) -> {
          assertThat(op).isEqualTo("ask");
          return Host.json("{\"got\":" + new String(request.body(), UTF_8) + "}");
        };
    try (GuestModule m =
            load(
                actor(
                    """
                    @handler("relay")
                    def relay(self, values: list[int]) -> list:
                        def one(v):
                            return host.ask("app/x/other", "op", {"v": v})
                        return [one(v)["got"]["v"] for v in values]
                    """));
        Actor a = spawn(m, 1, host)) {
      assertThat(a.ask("relay", "{\"values\":[1,2,3]}")).isEqualTo("[1,2,3]");
    }
  }

  @Test
  void errorsOfTheHostAreExceptionsWithTheirCode() {
    Host host = new Host();
    host.operation =
        (op, request) -> {
          throw new HostException(ErrorCode.NOT_FOUND, "nobody is there");
        };
    try (GuestModule m =
            load(
                actor(
                    """
                    @handler("try")
                    def attempt(self) -> str:
                        try:
                            host.ask("app/x/other", "op", {})
                        except HostError as e:
                            return f"{e.code} {e.message}"

                    @handler("let")
                    def let(self) -> str:
                        return host.ask("app/x/other", "op", {})
                    """));
        Actor a = spawn(m, 1, host)) {
      assertThat(a.ask("try", "{}")).isEqualTo("\"NOT_FOUND nobody is there\"");
      HostError e = a.refused("let", "{}");
      assertThat(e.code()).isEqualTo(ErrorCode.NOT_FOUND);
      assertThat(e.business()).isFalse();
    }
  }

  @Test
  void tracebacksNameTheUsersFilesAndLines() {
    try (GuestModule m =
            PyFixture.ENGINE.load(
                artifact(
                    "src/shop/main.py",
                    Map.of(
                        "src/shop/main.py",
                        actor(
                            """
                            @handler("crash")
                            def crash(self) -> int:
                                from shop.deep import inner
                                return inner({})
                            """),
                        "src/shop/__init__.py",
                        "",
                        "src/shop/deep.py",
                        "def inner(d):\n    return d['missing']\n")),
                PyFixture.LIMITS);
        Actor a = spawn(m)) {
      HostError e = a.refused("crash", "{}");
      assertThat(e.code()).isEqualTo(ErrorCode.INTERNAL);
      assertThat(e.message()).isEqualTo("KeyError: 'missing'");
      assertThat(a.stack("crash", "{}"))
          .contains("File \"src/shop/main.py\", line 8, in crash", "    return inner({})")
          .contains("File \"src/shop/deep.py\", line 2, in inner", "    return d['missing']")
          .doesNotContain("guest.py", "plexspaces/");
    }
  }

  @Test
  void aBusinessErrorIsOne() {
    try (GuestModule m =
            load(
                actor(
                    """
                    @handler("no")
                    def no(self):
                        raise BusinessError("FAILED_PRECONDITION", "not today")

                    @handler("value")
                    def value(self):
                        raise ValueError("odd")
                    """));
        Actor a = spawn(m)) {
      HostError no = a.refused("no", "{}");
      assertThat(no.code()).isEqualTo(ErrorCode.FAILED_PRECONDITION);
      assertThat(no.message()).isEqualTo("not today");
      assertThat(no.business()).isTrue();
      assertThat(a.refused("value", "{}").code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    }
  }

  @Test
  void whatIsPrintedIsLoggedByLines() {
    try (GuestModule m =
            load(
                actor(
                    """
                    @handler("print")
                    def say(self):
                        import sys
                        print("one", "two\\nthree 🎈")
                        print("four", end="")
                        sys.stderr.write("oops\\n")
                    """));
        Actor a = spawn(m)) {
      a.ask("print", "{}");
      assertThat(a.host().logged)
          .containsExactlyInAnyOrder("2 one two", "2 three 🎈", "2 four", "3 oops");
    }
  }

  @Test
  void payloadsOfAnySizePassUnchanged() {
    try (GuestModule m =
            load(
                actor(
                    """
                    @handler("measure")
                    def measure(self, payload: bytes) -> int:
                        return len(payload)

                    @handler("echo")
                    def echo(self, payload: dict) -> dict:
                        return payload

                    @handler("text")
                    def text(self, n: int) -> str:
                        return "é" * n
                    """));
        Actor a = spawn(m)) {
      assertThat(a.ask("echo", "{\"a\":[\"é🎈\\u0000\",1.5,null,9007199254740993]}"))
          .isEqualTo("{\"a\":[\"é🎈\\u0000\",1.5,null,9007199254740993]}");
      assertThat(a.ask("echo", "{}")).isEqualTo("{}");
      String large = "{\"t\":\"" + "x".repeat(10 << 20) + "\"}";
      assertThat(a.ask("echo", large)).isEqualTo(large);
      assertThat(a.ask("text", "{\"n\":40000}")).hasSize(40002);
    }
  }

  @Test
  void largeBodiesPassToTheHostAndBack() {
    Host host = new Host();
    host.operation = (op, request) -> Frame.ofBody(request.body());
    try (GuestModule m =
            load(
                actor(
                    """
                    @handler("relay")
                    def relay(self, n: int) -> int:
                        return len(host.ask("app/x/o", "echo", {"t": "y" * n})["t"])
                    """));
        Actor a = spawn(m, 1, host)) {
      assertThat(a.ask("relay", "{\"n\":0}")).isEqualTo("0");
      assertThat(a.ask("relay", "{\"n\":10000000}")).isEqualTo("10000000");
    }
  }

  @Test
  void coroutinesRunToTheirEnd() {
    try (GuestModule m =
            load(
                "import asyncio\nimport time\n"
                    + actor(
                        """
                        @handler("gather")
                        async def gather(self) -> list:
                            async def one(n):
                                await asyncio.sleep(n)
                                return n
                            return await asyncio.gather(one(3), one(1), one(2))

                        @handler("queue")
                        async def queue(self) -> list:
                            q, lock, done, out = asyncio.Queue(), asyncio.Lock(), asyncio.Event(), []
                            async def consumer():
                                async with lock:
                                    while (v := await q.get()) is not None:
                                        out.append(v)
                                done.set()
                            task = asyncio.create_task(consumer())
                            for i in range(3):
                                await q.put(i)
                            await q.put(None)
                            await asyncio.wait_for(done.wait(), timeout=5)
                            await task
                            return out

                        @handler("late")
                        async def late(self) -> str:
                            try:
                                async with asyncio.timeout(1):
                                    await asyncio.sleep(10)
                            except TimeoutError:
                                return "late"

                        @handler("run")
                        def run(self) -> int:
                            async def answer():
                                await asyncio.sleep(0)
                                return 42
                            return asyncio.run(answer())

                        @handler("group")
                        async def group(self) -> int:
                            async with asyncio.TaskGroup() as g:
                                t = g.create_task(asyncio.sleep(1, 7))
                            return t.result()

                        @handler("nothing")
                        async def nothing(self):
                            await asyncio.Event().wait()

                        @handler("sleep")
                        def sleep(self) -> float:
                            before = time.time()
                            time.sleep(1.5)
                            return time.time() - before
                        """));
        Actor a = spawn(m)) {
      long before = a.host().millis;
      assertThat(a.ask("gather", "{}")).isEqualTo("[3,1,2]");
      assertThat(a.host().millis - before).isEqualTo(3000);
      assertThat(a.ask("queue", "{}")).isEqualTo("[0,1,2]");
      assertThat(a.ask("late", "{}")).isEqualTo("\"late\"");
      assertThat(a.ask("run", "{}")).isEqualTo("42");
      assertThat(a.ask("group", "{}")).isEqualTo("7");
      assertThat(a.ask("sleep", "{}")).isEqualTo("1.5");
      assertThat(a.refused("nothing", "{}").message()).contains("waits for something");
    }
  }

  @Test
  void streamsAnswerValueByValue() {
    try (GuestModule m =
            load(
                "from collections.abc import Iterator\n"
                    + actor(
                        """
                        @handler("count")
                        def count(self, n: int) -> Iterator[int]:
                            for i in range(n):
                                yield i
                        """));
        Actor a = spawn(m)) {
      assertThat(Json.writeString(m.description().toValue())).contains("\"stream\":true");
      Value.Obj header =
          Value.Obj.builder()
              .put("op", "count")
              .put("kind", "call")
              .put("id", "m7")
              .put("stream", true)
              .build();
      GuestReply first =
          a.instance().call(GuestOp.HANDLE, Frame.of(header, bytes("{\"n\":2}")), a.host());
      assertThat(more(first)).isEqualTo("true 0");
      assertThat(more(resume(a, false))).isEqualTo("true 1");
      assertThat(more(resume(a, false))).isEqualTo("false ");
      assertThat(more(resume(a, true))).isEqualTo("false ");
    }
  }

  private static GuestReply resume(Actor a, boolean close) {
    Value.Obj header = Value.Obj.builder().put("id", "m7").put("close", close).build();
    return a.instance().call(GuestOp.RESUME_STREAM, Frame.of(header), a.host());
  }

  private static String more(GuestReply r) {
    assertThat(r.error()).isNull();
    return r.frame().headerObject().bool("more", false) + " " + new String(r.frame().body(), UTF_8);
  }

  @Test
  void packagesAndVendoredLibrariesAreImported() {
    try (GuestModule m =
            PyFixture.ENGINE.load(
                artifact(
                    "src/main.py",
                    Map.of(
                        "src/main.py",
                        "from pricing.tax import rate\nfrom pricing import NAME\n"
                            + "import slugs\nimport loose.part\n"
                            + actor(
                                """
                                @handler("all")
                                def all(self) -> list:
                                    import inspect
                                    return [rate(), NAME, slugs.slug("A B"), loose.part.X,
                                            "def rate" in inspect.getsource(rate)]
                                """),
                        "src/pricing/__init__.py",
                        "from .tax import rate\nNAME = __name__\n",
                        "src/pricing/tax.py",
                        "def rate():\n    return 7\n",
                        "src/loose/part.py",
                        "X = 'a folder without __init__.py'\n",
                        "vendor/slugs/__init__.py",
                        "from ._impl import slug\n",
                        "vendor/slugs/_impl.py",
                        "def slug(s):\n    return s.lower().replace(' ', '-')\n")),
                PyFixture.LIMITS);
        Actor a = spawn(m)) {
      assertThat(a.ask("all", "{}"))
          .isEqualTo("[7,\"pricing\",\"a-b\",\"a folder without __init__.py\",true]");
    }
  }

  @Test
  void thereAreNoFilesSocketsProcessesThreadsOrInput() {
    try (GuestModule m =
            load(
                actor(
                    """
                    @handler("try")
                    def attempt(self, code: str) -> str:
                        try:
                            exec(code, {})
                            return "worked"
                        except BaseException as e:
                            return type(e).__name__
                    """));
        Actor a = spawn(m)) {
      for (String code :
          List.of(
              "open('/etc/passwd')",
              "open('/tmp/x', 'w')",
              "open('/guest/guest.py')",
              "import os; os.mkdir('/x')",
              "input()",
              "import socket; socket.create_connection(('127.0.0.1', 80))",
              "import os; os.system('id')",
              "import threading; threading.Thread(target=print).start()",
              "import subprocess")) {
        assertThat(a.ask("try", "{\"code\":\"" + code + "\"}")).as(code).isNotEqualTo("\"worked\"");
      }
    }
  }

  @Test
  void randomNumbersDifferBetweenActorsAndRepeatWithTheSeed() {
    try (GuestModule m =
            load(
                actor(
                    """
                    @handler("draw")
                    def draw(self) -> list:
                        import os, random, uuid
                        return [random.random(), os.urandom(8).hex(), str(uuid.uuid4())]
                    """));
        Actor a = spawn(m, 1, new Host());
        Actor same = spawn(m, 1, new Host());
        Actor other = spawn(m, 2, new Host())) {
      String first = a.ask("draw", "{}");
      assertThat(same.ask("draw", "{}")).isEqualTo(first);
      List<String> parts = List.of(other.ask("draw", "{}").split(","));
      assertThat(parts).noneMatch(first::contains);
    }
  }

  @Test
  void timeIsTheHosts() {
    try (GuestModule m =
            load(
                actor(
                    """
                    @handler("now")
                    def now(self) -> int:
                        import time
                        return round(time.time() * 1000)
                    """));
        Actor a = spawn(m)) {
      assertThat(a.ask("now", "{}")).isEqualTo("1700000000000");
    }
  }

  @Test
  void aRolledBackTurnLeavesNoTrace() {
    try (GuestModule m =
            load(
                actor(
                    """
                    data: dict = state(default_factory=dict)
                    hidden = []

                    @handler("set_and_fail")
                    def set_and_fail(self, value: int):
                        self.data["v"] = value
                        X.hidden.append(value)
                        raise BusinessError("FAILED_PRECONDITION", "set and failed")

                    @handler("get")
                    def get(self) -> list:
                        return [self.data.get("v"), len(X.hidden)]
                    """));
        Actor a = spawn(m)) {
      a.instance().mark();
      assertThat(a.refused("set_and_fail", "{\"value\":7}").business()).isTrue();
      assertThat(a.ask("get", "{}")).isEqualTo("[7,1]");
      a.instance().rollBack();
      assertThat(a.ask("get", "{}")).isEqualTo("[null,0]");
    }
  }

  @Test
  void closingGivesAllMemoryBack() {
    MemoryBudget budget = new MemoryBudget(1L << 30);
    try (PythonEngine engine =
        new PythonEngine(PyFixture.COMPILER, PyFixture.CACHE, null, budget)) {
      try (GuestModule m =
          engine.load(
              artifact(actor("@handler(\"a\")\ndef a(self):\n    pass\n")),
              new GuestLimits(8L << 20, PyFixture.LIMITS.loadTimeout()))) {
        long loaded = budget.used();
        try (Actor a = spawn(m)) {
          a.ask("a", "{}");
          assertThat(budget.used()).isGreaterThan(loaded);
        }
        assertThat(budget.used()).isEqualTo(loaded);
      }
    }
    assertThat(budget.used()).isZero();
  }

  @Test
  void aNodeWithoutRoomForTheInterpreterSaysSo() {
    try (PythonEngine engine =
        new PythonEngine(PyFixture.COMPILER, PyFixture.CACHE, null, new MemoryBudget(8L << 20))) {
      assertThatThrownBy(() -> engine.load(artifact("x = 1"), PyFixture.LIMITS))
          .isInstanceOf(HostException.class)
          .hasMessageContaining("memory budget of 8 MiB is used up");
    }
  }
}
