package io.plexspaces.polyglot;

import static io.plexspaces.polyglot.Fixture.spawn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.Frame;
import io.plexspaces.api.Value;
import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.api.guest.GuestOp;
import io.plexspaces.api.guest.GuestTrap;
import io.plexspaces.polyglot.Fixture.Actor;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a context can do without a copy of its memory: its declared state is brought back. */
@Timeout(120)
class RollBackTest {
  private static GuestModule python() {
    return Fixture.python(
        """
        n: int = state(default=0)
        seen: dict = state(default_factory=dict)
        pair: object = state(default=(1, 2))
        odd: object = state(default=None)

        @handler("set")
        def set(self, n: int):
            self.n = n
            self.seen[str(n)] = n
            return n

        @handler("refuse")
        def refuse(self):
            self.n = 99
            raise BusinessError("ABORTED", "no")

        @handler("get")
        def get(self):
            return [self.n, list(self.seen)]

        @handler("kind")
        def kind(self):
            return type(self.pair).__name__

        @handler("spoil")
        def spoil(self):
            self.odd = object()
            return 1
        """);
  }

  private static GuestModule javaScript() {
    return Fixture.js(
        """
        getDefaultState() { return { n: 0, seen: {} }; }
        onSet(m) { this.state.n = m.n; this.state.seen[m.n] = m.n; this.state["new" + m.n] = 1; return m.n; }
        onRefuse() { this.state.n = 99; throw new BusinessError("ABORTED", "no"); }
        onGet() { return [this.state.n, Object.keys(this.state.seen), Object.keys(this.state).length]; }
        """);
  }

  private static void check(GuestModule module, String first, String second) {
    try (GuestModule m = module;
        Actor a = spawn(m)) {
      a.instance().mark();
      a.ask("set", "{\"n\":1}");
      a.instance().mark();
      assertThat(a.ask("get", "{}")).isEqualTo(first);
      a.instance().rollBack();
      a.instance().mark();
      a.ask("set", "{\"n\":2}");
      a.instance().rollBack();
      assertThat(a.ask("get", "{}")).as("undone").isEqualTo(first);
      a.instance().mark();
      assertThat(a.refused("refuse", "{}").message()).contains("no");
      a.instance().rollBack();
      assertThat(snapshot(a))
          .as("no handler has run since")
          .contains("\"n\":1")
          .doesNotContain("99");
      a.instance().mark();
      a.ask("set", "{\"n\":3}");
      a.instance().mark();
      assertThat(a.ask("get", "{}")).as("goes on from there").isEqualTo(second);
    }
  }

  private static String snapshot(Actor a) {
    return new String(
        a.instance().call(GuestOp.SNAPSHOT, Frame.EMPTY, a.host()).frame().body(),
        StandardCharsets.UTF_8);
  }

  @Test
  void pythonsDeclaredStateComesBack() {
    check(python(), "[1,[\"1\"]]", "[3,[\"1\",\"3\"]]");
  }

  @Test
  void javaScriptsStateComesBackAndWhatWasAddedGoes() {
    check(javaScript(), "[1,[\"1\"],3]", "[3,[\"1\",\"3\"],4]");
  }

  @Test
  void aStateThatDidNotChangeIsLeftAsItIs() {
    try (GuestModule m = python();
        Actor a = spawn(m)) {
      for (int i = 0; i < 3; i++) {
        a.instance().mark();
        assertThat(a.ask("kind", "{}")).as("JSON knows no tuples").isEqualTo("\"tuple\"");
        a.instance().rollBack();
      }
    }
  }

  @Test
  void aStateThatCannotBeWrittenDownIsACrashThatNamesTheField() {
    try (GuestModule m = python();
        Actor a = spawn(m)) {
      a.instance().mark();
      a.ask("spoil", "{}");
      a.instance().mark();
      assertThatThrownBy(() -> a.ask("set", "{\"n\":7}"))
          .isInstanceOf(GuestTrap.class)
          .hasMessageContaining("its state cannot be written down")
          .hasMessageContaining("the state field odd of X");
    }
  }

  @Test
  void aStateThatARefusedTurnMadeUnwritableComesBackAllTheSame() {
    try (GuestModule m = python();
        Actor a = spawn(m)) {
      a.instance().mark();
      a.ask("set", "{\"n\":1}");
      a.instance().mark();
      a.ask("spoil", "{}");
      a.instance().rollBack();
      assertThat(snapshot(a)).contains("\"odd\":null").contains("\"n\":1");
    }
  }

  @Test
  void aFieldWithoutADefaultThatTheUndoneTurnSetIsUnsetAgain() {
    try (GuestModule m =
            Fixture.python(
                """
                name: str = state()

                @handler("name")
                def set_name(self, name: str):
                    self.name = name
                    raise BusinessError("ABORTED", "no")

                @handler("named")
                def named(self):
                    return getattr(self, "name", None)
                """);
        Actor a = spawn(m)) {
      a.instance().mark();
      assertThat(a.refused("name", "{\"name\":\"x\"}").message()).contains("no");
      a.instance().rollBack();
      assertThat(a.ask("named", "{}")).isEqualTo("null");
    }
  }

  @Test
  void aStreamGoesOnAfterATurnThatWasUndone() {
    try (GuestModule m =
            Fixture.python(
                """
                n: int = state(default=0)

                @handler("count")
                def count(self):
                    while True:
                        self.n += 1
                        yield self.n

                @handler("refuse")
                def refuse(self):
                    self.n = 99
                    raise BusinessError("ABORTED", "no")
                """);
        Actor a = spawn(m)) {
      a.instance().mark();
      assertThat(a.call("count", "{}", true).frame().body()).asString().isEqualTo("1");
      a.instance().mark();
      Value.Obj header =
          Value.Obj.builder()
              .put("op", "refuse")
              .put("kind", "call")
              .put("id", "m2")
              .put("content_type", "application/json")
              .build();
      assertThat(
              a.instance()
                  .call(GuestOp.HANDLE, Frame.of(header, Fixture.bytes("{}")), a.host())
                  .error())
          .isNotNull();
      a.instance().rollBack();
      a.instance().mark();
      Frame next = Frame.of(Value.Obj.builder().put("id", "m1").build());
      assertThat(a.instance().call(GuestOp.RESUME_STREAM, next, a.host()).frame().body())
          .asString()
          .isEqualTo("2");
    }
  }
}
