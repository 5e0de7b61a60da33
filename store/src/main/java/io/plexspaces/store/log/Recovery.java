package io.plexspaces.store.log;

import io.plexspaces.api.HostException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What is found in a log's directory.
 *
 * @param live segments with records that are not released, oldest first; and in any case the one
 *     that was begun last, which is how a later opening knows that none is missing
 * @param end the records end here, 0 if the log has none yet
 * @param last position of the last record, 0 if all are released
 * @param nextNumber no segment has this number or a higher one
 * @param free files that hold nothing that counts
 */
record Recovery(
    Control control, List<Live> live, long end, long last, long nextNumber, List<String> free) {
  /**
   * A segment that is complete.
   *
   * @param end position at which its records end
   */
  record Live(long number, long bytes, long end) {}

  /**
   * Reads a log.
   *
   * @param repair whether what was found is to be made durable before it is handed on
   */
  static Recovery run(LogFiles files, boolean repair, RecordConsumer replay) throws IOException {
    return new Reader(files, repair, replay).run();
  }

  private record Found(SegmentHeader header, long size) {}

  private static final class Reader {
    private final LogFiles files;
    private final boolean repair;
    private final RecordConsumer replay;
    private long last;

    /** By number; empty where the file was never begun under it. */
    private final TreeMap<Long, Optional<Found>> found = new TreeMap<>();

    Reader(LogFiles files, boolean repair, RecordConsumer replay) {
      this.files = files;
      this.repair = repair;
      this.replay = replay;
    }

    Recovery run() throws IOException {
      List<String> names = files.names();
      for (String name : names) {
        long number = SegmentHeader.number(name);
        if (number > 0) {
          found.put(number, header(name, number));
        }
      }
      if (!names.contains(Control.NAME)) {
        return withoutControl();
      }
      Control control = Control.read(files);
      List<Found> chain = chain(control);
      List<Live> live = new ArrayList<>();
      long end = control.durable();
      for (int i = 0; i < chain.size(); i++) {
        Found f = chain.get(i);
        end =
            i + 1 < chain.size()
                ? sealed(f, chain.get(i + 1).header().previousEnd(), control)
                : last(f, control);
        live.add(new Live(f.header().number(), f.size(), end));
      }
      return new Recovery(control, live, end, last, next(control), free(live));
    }

    /** The file is made before the first segment and never removed. */
    private Recovery withoutControl() {
      for (Optional<Found> f : found.values()) {
        if (f.isPresent()) {
          throw LogErrors.missing(
              files.path(Control.NAME),
              "there is a log, " + path(f.get().header().number()) + " among others");
        }
      }
      Control none = new Control(0, 0, 0, false, 0);
      return new Recovery(none, List.of(), 0, 0, next(none), free(List.of()));
    }

    private Optional<Found> header(String name, long number) throws IOException {
      ByteBuffer b = ByteBuffer.allocate(SegmentHeader.BYTES);
      try (LogFiles.LogFile f = files.open(name)) {
        f.read(b, 0);
        b.flip();
        if (SegmentHeader.format(b) > SegmentHeader.FORMAT) {
          throw LogErrors.later(files.path(name), SegmentHeader.format(b));
        }
        long size = f.size();
        return SegmentHeader.decode(b, number).map(h -> new Found(h, size));
      }
    }

    /** The segments that count, from that with the oldest live position on. */
    private List<Found> chain(Control control) {
      Found last = null;
      for (Optional<Found> f : found.values()) {
        last = f.orElse(last);
      }
      long known = Positions.segment(Math.max(control.durable(), control.oldest()));
      if (last == null || last.header().number() < known) {
        if (known == 0) {
          return List.of();
        }
        throw begunAndLost(known);
      }
      List<Found> chain = new ArrayList<>(List.of(last));
      while (true) {
        SegmentHeader next = chain.getLast().header();
        if (next.previousEnd() <= control.oldest()) {
          break;
        }
        long number = Positions.segment(next.previousEnd());
        Optional<Found> before = found.getOrDefault(number, Optional.empty());
        if (before.isEmpty() || number >= next.number()) {
          throw begunAndLost(number);
        }
        chain.add(before.get());
      }
      Collections.reverse(chain);
      return chain;
    }

    private HostException begunAndLost(long number) {
      return found.containsKey(number)
          ? LogErrors.dataLoss(path(number), 0, "its header is not whole, and it was begun")
          : LogErrors.missing(path(number), "the log has records in it");
    }

    /** A segment of which the next one says where it ends: up to there all must be whole. */
    private long sealed(Found f, long end, Control control) throws IOException {
      try (LogFiles.LogFile file = open(f)) {
        long at = new SegmentScan(file, f.header()).walk(Positions.offset(end), live(control));
        if (at != Positions.offset(end)) {
          throw LogErrors.dataLoss(
              path(f.header().number()),
              at,
              "no whole record there, and the segment has records up to byte "
                  + Positions.offset(end));
        }
        return end;
      }
    }

    /** The segment that was written last ends with the last whole record. */
    private long last(Found f, Control control) throws IOException {
      long number = f.header().number();
      if (control.clean() && control.durable() <= control.oldest()) {
        return control.durable();
      }
      try (LogFiles.LogFile file = open(f)) {
        SegmentScan scan = new SegmentScan(file, f.header());
        long at = scan.walk(f.size(), null);
        long end = Positions.of(number, at);
        if (end < control.durable()) {
          throw LogErrors.dataLoss(
              path(number),
              at,
              "no whole record there, and the segment has records up to byte "
                  + Positions.offset(control.durable()));
        }
        if (scan.wasWhole(at)) {
          throw LogErrors.dataLoss(
              path(number), at, "no whole record there, and records behind it are whole");
        }
        if (repair && !control.clean()) {
          rewrite(file, at);
        }
        if (end > control.oldest()) {
          scan.walk(at, live(control));
        }
        return end;
      }
    }

    /**
     * What was found may be in the system's memory only, and the system may believe that it is on
     * disk though a write of it failed. Written anew and forced, it is there.
     */
    private static void rewrite(LogFiles.LogFile file, long end) throws IOException {
      ByteBuffer b = ByteBuffer.allocate(1 << 20);
      for (long at = 0; at < end; at += b.capacity()) {
        b.clear().limit((int) Math.min(b.capacity(), end - at));
        file.read(b, at);
        file.write(b.flip(), at);
      }
      file.force();
    }

    private RecordConsumer live(Control control) {
      return (position, record) -> {
        if (position >= control.oldest()) {
          last = position;
          replay.record(position, record);
        }
      };
    }

    private long next(Control control) {
      long most = Positions.segment(Math.max(control.oldest(), control.durable()));
      return Math.max(most, found.isEmpty() ? 0 : found.lastKey()) + 1;
    }

    private List<String> free(List<Live> live) {
      Map<Long, Optional<Found>> rest = new TreeMap<>(found);
      live.forEach(l -> rest.remove(l.number()));
      return rest.keySet().stream().map(SegmentHeader::name).toList();
    }

    private LogFiles.LogFile open(Found f) throws IOException {
      return files.open(SegmentHeader.name(f.header().number()));
    }

    private Path path(long number) {
      return files.path(SegmentHeader.name(number));
    }
  }
}
