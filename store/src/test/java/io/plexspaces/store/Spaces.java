package io.plexspaces.store;

import io.plexspaces.api.AppId;
import io.plexspaces.api.HostException;
import io.plexspaces.api.journal.SpaceStore;
import io.plexspaces.api.journal.TupleChange;
import io.plexspaces.store.log.LogRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A store of spaces on a directory of its own, behind a log that tests hold. */
final class Spaces implements AutoCloseable {
  static final AppId APP = new AppId("acme", "shop");
  static final String SPACE = "default";

  final DataDirectory data;
  final FakeLog log;
  final SqliteSpaceStore store;
  final AtomicLong now = new AtomicLong(5000);

  Spaces(Path root) {
    this(root, new FakeLog(), Store.FILES);
  }

  Spaces(Path root, FakeLog log, SqliteFiles settings) {
    this.log = log;
    data = DataDirectory.open(root);
    store = new SqliteSpaceStore(data, settings, () -> Instant.ofEpochMilli(now.get()), log);
    log.start(store);
  }

  static TupleChange.Written written(long n) {
    return new TupleChange.Written(SPACE, n, "[\"job\"," + n + "]", Long.MAX_VALUE);
  }

  static TupleChange.Taken taken(long n) {
    return new TupleChange.Taken(SPACE, n);
  }

  /** Appends as an actor without durability does; how it ended, null if it is durable. */
  @Nullable HostException append(TupleChange... changes) {
    CompletableFuture<List<HostException>> done = new CompletableFuture<>();
    store.append(APP, List.of(changes), f -> done.complete(f == null ? List.of() : List.of(f)));
    List<HostException> failures = done.join();
    return failures.isEmpty() ? null : failures.getFirst();
  }

  void purgeRecord() {
    log.append(new LogRecord.Purged(APP));
  }

  SpaceStore.Contents load() {
    return store.load(APP, SPACE);
  }

  List<Long> numbers() {
    return load().tuples().stream().map(TupleChange.Written::tuple).toList();
  }

  Path file() {
    return file(data.root());
  }

  static Path file(Path root) {
    return root.resolve("spaces/acme/shop/default.db");
  }

  /** What a crash would leave of the files now. */
  static Path image(Path root, Path to) throws IOException {
    while (true) {
      try {
        copy(root, to);
        return to;
      } catch (NoSuchFileException e) {
        DurableFiles.delete(to); // a purge came in between: it moves all or nothing
      }
    }
  }

  /** A WAL before its file: what was moved on meanwhile is then there twice, not missing. */
  private static void copy(Path root, Path to) throws IOException {
    List<Path> all;
    try (Stream<Path> walk = Files.walk(root)) {
      all = walk.sorted(Comparator.comparing((Path p) -> !p.toString().endsWith("-wal"))).toList();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    for (Path p : all) {
      if (!p.toString().endsWith("-shm") && !p.endsWith("lock") && !Files.isDirectory(p)) {
        Path target = to.resolve(root.relativize(p).toString());
        Files.createDirectories(target.toAbsolutePath().getParent());
        Files.copy(p, target);
      }
    }
    Files.createDirectories(to);
  }

  @Override
  public void close() {
    store.close();
    data.close();
  }
}
