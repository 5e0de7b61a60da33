package io.plexspaces.engine.plan;

import io.plexspaces.api.AppId;
import io.plexspaces.api.Role;
import io.plexspaces.api.Value;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A validated app.
 *
 * @param version as the user names it
 * @param supervisor the root of the tree; without children where the app has only types on demand
 * @param types settings of the types that are activated on demand, by type; a type of the module
 *     that is not in it cannot be activated on demand
 * @param access who may call which type; a type that is absent may be called by every invoker of
 *     the tenant and by no other app
 * @param env what guests see as their environment
 * @param durableSpaces names of the tuple spaces that are on disk; the others are in memory
 */
public record AppPlan(
    AppId app,
    String version,
    SupervisorPlan supervisor,
    Map<String, ActorPlan> types,
    Map<String, Access> access,
    LimitsPlan limits,
    Map<String, String> env,
    Set<String> durableSpaces) {

  /** The name of the tuple space that every app has. */
  public static final String DEFAULT_SPACE = "default";

  /** An app whose tuples are in memory. */
  public AppPlan(
      AppId app,
      String version,
      SupervisorPlan supervisor,
      Map<String, ActorPlan> types,
      Map<String, Access> access,
      LimitsPlan limits,
      Map<String, String> env) {
    this(app, version, supervisor, types, access, limits, env, Set.of());
  }

  public AppPlan {
    types = Map.copyOf(types);
    access = Map.copyOf(access);
    env = Map.copyOf(env);
    durableSpaces = Set.copyOf(durableSpaces);
  }

  /**
   * @param roles of the tenant that may call the type
   * @param apps of the tenant that may call the type
   */
  public record Access(Set<Role> roles, Set<String> apps) {
    public Access {
      roles = Set.copyOf(roles);
      apps = Set.copyOf(apps);
    }
  }

  /** A supervisor or an actor under a supervisor. */
  public sealed interface ChildPlan {
    String id();
  }

  /**
   * @param maxRestarts more than so many within the window stop all children and escalate
   * @param children started in this order, stopped in reverse
   */
  public record SupervisorPlan(
      String id, Restart restart, int maxRestarts, long windowMillis, List<ChildPlan> children)
      implements ChildPlan {
    public SupervisorPlan {
      children = List.copyOf(children);
    }
  }

  /**
   * A supervised actor; its key is its child id.
   *
   * @param args what init gets as {@code args}
   */
  public record ActorChild(String id, String type, Value.Obj args, ActorPlan actor)
      implements ChildPlan {
    /** {@code type/key}: the actor's address within the app. */
    public String localAddress() {
      return type + "/" + id;
    }
  }
}
