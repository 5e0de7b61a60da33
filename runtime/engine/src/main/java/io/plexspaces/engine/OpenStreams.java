package io.plexspaces.engine;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The streams that a turn reads, or a streaming handler over all its turns. Used by the worker that
 * runs the reading actor.
 */
final class OpenStreams {
  private static final int MAX_OPEN = 1000;

  private @Nullable Map<String, Reader> byId;

  /**
   * @param producer the actor that the reader waits for
   * @param timeoutMillis how long a read waits unless it says so itself
   */
  record Reader(StreamPipe pipe, ActorCell producer, long timeoutMillis) {}

  void requireRoom() {
    if (byId != null && byId.size() >= MAX_OPEN) {
      throw new HostException(
          ErrorCode.RESOURCE_EXHAUSTED,
          "this handler has " + MAX_OPEN + " open streams: close some of them");
    }
  }

  void add(Reader r) {
    if (byId == null) {
      byId = new LinkedHashMap<>();
    }
    byId.put(r.pipe.id().toString(), r);
  }

  @Nullable Reader find(String id) {
    return byId == null ? null : byId.get(id);
  }

  void close(String id) {
    Reader r = byId == null ? null : byId.remove(id);
    if (r != null) {
      r.pipe.close();
    }
  }

  void closeAll() {
    if (byId != null) {
      List<Reader> all = List.copyOf(byId.values());
      byId = null;
      all.forEach(r -> r.pipe.close());
    }
  }
}
