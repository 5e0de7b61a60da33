package io.plexspaces.system.crash;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** Crashes of a recording: makes images, recovers each in a fresh engine, checks what it finds. */
final class Crashes {
  /** How long a recovered bank may take until all money has arrived. */
  private static final Duration SETTLING = Duration.ofSeconds(10);

  private static final long AN_HOUR = 3_600_000;
  private static final int MAX_KEPT = 5;
  private static final int START_EVENTS = 1500;

  /**
   * A message that finds its receiver not yet started is sent again a little later, and a bank that
   * stops meanwhile leaves it for the next. It must be gone some time: so long is each bank up.
   */
  private static final long[] WAITS_MILLIS = {0, 300, 1000};

  /**
   * @param event the machine stopped after so many events of the recording
   */
  record Point(long event, Loss.Mode mode, long seed) {
    @Override
    public String toString() {
      return event + ":" + mode + ":" + seed;
    }
  }

  record Violation(Point point, List<String> what) {}

  private record Work(Point point, Image image, List<String> lines) {}

  /**
   * @param directory where images are put, one after the other
   * @param workers how many are recovered at the same time
   * @param planted a bug in the recovering engine
   * @param keep where images go that did not recover, with the lines of their clients
   */
  record Settings(
      Path directory, int workers, Planted planted, boolean stopAtFirst, Optional<Path> keep) {}

  private final Recording recording;
  private final Settings settings;

  /** An empty one ends a worker. */
  private final BlockingQueue<Optional<Work>> queue = new ArrayBlockingQueue<>(4);

  private final ConcurrentLinkedQueue<Violation> violations = new ConcurrentLinkedQueue<>();
  private final AtomicInteger checked = new AtomicInteger();
  private final AtomicBoolean enough = new AtomicBoolean();

  private Crashes(Recording recording, Settings settings) {
    this.recording = recording;
    this.settings = settings;
  }

  /**
   * Crashes at random events, in all modes: two of three all over the recording, and every third
   * soon after a process began, when what an earlier one left is recovered.
   */
  static List<Point> points(Recording recording, int n, long seed) {
    Random random = new Random(seed);
    Loss.Mode[] modes = Loss.Mode.values();
    List<Point> points = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      // One in each of n parts of equal length, so that no part is left out.
      long event = (long) ((i + random.nextDouble()) * recording.events() / n) + 1;
      if (i % 3 == 2) {
        int start = random.nextInt(recording.starts().size());
        event = recording.starts().get(start) + random.nextInt(START_EVENTS);
      }
      Loss.Mode mode = modes[random.nextInt(modes.length)];
      points.add(new Point(Math.min(event, recording.events()), mode, random.nextLong()));
    }
    points.sort(Comparator.comparingLong(Point::event));
    return points;
  }

  /**
   * @param points in the order of their events
   * @return what was found, and how many images were recovered
   */
  static Result run(Recording recording, List<Point> points, Settings settings)
      throws IOException, InterruptedException {
    Crashes c = new Crashes(recording, settings);
    try (ExecutorService threads = Executors.newFixedThreadPool(settings.workers())) {
      List<Future<?>> workers = new ArrayList<>();
      for (int w = 0; w < settings.workers(); w++) {
        int number = w;
        workers.add(threads.submit(() -> c.work(number)));
      }
      try {
        c.produce(points);
      } finally {
        for (int w = 0; w < settings.workers(); w++) {
          c.offer(Optional.empty(), workers);
        }
      }
      for (Future<?> w : workers) {
        w.get();
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException("a recovery failed", e.getCause());
    }
    return new Result(c.checked.get(), List.copyOf(c.violations));
  }

  record Result(int images, List<Violation> violations) {}

  private void produce(List<Point> points) throws IOException, InterruptedException {
    Disk disk = new Disk(recording.root());
    List<String> lines = new ArrayList<>();
    long events = 0;
    try (DiskLog log = DiskLog.open(recording.log())) {
      for (Point p : points) {
        while (events < p.event()) {
          DiskEvent e = log.next();
          if (e == null) {
            return;
          }
          disk.apply(e);
          events++;
          if (e instanceof DiskEvent.Marked m) {
            lines.addAll(Arrays.asList(m.text().split("\n", -1)));
            lines.removeIf(String::isEmpty);
          }
        }
        if (enough.get()) {
          return;
        }
        Image image = disk.image(new Loss(p.mode(), p.seed()));
        offer(Optional.of(new Work(p, image, List.copyOf(lines))), List.of());
      }
    }
  }

  private void offer(Optional<Work> work, List<Future<?>> workers) throws InterruptedException {
    while (!queue.offer(work, 100, TimeUnit.MILLISECONDS)) {
      if (!workers.isEmpty() && workers.stream().allMatch(Future::isDone)) {
        return;
      }
    }
  }

  private void work(int number) {
    int n = 0;
    try {
      for (Optional<Work> next = queue.take(); next.isPresent(); next = queue.take()) {
        Work w = next.get();
        if (enough.get()) {
          continue;
        }
        Path directory = settings.directory().resolve("image-" + number + "-" + n++);
        List<String> found = recover(w, directory);
        checked.incrementAndGet();
        if (!found.isEmpty()) {
          violations.add(new Violation(w.point(), found));
          keep(w, found);
          enough.compareAndSet(false, settings.stopAtFirst());
        }
        Trees.delete(directory);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void keep(Work w, List<String> found) {
    if (settings.keep().isEmpty() || violations.size() > MAX_KEPT) {
      return;
    }
    try {
      Path kept = settings.keep().get().resolve(w.point().toString().replace(':', '-'));
      if (Files.exists(kept)) {
        Trees.delete(kept);
      }
      w.image().writeTo(kept.resolve("data"));
      Files.write(kept.resolve("clients"), w.lines());
      Files.write(kept.resolve("violations"), found);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private List<String> recover(Work w, Path directory) {
    try {
      w.image().writeTo(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return recover(directory, w.lines(), settings.planted(), w.point().seed());
  }

  /**
   * Starts a bank on what a crash has left, lets its clients ask again what was not answered, stops
   * it and checks its books.
   *
   * @param lines what the clients had written until the crash
   * @return what is wrong; nothing if all is well
   */
  static List<String> recover(Path directory, List<String> lines, Planted planted, long seed) {
    try {
      ClientLog log = ClientLog.of(lines);
      // Whatever is done from here on is told from what was done before by its time.
      InstantSource clock = () -> Instant.ofEpochMilli(System.currentTimeMillis() + AN_HOUR);
      log.life(clock.millis());
      for (long wait : WAITS_MILLIS) {
        try (BankNode node = BankNode.start(directory, clock, planted::between)) {
          Clients clients = new Clients(node, log);
          clients.resume(new Random(seed));
          var _ = clients.settle(SETTLING);
          TimeUnit.MILLISECONDS.sleep(wait);
        }
        if (!Books.read(directory).hasPending()) {
          break;
        }
      }
      return Checker.check(directory, log);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return List.of("interrupted");
    } catch (RuntimeException | IOException e) {
      // Whatever a recovery throws is what a user would see of it.
      return List.of(
          "the recovery failed: "
              + e
              + (e.getStackTrace().length > 0 ? " at " + e.getStackTrace()[0] : ""));
    }
  }
}
