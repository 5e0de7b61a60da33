package io.plexspaces.gateway;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Value;
import io.plexspaces.api.upkeep.Backups;
import io.plexspaces.api.upkeep.EffectQuery;
import io.plexspaces.api.upkeep.Finding;
import io.plexspaces.api.upkeep.JournalQuery;
import io.plexspaces.api.upkeep.JournalViews;
import io.plexspaces.api.upkeep.Upkeep;
import io.plexspaces.api.upkeep.Verification;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** Journals as tests say; remembers what it was asked. */
final class FakeUpkeep implements JournalViews, Verification, Backups {
  final List<Object> asked = new CopyOnWriteArrayList<>();
  final Map<ActorId, Letter> dead = new ConcurrentHashMap<>();
  final List<Finding> findings = new CopyOnWriteArrayList<>();
  final List<ActorId> actors = new CopyOnWriteArrayList<>();
  final List<Backup> backups = new CopyOnWriteArrayList<>();

  Upkeep all() {
    return new Upkeep(this, this, this);
  }

  private Optional<Value.Obj> shown(ActorId actor, Object query) {
    asked.add(query);
    return actors.contains(actor)
        ? Optional.of(Value.Obj.builder().put("actor", actor.address()).build())
        : Optional.empty();
  }

  @Override
  public Optional<Value.Obj> turns(ActorId actor, JournalQuery query) {
    return shown(actor, query);
  }

  @Override
  public Optional<Value.Obj> state(ActorId actor, long at) {
    return shown(actor, at);
  }

  @Override
  public Optional<Value.Obj> effects(ActorId actor, EffectQuery query) {
    if (actor.key().equals("damaged")) {
      throw new HostException(ErrorCode.DATA_LOSS, "damaged.db is damaged: not a database");
    }
    asked.add(query);
    if (!actors.contains(actor)) {
      return Optional.empty();
    }
    List<Value> effects = new ArrayList<>();
    if (dead.containsKey(actor)) {
      effects.add(Value.Obj.builder().put("number", 7).put("state", "dead").build());
    }
    return Optional.of(Value.Obj.builder().put("effects", new Value.Arr(effects)).build());
  }

  @Override
  public Optional<Letter> deadLetter(ActorId actor, long number) {
    return number == 7 ? Optional.ofNullable(dead.get(actor)) : Optional.empty();
  }

  @Override
  public Optional<Value.Obj> timers(ActorId actor, boolean payloads) {
    return shown(actor, payloads);
  }

  @Override
  public Optional<Value.Obj> inbox(ActorId actor) {
    return shown(actor, "inbox");
  }

  @Override
  public List<ActorId> actors(AppId app) {
    return actors.stream().filter(a -> a.app().equals(app)).toList();
  }

  @Override
  public Result verify(Scope scope) {
    asked.add(scope);
    return new Result(findings, 1, 3, scope.after().isEmpty() ? "next" : "");
  }

  @Override
  public Backup create(String name) {
    Backup b = new Backup(name, "/backups/" + name, 5, 99, "n1", "1", 3, 300, List.of());
    backups.add(b);
    return b;
  }

  @Override
  public List<Backup> list() {
    return List.copyOf(backups);
  }

  static Letter letter(String target) {
    return new Letter(target, "increment", Payload.json("{ \"by\": 2 }"));
  }
}
