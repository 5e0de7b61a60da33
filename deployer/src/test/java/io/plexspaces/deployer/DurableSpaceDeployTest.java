package io.plexspaces.deployer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.AppId;
import io.plexspaces.api.journal.CommitListener;
import io.plexspaces.api.journal.SpaceStore;
import io.plexspaces.api.journal.TupleChange;
import io.plexspaces.engine.plan.AppPlan;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What deploying an app means for its durable tuple space. */
class DurableSpaceDeployTest {
  private static final AppId APP = new AppId("default", "a");
  private static final byte[] ARTIFACT = FakeGuests.artifact("one");
  private static final String CONFIG =
      """
      name = "a"
      [limits]
      memory_per_actor = "1MiB"
      [[supervisor.children]]
      id = "one"
      type = "counter"
      """;
  private static final String DURABLE = CONFIG + "[[spaces]]\nname = \"default\"\ndurable = true\n";

  /** Knows which apps have tuples. */
  private static final class Spaces implements SpaceStore {
    final Set<AppId> apps = new HashSet<>();

    @Override
    public Contents load(AppId app, String space) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void append(AppId app, List<TupleChange> changes, CommitListener listener) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void check(AppId app, String space) {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean exists(AppId app) {
      return apps.contains(app);
    }

    @Override
    public void purge(AppId app) {
      apps.remove(app);
    }
  }

  private final Steps steps = new Steps();
  private final FakeStores stores = new FakeStores(steps);
  private final FakeEngine engine = new FakeEngine(steps);
  private final Spaces spaces = new Spaces();
  private final List<String> told = new ArrayList<>();
  private final AppDeployer deployer =
      AppDeployer.builder(engine, stores.apps, stores.journals)
          .guests(List.of(new FakeGuests(steps)))
          .spaces(spaces)
          .whenStarting(this::starting)
          .whenGone(app -> told.add("gone"))
          .build();

  private void starting(AppPlan plan) {
    told.add(plan.durableSpaces() + (engine.app(APP).isEmpty() ? " before it runs" : " too late"));
  }

  @Test
  void theSpaceIsSpokenOfBeforeTheActorsStart() {
    deployer.deploy("default", null, null, ARTIFACT, DURABLE);
    deployer.restart(APP, Duration.ZERO);
    deployer.stop(APP, Duration.ZERO);
    assertThat(told)
        .containsExactly("[default] before it runs", "gone", "[default] before it runs", "gone");
  }

  @Test
  void aReloadSaysWhatTheNewConfigurationSays() {
    deployer.deploy("default", null, null, ARTIFACT, DURABLE);
    deployer.reload(APP, ARTIFACT, CONFIG);
    assertThat(told).hasSize(2);
    assertThat(told.getLast()).startsWith("[] ");
  }

  @Test
  void tuplesStayUntilTheyArePurged() {
    deployer.deploy("default", null, null, ARTIFACT, DURABLE);
    spaces.apps.add(APP);
    deployer.undeploy(APP, Duration.ZERO, false);
    assertThat(spaces.apps).containsExactly(APP);
    deployer.deploy("default", null, null, ARTIFACT, DURABLE);
    deployer.undeploy(APP, Duration.ZERO, true);
    assertThat(spaces.apps).isEmpty();
  }

  @Test
  void aDeployThatFailsKeepsTheTuplesOfTheOneBefore() {
    spaces.apps.add(APP);
    steps.failAt("save");
    assertThatThrownBy(() -> deployer.deploy("default", null, null, ARTIFACT, DURABLE))
        .hasMessage("no save today");
    assertThat(spaces.apps).containsExactly(APP);
  }

  @Test
  void aDeployThatFailsLeavesNoTuplesOfItsOwn() {
    steps.before(step -> {
      if (step.equals("save")) {
        spaces.apps.add(APP);
      }
    });
    steps.failAt("save");
    assertThatThrownBy(() -> deployer.deploy("default", null, null, ARTIFACT, DURABLE))
        .hasMessage("no save today");
    assertThat(spaces.apps).isEmpty();
  }
}
