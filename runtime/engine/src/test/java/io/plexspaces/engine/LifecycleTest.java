package io.plexspaces.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.engine.ActorStatus.ActorState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The table of an actor's life, and the page that shows it. */
class LifecycleTest {
  private static final Path PAGE = Path.of("../../docs/actor-lifecycle.md");

  @Test
  void thePageShowsTheTable() throws IOException {
    if (Boolean.getBoolean("plexspaces.write-docs")) {
      Files.writeString(PAGE, page());
    }
    assertThat(Files.readString(PAGE))
        .as("write it anew with -Dplexspaces.write-docs=true")
        .isEqualTo(page());
  }

  private static String page() {
    return """
    # The life of an actor

    Made from the engine's table of transitions; what is not in it does not happen.

    ```mermaid
    %s```
    """
        .formatted(Lifecycle.diagram());
  }

  @Test
  void everyStateCanBeStoppedAndNoneIsADeadEnd() {
    for (ActorState s : ActorState.values()) {
      Set<ActorState> reached = new HashSet<>(Set.of(s));
      for (int i = 0; i < ActorState.values().length; i++) {
        for (Lifecycle.Transition t : Lifecycle.TABLE) {
          if (reached.contains(t.from())) {
            reached.add(t.to());
          }
        }
      }
      assertThat(reached).as(s + "").contains(ActorState.STOPPED);
    }
  }

  @Test
  void anEventLeadsToOneStateOnly() {
    Set<String> seen = new HashSet<>();
    for (Lifecycle.Transition t : Lifecycle.TABLE) {
      assertThat(seen.add(t.from() + " " + t.event())).as(t.toString()).isTrue();
    }
  }
}
