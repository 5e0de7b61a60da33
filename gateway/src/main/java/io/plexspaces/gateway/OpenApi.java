package io.plexspaces.gateway;

import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The table of routes as an OpenAPI 3.1 document. */
final class OpenApi {
  private static final String SCHEMAS =
      """
      {"App":{"type":"object","required":["app","version","state","module_digest"],"properties":{
         "app":{"type":"string"},"version":{"type":"string"},
         "state":{"enum":["deploying","running","draining","stopped","failed"]},
         "failure":{"type":"string","description":"Why it failed."},
         "module_digest":{"type":"string"},"actors":{"type":"integer"},
         "mailbox_depth":{"type":"integer"},"memory_bytes":{"type":"integer"},
         "restarts":{"type":"integer"},"deployed_at":{"type":"string","format":"date-time"},
         "module":{"type":"object","description":"What the module says of itself."}}},
       "AppList":{"type":"object","required":["apps"],"properties":{
         "apps":{"type":"array","items":{"$ref":"#/components/schemas/App"}}}},
       "Actor":{"type":"object","required":["actor","type","key","state"],"properties":{
         "actor":{"type":"string","description":"app/type/key"},"type":{"type":"string"},
         "key":{"type":"string"},
         "state":{"enum":["starting","running","restarting","passive","stopping","stopped",
           "failed"]},
         "durable":{"type":"boolean"},"mailbox_depth":{"type":"integer"},
         "turns":{"type":"integer"},"restarts":{"type":"integer"},
         "sequence":{"type":"integer","description":"Of the last committed turn."},
         "memory_bytes":{"type":"integer"},"last_error":{"type":"string"},
         "timers":{"type":"integer","description":"That are set; of an actor in memory."},
         "next_timer_at":{"type":"string","format":"date-time"}}},
       "ActorList":{"type":"object","required":["actors","more"],"properties":{
         "actors":{"type":"array","items":{"$ref":"#/components/schemas/Actor"}},
         "more":{"type":"boolean","description":"Whether there are more than the limit."}}},
       "TreeNode":{"type":"object","required":["kind","label","state","restarts","children"],
         "properties":{"kind":{"enum":["supervisor","dynamic","actor"]},
         "label":{"type":"string"},"state":{"type":"string"},"restarts":{"type":"integer"},
         "children":{"type":"array","items":{"$ref":"#/components/schemas/TreeNode"}}}},
       "Sent":{"type":"object","required":["message_id"],"properties":{
         "message_id":{"type":"string","pattern":"^[0-9a-f]{32}$"}}},
       "LogLines":{"type":"object","required":["lines","last"],"properties":{
         "lines":{"type":"array","items":{"type":"object",
           "required":["number","at","level","actor","message"],"properties":{
           "number":{"type":"integer"},"at":{"type":"string","format":"date-time"},
           "level":{"enum":["trace","debug","info","warn","error"]},
           "actor":{"type":"string"},"message":{"type":"string"}}}},
         "last":{"type":"integer","description":"Give it as after to get what comes next."}}},
       "Health":{"type":"object","required":["status"],"properties":{
         "status":{"enum":["live","ready"]}}},
       "Deployment":{"type":"object","required":["wasm","config"],"properties":{
         "app":{"type":"string","description":"The name; that of the configuration if absent."},
         "version":{"type":"string","description":"Likewise."},
         "wasm":{"type":"string","contentMediaType":"application/wasm"},
         "config":{"type":"string","description":"The text of app-config.toml."}}},
       "Reload":{"type":"object","required":["wasm"],"additionalProperties":false,"properties":{
         "wasm":{"type":"string","contentMediaType":"application/wasm"},
         "config":{"type":"string",
           "description":"The text of app-config.toml; that of the app as it is if absent."}}},
       "Content":{"type":"object","required":["type","size"],"properties":{
         "type":{"type":"string","description":"The content type."},"size":{"type":"integer"},
         "value":{"description":"Where it is shown; what is no JSON has a field $bytes, base64."}}},
       "JournalList":{"type":"object","required":["actors","more"],"properties":{
         "actors":{"type":"array","items":{"type":"string"}},"more":{"type":"boolean"}}},
       "Effect":{"type":"object","required":["number","n","message_id","target","op","state"],
         "properties":{"actor":{"type":"string"},"number":{"type":"integer"},
         "seq":{"type":"integer","description":"The turn it left with."},
         "at":{"type":"string","format":"date-time"},"n":{"type":"integer"},
         "message_id":{"type":"string"},"target":{"type":"string"},"op":{"type":"string"},
         "payload":{"$ref":"#/components/schemas/Content"},"client":{"type":"boolean"},
         "state":{"enum":["pending","done","dead"]},"reason":{"type":"string"}}},
       "Journal":{"type":"object","required":["actor","epoch","first_seq","last_seq","turns","more"],
         "properties":{"actor":{"type":"string"},"epoch":{"type":"integer"},
         "format":{"type":"integer"},"created_at":{"type":"string","format":"date-time"},
         "first_seq":{"type":"integer","description":"What is before it was pruned."},
         "last_seq":{"type":"integer"},"pending":{"type":"integer"},"dead":{"type":"integer"},
         "timers":{"type":"integer"},"file":{"type":"string"},"file_bytes":{"type":"integer"},
         "turns":{"type":"array","items":{"type":"object","properties":{
           "seq":{"type":"integer"},"at":{"type":"string","format":"date-time"},
           "message_id":{"type":"string"},"sender":{"type":"string"},"op":{"type":"string"},
           "kind":{"type":"string"},"input":{"$ref":"#/components/schemas/Content"},
           "outcome":{"enum":["replied","refused"]},
           "reply":{"$ref":"#/components/schemas/Content"},"code":{"type":"string"},
           "trace":{"type":"string"},"state":{"type":"boolean"},
           "steps":{"type":"array","items":{"type":"object"}},
           "effects":{"type":"array","items":{"$ref":"#/components/schemas/Effect"}}}}},
         "more":{"type":"boolean","description":"Whether the limit left some out."}}},
       "JournalState":{"type":"object","required":["actor","seq","state"],"properties":{
         "actor":{"type":"string"},"seq":{"type":"integer","description":"Who wrote it."},
         "state":{"$ref":"#/components/schemas/Content"}}},
       "JournalEffects":{"type":"object","required":["actor","effects","more"],"properties":{
         "actor":{"type":"string"},"more":{"type":"boolean"},
         "effects":{"type":"array","items":{"$ref":"#/components/schemas/Effect"}}}},
       "JournalTimers":{"type":"object","required":["actor","timers"],"properties":{
         "actor":{"type":"string"},"timers":{"type":"array","items":{"type":"object"}}}},
       "JournalInbox":{"type":"object","required":["actor","inbox"],"properties":{
         "actor":{"type":"string"},"inbox":{"type":"array","items":{"type":"object"}}}},
       "DeadLetters":{"type":"object","required":["dead","unreadable","journals","next"],
         "properties":{
         "dead":{"type":"array","items":{"$ref":"#/components/schemas/Effect"}},
         "unreadable":{"type":"array","items":{"type":"string"},
           "description":"Journals that are damaged."},
         "journals":{"type":"integer","description":"Of the app."},
         "next":{"type":"string","description":"Give it as after; empty at the end."}}},
       "Finding":{"type":"object","required":["damage","file","what","remedy"],"properties":{
         "damage":{"type":"boolean"},"file":{"type":"string"},"what":{"type":"string"},
         "remedy":{"type":"string"}}},
       "Verified":{"type":"object","required":["findings","journals","total","next"],"properties":{
         "findings":{"type":"array","items":{"$ref":"#/components/schemas/Finding"}},
         "journals":{"type":"integer","description":"In this answer."},
         "total":{"type":"integer"},
         "next":{"type":"string","description":"Give it as after; empty at the end."}}},
       "Backup":{"type":"object","required":["name","directory","created_at","position"],
         "properties":{"name":{"type":"string"},"directory":{"type":"string"},
         "created_at":{"type":"string","format":"date-time"},"position":{"type":"integer"},
         "node":{"type":"string"},"version":{"type":"string"},"files":{"type":"integer"},
         "bytes":{"type":"integer"},
         "damaged":{"type":"array","items":{"$ref":"#/components/schemas/Finding"}}}},
       "BackupList":{"type":"object","required":["backups"],"properties":{
         "backups":{"type":"array","items":{"$ref":"#/components/schemas/Backup"}}}},
       "Problem":{"type":"object","description":"RFC 9457.",
         "required":["type","title","status","detail","code","retryable"],"properties":{
         "type":{"type":"string"},"title":{"type":"string"},"status":{"type":"integer"},
         "detail":{"type":"string"},
         "code":{"enum":["INVALID_ARGUMENT","UNAUTHENTICATED","PERMISSION_DENIED","NOT_FOUND",
           "ALREADY_EXISTS","FAILED_PRECONDITION","ABORTED","RESOURCE_EXHAUSTED",
           "DEADLINE_EXCEEDED","CANCELLED","UNAVAILABLE","UNIMPLEMENTED","DATA_LOSS","INTERNAL"]},
         "retryable":{"type":"boolean"},"details":{},
         "instance":{"type":"string","description":"The incident, for status 500."}}}}
      """;

  private OpenApi() {}

  static byte[] document(Routes routes) {
    Map<String, Map<String, Value>> paths = new LinkedHashMap<>();
    for (Route r : routes.all()) {
      paths
          .computeIfAbsent(r.path().toString(), p -> new LinkedHashMap<>())
          .put(r.method().toLowerCase(Locale.ROOT), operation(r));
    }
    Map<String, Value> pathItems = new LinkedHashMap<>();
    paths.forEach((path, operations) -> pathItems.put(path, new Value.Obj(operations)));
    return Json.write(
        Value.Obj.builder()
            .put("openapi", "3.1.0")
            .put("info", object("title", "PlexSpaces", "version", "v1"))
            .put("paths", new Value.Obj(pathItems))
            .put(
                "components",
                Value.Obj.builder()
                    .put("schemas", Json.read(SCHEMAS))
                    .put(
                        "securitySchemes",
                        Value.Obj.builder()
                            .put(
                                "token",
                                object("type", "http", "scheme", "bearer", "bearerFormat", "JWT"))
                            .build())
                    .build())
            .build());
  }

  private static Value operation(Route r) {
    Value.Obj.Builder b =
        Value.Obj.builder().put("operationId", r.operationId()).put("summary", r.summary());
    List<Value> parameters = parameters(r);
    if (!parameters.isEmpty()) {
      b.put("parameters", new Value.Arr(parameters));
    }
    switch (r.body()) {
      case NONE -> {}
      case PAYLOAD ->
          b.put(
              "requestBody",
              Json.read(
                  """
                  {"description":"The payload; no body is the empty object.","content":{
                   "application/json":{"schema":{}},"*/*":{"schema":{}}}}
                  """));
      case DEPLOYMENT -> b.put("requestBody", form("Deployment"));
      case RELOAD -> b.put("requestBody", form("Reload"));
    }
    b.put("responses", responses(r));
    switch (r.access()) {
      case Route.Access.Public p -> b.put("security", Value.Arr.of());
      case Route.Access.AnyOf any -> {
        b.put("security", Json.read("[{\"token\":[]}]"));
        b.put(
            "x-roles",
            new Value.Arr(
                any.roles().stream()
                    .map(role -> role.label())
                    .sorted()
                    .<Value>map(Value.Str::new)
                    .toList()));
      }
    }
    return b.build();
  }

  private static Value form(String schema) {
    return Value.Obj.builder()
        .put("required", true)
        .put(
            "content",
            Value.Obj.builder()
                .put(
                    "multipart/form-data",
                    Value.Obj.builder()
                        .put("schema", object("$ref", "#/components/schemas/" + schema))
                        .build())
                .build())
        .build();
  }

  private static List<Value> parameters(Route r) {
    List<Value> out = new ArrayList<>();
    for (String name : r.path().parameters()) {
      out.add(
          Value.Obj.builder()
              .put("name", name)
              .put("in", "path")
              .put("required", true)
              .put("schema", object("type", "string"))
              .build());
    }
    for (Route.Parameter p : r.query()) {
      out.add(
          Value.Obj.builder()
              .put("name", p.name())
              .put("in", "query")
              .put("description", p.description())
              .put("schema", Json.read(p.schema()))
              .build());
    }
    if (r.freeQuery()) {
      out.add(
          Json.read(
              """
              {"name":"fields","in":"query","description":"The fields of the payload.",
               "schema":{"type":"object","additionalProperties":true},"explode":true}
              """));
    }
    if (r.idempotent()) {
      for (String in : List.of("header", "query")) {
        out.add(
            Value.Obj.builder()
                .put("name", IdempotencyKey.NAME)
                .put("in", in)
                .put("description", "Durable actors only: the same key gives the same result.")
                .put("schema", object("type", "string"))
                .build());
      }
    }
    return out;
  }

  private static Value responses(Route r) {
    Route.Success s = r.success();
    Value.Obj.Builder good = Value.Obj.builder().put("description", s.description());
    if (!s.contentType().isEmpty()) {
      Value.Obj schema =
          s.schema().isEmpty()
              ? Value.Obj.EMPTY
              : object("$ref", "#/components/schemas/" + s.schema());
      good.put(
          "content",
          Value.Obj.builder()
              .put(s.contentType(), Value.Obj.builder().put("schema", schema).build())
              .build());
    }
    return Value.Obj.builder()
        .put(Integer.toString(s.status()), good.build())
        .put(
            "default",
            Json.read(
                """
                {"description":"What went wrong.","content":{"application/problem+json":
                 {"schema":{"$ref":"#/components/schemas/Problem"}}}}
                """))
        .build();
  }

  private static Value.Obj object(String... namesAndValues) {
    Value.Obj.Builder b = Value.Obj.builder();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      b.put(namesAndValues[i], namesAndValues[i + 1]);
    }
    return b.build();
  }
}
