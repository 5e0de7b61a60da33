package io.plexspaces.api.guest;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostError;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Value;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A compiled JSON Schema, of the subset that modules may use to describe what their operations take
 * (draft 2020-12's meaning):
 *
 * <ul>
 *   <li>{@code type} (a name or a list of names), {@code enum}, {@code const}, {@code anyOf};
 *   <li>{@code properties}, {@code required}, {@code additionalProperties};
 *   <li>{@code items}, {@code prefixItems}, {@code minItems}, {@code maxItems};
 *   <li>{@code minimum}, {@code maximum}, {@code minLength}, {@code maxLength} (in code points);
 *   <li>{@code $ref} to {@code #/$defs/Name} and {@code $defs} at the root;
 *   <li>{@code title}, {@code description}, {@code default}, {@code format} and {@code
 *       contentEncoding}, which say something to people and check nothing.
 * </ul>
 *
 * <p>{@code integer} takes 1.0 and integers of any size. Bytes are no object unless the schema has
 * the property {@code $bytes}. Immutable, thread-safe; a check never blocks and takes a bounded
 * number of steps.
 */
public final class Schema {
  private static final int MAX_PROBLEMS = 10;

  /**
   * Checks run in threads of the host that nobody stops: what one may cost follows from the size of
   * the payload, as reading it does, whatever the module's schema says.
   */
  static final long STEPS = 200_000;

  static final long STEPS_A_BYTE = 2;

  private final SchemaNode root;

  private Schema(SchemaNode root) {
    this.root = root;
  }

  /**
   * @throws HostException INVALID_ARGUMENT that says what of the schema is not supported, and where
   *     in it
   */
  public static Schema compile(Value.Obj schema) {
    return new Schema(new SchemaCompiler(schema).compile());
  }

  /**
   * Something that is wrong with a value.
   *
   * @param path of the field, such as {@code user.tags[2]}; empty for the value itself
   * @param problem what was expected and what was found, such as {@code must be an integer, it is a
   *     string}
   */
  public record Problem(String path, String problem) {
    /** As a part of a sentence. */
    @Override
    public String toString() {
      return (path.isEmpty() ? "the payload" : "\"" + path + "\"") + " " + problem;
    }
  }

  /**
   * What is wrong with {@code v}: nothing, or the first {@value #MAX_PROBLEMS} problems.
   *
   * @param size of {@code v} as JSON, in bytes: a larger value may take more work
   */
  public List<Problem> check(Value v, long size) {
    SchemaCheck check = new SchemaCheck(MAX_PROBLEMS, STEPS + STEPS_A_BYTE * size);
    try {
      check.check(root, v, SchemaCheck.Path.ROOT, 0);
    } catch (SchemaCheck.TooMuchWork e) {
      return List.of(
          new Problem(
              "",
              "takes too much work to be checked: send less at once, or give the operation's schema"
                  + " fewer alternatives"));
    }
    return check.problems();
  }

  /** How many steps the check of {@code v} takes. */
  long steps(Value v) {
    SchemaCheck check = new SchemaCheck(MAX_PROBLEMS, Long.MAX_VALUE);
    check.check(root, v, SchemaCheck.Path.ROOT, 0);
    return check.steps();
  }

  /**
   * Whether it refuses objects for a field that it does not name, at the root or where that leads.
   */
  boolean forbidsUnknownFields() {
    Set<SchemaNode> seen = new HashSet<>();
    Deque<SchemaNode> rest = new ArrayDeque<>();
    rest.push(root);
    while (!rest.isEmpty()) {
      SchemaNode n = rest.pop();
      if (seen.add(n)) {
        SchemaNode additional = n.additional;
        if (additional != null && additional.takesNothing && !n.isBytes()) {
          return true;
        }
        n.beside().forEach(rest::push);
      }
    }
    return false;
  }

  /**
   * Checks what a message carries; no bytes at all are the empty object. A payload that is not JSON
   * is taken as bytes.
   *
   * @param operation named in the refusal
   * @throws HostException INVALID_ARGUMENT naming each field that is wrong, with {@code
   *     {"fields":[{"path","problem"}]}} as details
   */
  public void require(String operation, Payload payload) {
    if (!payload.isJson()) {
      if (!root.takesBytes) {
        throw refused(
            operation,
            List.of(
                new Problem("", "must be " + root.expects() + ", it is " + payload.contentType())));
      }
      return;
    }
    Value v;
    try {
      v = payload.size() == 0 ? Value.Obj.EMPTY : payload.value();
    } catch (HostException e) {
      throw new HostException(e.code(), operation + ": " + e.error().message());
    }
    List<Problem> problems = check(v, payload.size());
    if (!problems.isEmpty()) {
      throw refused(operation, problems);
    }
  }

  private static HostException refused(String operation, List<Problem> problems) {
    StringBuilder message = new StringBuilder(operation).append(": ");
    List<Value> fields = new ArrayList<>(problems.size());
    for (Problem p : problems) {
      message.append(fields.isEmpty() ? "" : "; ").append(p);
      fields.add(Value.Obj.builder().put("path", p.path()).put("problem", p.problem()).build());
    }
    return new HostException(
        new HostError(
            ErrorCode.INVALID_ARGUMENT,
            message.toString(),
            false,
            Value.Obj.builder().put("fields", new Value.Arr(fields)).build(),
            false));
  }
}
