package io.plexspaces.store;

import io.plexspaces.api.ActorId;
import io.plexspaces.api.HostException;
import io.plexspaces.api.upkeep.Finding;
import io.plexspaces.store.log.CommitLog;
import io.plexspaces.store.log.LogRecords;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the commit log of a node that does not run has, per actor.
 *
 * @param findings what is wrong with the log itself
 * @param turns of each actor since it was last deleted, oldest first
 */
record LogContents(List<Finding> findings, Map<ActorId, List<Run>> turns) {
  static final LogContents NONE = new LogContents(List.of(), Map.of());

  /** Turns of one epoch without a gap. */
  record Run(long epoch, long first, long last) {}

  static LogContents read(DataDirectory data) {
    List<Finding> findings = new ArrayList<>();
    Map<ActorId, List<Run>> turns = new HashMap<>();
    if (Files.isDirectory(data.log())) {
      try {
        long _ = CommitLog.read(data.log(), (position, bytes) -> add(turns, bytes));
      } catch (HostException e) {
        findings.add(
            Finding.damage(
                "log",
                e.error().message(),
                "acknowledged turns may be lost: restore the node from a backup, or move the log"
                    + " directory away and verify again"));
      }
    }
    return new LogContents(findings, turns);
  }

  private static void add(Map<ActorId, List<Run>> turns, byte[] bytes) {
    switch (LogRecords.head(bytes)) {
      case LogRecords.Head.Turn t -> {
        List<Run> runs = turns.computeIfAbsent(t.actor(), a -> new ArrayList<>());
        Run last = runs.isEmpty() ? null : runs.getLast();
        if (last == null || last.epoch() != t.epoch() || t.seq() > last.last() + 1) {
          runs.add(new Run(t.epoch(), t.seq(), t.seq()));
        } else if (t.seq() == last.last() + 1) {
          runs.set(runs.size() - 1, new Run(last.epoch(), last.first(), t.seq()));
        } // else it is a copy of one before
      }
      case LogRecords.Head.Deleted d -> turns.remove(d.actor());
      case LogRecords.Head.Purged p -> turns.keySet().removeIf(a -> a.app().equals(p.app()));
      case LogRecords.Head.SpaceChanges _ -> {}
    }
  }
}
