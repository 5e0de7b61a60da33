package io.plexspaces.engine;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Value;
import java.util.Set;

/** Reads the arguments of a host operation from its request's header; refuses unknown ones. */
record Arguments(String operation, Value.Obj header) {
  static Arguments of(String operation, Frame request, Set<String> known) {
    Value.Obj header = request.headerObject();
    for (String name : header.fields().keySet()) {
      if (!known.contains(name)) {
        throw new HostException(
            ErrorCode.INVALID_ARGUMENT, operation + " has no option \"" + name + "\"");
      }
    }
    return new Arguments(operation, header);
  }

  /** For an operation without arguments. */
  static void none(String operation, Frame request) {
    if (request.header().length > 2) {
      var _ = of(operation, request, Set.of());
    }
  }

  String string(String name) {
    if (header.get(name) instanceof Value.Str s) {
      return s.value();
    }
    throw bad(name, "must be a string");
  }

  /** A number of milliseconds, at least {@code min}. */
  long millis(String name, long otherwise, long min) {
    Value v = header.get(name);
    if (v == null) {
      return otherwise;
    }
    long ms;
    if (v instanceof Value.Int i) {
      ms = i.value();
    } else if (v instanceof Value.Num f && f.value() == Math.rint(f.value())) {
      ms = (long) f.value();
    } else {
      throw bad(name, "must be a whole number of milliseconds");
    }
    if (ms < min) {
      throw bad(name, "must be at least " + min);
    }
    return ms;
  }

  HostException bad(String name, String why) {
    return new HostException(ErrorCode.INVALID_ARGUMENT, operation + ": " + name + " " + why);
  }
}
