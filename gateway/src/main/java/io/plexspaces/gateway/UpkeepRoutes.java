package io.plexspaces.gateway;

import io.plexspaces.api.AppId;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Role;
import io.plexspaces.api.Value;
import io.plexspaces.api.upkeep.Backups;
import io.plexspaces.api.upkeep.Finding;
import io.plexspaces.api.upkeep.Upkeep;
import io.plexspaces.api.upkeep.Verification;
import io.plexspaces.gateway.Route.Access;
import io.plexspaces.gateway.Route.Parameter;
import io.plexspaces.gateway.Route.Success;
import java.util.ArrayList;
import java.util.List;

/** {@code /api/v1/verify} and {@code /api/v1/backups}: looking after what a node keeps. */
final class UpkeepRoutes {
  private static final String BACKUPS = "/api/v1/backups";

  private final Upkeep upkeep;

  UpkeepRoutes(Upkeep upkeep) {
    this.upkeep = upkeep;
  }

  List<Route> routes() {
    return List.of(
        Route.of(
                "GET",
                "/api/v1/verify",
                Access.anyOf(Role.VIEWER, Role.TENANT_ADMIN, Role.NODE_ADMIN),
                "verify",
                "Looks for damage: in a journal, in those of an app, or in everything (node-admin).",
                new Success(200, Payload.JSON_TYPE, "Verified", "What was found, in pages."),
                this::verify)
            .withQuery(
                new Parameter(
                    "app", "{\"type\":\"string\"}", "Only journals of this app of the tenant."),
                new Parameter(
                    "actor", "{\"type\":\"string\"}", "Only this actor of the app, TYPE/KEY."),
                new Parameter(
                    "after", "{\"type\":\"string\"}", "The next of the answer before this one."),
                new Parameter(
                    "limit",
                    "{\"type\":\"integer\",\"minimum\":1,\"maximum\":1000,\"default\":100}",
                    "At most so many journals in one answer.")),
        Route.of(
                "POST",
                BACKUPS,
                Access.anyOf(Role.NODE_ADMIN),
                "createBackup",
                "Writes a backup of everything the node keeps, at one position of its log.",
                new Success(201, Payload.JSON_TYPE, "Backup", "It is complete."),
                this::create)
            .withQuery(
                new Parameter(
                    "name",
                    "{\"type\":\"string\",\"pattern\":\"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$\"}",
                    "Its name; one made of the time if absent.")),
        Route.of(
            "GET",
            BACKUPS,
            Access.anyOf(Role.NODE_ADMIN),
            "listBackups",
            "The complete backups of the node.",
            new Success(200, Payload.JSON_TYPE, "BackupList", "The newest first."),
            this::list));
  }

  private Reply verify(Exchange x) {
    String app = x.query("app");
    String actor = x.query("actor");
    if (app == null && actor != null) {
      throw Refusal.badRequest("query parameter \"actor\" needs \"app\"");
    }
    if (app == null && !x.caller().roles().contains(Role.NODE_ADMIN)) {
      throw Refusal.forbidden(
          "to verify everything needs the role node-admin; name an app of yours with app=");
    }
    String after = x.query("after");
    Verification.Result r =
        upkeep
            .verification()
            .verify(
                new Verification.Scope(
                    app == null ? null : new AppId(x.caller().tenant(), app),
                    actor,
                    after == null ? "" : after,
                    (int) x.queryLong("limit", 100, 1, 1000)));
    List<Value> findings = new ArrayList<>();
    for (Finding f : r.findings()) {
      findings.add(f.toValue());
    }
    return Reply.json(
        200,
        Value.Obj.builder()
            .put("findings", new Value.Arr(findings))
            .put("journals", r.journals())
            .put("total", r.total())
            .put("next", r.next())
            .build());
  }

  private Reply create(Exchange x) {
    String name = x.query("name");
    Backups.Backup b = upkeep.backups().create(name == null ? "" : name);
    return Reply.json(201, b.toValue());
  }

  private Reply list(Exchange x) {
    List<Value> all = new ArrayList<>();
    upkeep.backups().list().forEach(b -> all.add(b.toValue()));
    return Reply.json(200, Value.Obj.builder().put("backups", new Value.Arr(all)).build());
  }
}
