package io.plexspaces.tuplespace;

import io.plexspaces.api.AppId;
import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.Value;
import io.plexspaces.api.journal.SpaceStore;
import io.plexspaces.api.journal.TupleChange;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.zip.CRC32C;

/**
 * How a durable space and its tuples look from the disk. Times there are by the wall clock, since
 * they must mean something to another process; the space's own clock only ever goes forward.
 */
final class SpaceDisk {
  /** The name of the app's own space. */
  static final String DEFAULT_SPACE = "default";

  private final AppId app;
  private final String name;
  private final SpaceStore store;
  private final InstantSource clock;

  SpaceDisk(AppId app, String name, SpaceStore store, InstantSource clock) {
    this.app = app;
    this.name = name;
    this.store = store;
    this.clock = clock;
  }

  /**
   * Hands over what is on disk, oldest first. Blocking.
   *
   * @param now by the space's clock
   * @return the highest number that was ever given
   */
  long load(long now, Consumer<Tuple> tuples) {
    SpaceStore.Contents contents = store.load(app, name);
    long wall = clock.millis();
    for (TupleChange.Written w : contents.tuples()) {
      Tuple t = new Tuple(fields(w), Tuple.NEVER);
      t.placeAt(w.tuple());
      if (w.expiresAtMillis() != Long.MAX_VALUE) {
        t.endAt(now + TimeUnit.MILLISECONDS.toNanos(w.expiresAtMillis() - wall));
      }
      tuples.accept(t);
    }
    return contents.lastTuple();
  }

  private List<Value> fields(TupleChange.Written w) {
    try {
      if (Json.read(w.fields()) instanceof Value.Arr fields && !fields.items().isEmpty()) {
        return fields.items();
      }
    } catch (HostException e) {
      throw new HostException(
          ErrorCode.DATA_LOSS, this + " is damaged: tuple " + w.tuple() + " is no JSON", e);
    }
    throw new HostException(
        ErrorCode.DATA_LOSS, this + " is damaged: tuple " + w.tuple() + " is no list of fields");
  }

  /**
   * @throws HostException DATA_LOSS naming the file, if it was found damaged since it was loaded
   */
  void check() {
    store.check(app, name);
  }

  /**
   * Prepares a tuple for the disk, before anybody sees it.
   *
   * @throws HostException INVALID_ARGUMENT if it cannot be kept as it is
   */
  void admit(Tuple t) {
    String text = Json.writeString(new Value.Arr(t.fields()));
    if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
      throw new HostException(
          ErrorCode.INVALID_ARGUMENT,
          "the tuple cannot be written to disk: a string of it is not valid Unicode");
    }
    t.text(text);
  }

  /**
   * Names the tuple for as long as it lives. A turn that is lost gives its numbers to others, so
   * the number alone could come to mean another tuple.
   */
  String lease(Tuple t) {
    CRC32C sum = new CRC32C();
    sum.update(t.text().getBytes(StandardCharsets.UTF_8));
    return t.order() + "-" + HexFormat.of().toHexDigits((int) sum.getValue());
  }

  /**
   * What the turn leaves on disk. From now on its tuples live: their end is the one on disk.
   *
   * @param now by the space's clock
   */
  List<TupleChange> changes(SpaceTransaction tx, long now) {
    List<Tuple> written = tx.written();
    if (written.isEmpty() && tx.taken().isEmpty()) {
      return List.of();
    }
    long wall = clock.millis();
    List<TupleChange> all = new ArrayList<>(written.size() + tx.taken().size());
    for (Tuple t : tx.taken()) {
      all.add(new TupleChange.Taken(name, t.order()));
    }
    for (Tuple t : written) {
      t.startLife(now);
      long end =
          t.hasExpiry() ? wall + TimeUnit.NANOSECONDS.toMillis(t.expires() - now) : Long.MAX_VALUE;
      all.add(new TupleChange.Written(name, t.order(), t.text(), end));
      t.text(null);
    }
    return all;
  }

  @Override
  public String toString() {
    return "the durable space \"" + name + "\" of " + app;
  }
}
