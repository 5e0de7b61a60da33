package io.plexspaces.engine;

import static io.plexspaces.engine.TestApps.actor;
import static io.plexspaces.engine.TestApps.app;
import static io.plexspaces.engine.TestApps.child;
import static io.plexspaces.engine.TestApps.context;
import static io.plexspaces.engine.TestApps.id;
import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.Frame;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Telemetry;
import io.plexspaces.api.Value;
import io.plexspaces.api.op.Catalogue;
import io.plexspaces.api.op.HostOperation;
import io.plexspaces.engine.NativeModule.NativeActor;
import io.plexspaces.tuplespace.TupleSpaceOperations;
import io.plexspaces.tuplespace.TupleSpaces;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a node offers is what the catalogue says that it offers. */
@Timeout(60)
class CatalogueOperationsTest {
  private static final List<HostOperation> TUPLES =
      new TupleSpaceOperations(
              new TupleSpaces(Telemetry.NONE, System::nanoTime, new SecureRandom(), 1 << 20))
          .operations();

  private static List<HostOperation> offered() {
    List<HostOperation> all = new ArrayList<>(TUPLES);
    all.addAll(MessagingOperations.all());
    all.addAll(StreamOperations.all());
    all.addAll(SystemOperations.all());
    all.addAll(TimerOperations.all());
    return all;
  }

  @Test
  void theOperationsAreThoseOfTheCatalogueWithTheirEffects() {
    Map<String, Object> offered = new TreeMap<>();
    offered().forEach(o -> offered.put(o.name(), o.effect()));
    Map<String, Object> listed = new TreeMap<>();
    Catalogue.get()
        .entries()
        .values()
        .forEach(e -> {
          if (e.available()) {
            listed.put(e.name(), e.effect());
          }
        });
    assertThat(offered).isEqualTo(listed);
  }

  /**
   * Each argument of any operation is offered alone to each; what is unknown is refused by name.
   */
  @Test
  void theArgumentsAreThoseOfTheCatalogue() {
    Set<String> names = new TreeSet<>(Set.of("bogus"));
    Catalogue.get().entries().values().forEach(e -> names.addAll(arguments(e)));
    AtomicReference<Map<String, Set<String>>> known = new AtomicReference<>(Map.of());
    NativeActor probe =
        (c, op, p) -> {
          Map<String, Set<String>> accepted = new TreeMap<>();
          for (HostOperation o : offered()) {
            Set<String> own = new TreeSet<>();
            for (String name : names) {
              try {
                // An object is what nearly no argument wants to be: nothing happens.
                var _ =
                    c.call(
                        o.name(), Frame.of(Value.Obj.builder().put(name, Value.Obj.EMPTY).build()));
                own.add(name);
              } catch (HostException e) {
                if (!e.error().message().contains("has no option \"" + name)
                    && !e.error().message().contains("does not know the argument \"" + name)) {
                  own.add(name);
                }
              }
            }
            accepted.put(o.name(), own);
          }
          known.set(accepted);
          return Payload.NULL;
        };
    try (ActorEngine engine = ActorEngine.builder().workers(1).operations(TUPLES).build()) {
      NativeModule m = NativeModule.builder().type("a", () -> probe, "probe").build();
      engine.start(app(List.of(child("a", "a", actor()))), m);
      var _ = engine.ask(context(), id("a/a"), "probe", Payload.EMPTY_OBJECT, null);
    }
    Map<String, Set<String>> listed = new TreeMap<>();
    for (HostOperation o : offered()) {
      Catalogue.Entry e = Catalogue.get().find(o.name());
      listed.put(o.name(), e == null ? Set.of() : arguments(e));
    }
    assertThat(known.get()).isEqualTo(listed);
  }

  private static Set<String> arguments(Catalogue.Entry e) {
    Set<String> names = new TreeSet<>();
    e.arguments().forEach(a -> names.add(a.name()));
    return names;
  }
}
