package io.plexspaces.store.log;

import io.plexspaces.api.HostException;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;

/**
 * What a log does besides writing records, on a thread of its own: it keeps the control file, makes
 * files ahead and takes them back.
 */
final class Housekeeping {
  private static final System.Logger LOG = System.getLogger(Housekeeping.class.getName());

  private final LogFiles files;
  private final ControlFile control;
  private final LiveSegments live;
  private final Epochs epochs;
  private final SegmentPool pool;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().name("commit-log-files").daemon().factory());

  /**
   * @param epoch none up to this one was given
   */
  Housekeeping(
      LogFiles files,
      LogOptions options,
      Recovery found,
      LiveSegments live,
      LogCounters counters,
      long epoch)
      throws IOException {
    this.files = files;
    this.live = live;
    this.control = ControlFile.open(files, found.control());
    long aside = epoch + Epochs.ASIDE;
    try {
      control.write(found.control().oldest(), found.end(), false, aside);
    } catch (IOException e) {
      control.close();
      throw e;
    }
    this.epochs = new Epochs(epoch, aside, this::setAside);
    this.pool = new SegmentPool(files, options, thread, found, counters);
  }

  Epochs epochs() {
    return epochs;
  }

  SegmentPool pool() {
    return pool;
  }

  /**
   * Notes how far the log is on disk, and takes back the files of which nothing is needed. Returns
   * at once.
   */
  void note(long released, long end) {
    try {
      thread.execute(() -> write(released, end));
    } catch (RejectedExecutionException e) {
      // The log is closed and has noted it.
    }
  }

  private void write(long released, long end) {
    long oldest = Math.max(released, control.current().oldest());
    List<Recovery.Live> gone = live.released(oldest);
    try {
      control.write(oldest, Math.max(end, control.current().durable()), false, epochs.aside());
    } catch (IOException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "the commit log keeps what is released for now: {0}",
          e.getMessage());
      return;
    }
    live.remove(gone);
    gone.forEach(g -> pool.give(SegmentHeader.name(g.number())));
  }

  private CompletableFuture<Void> setAside(long number) {
    try {
      return CompletableFuture.runAsync(
          () -> {
            Control c = control.current();
            try {
              control.write(c.oldest(), c.durable(), false, number);
              epochs.isAside(number);
            } catch (IOException e) {
              throw LogErrors.unavailable(files.path(Control.NAME), e);
            }
          },
          thread);
    } catch (RejectedExecutionException e) {
      return CompletableFuture.failedFuture(LogErrors.closed());
    }
  }

  /** The log ends here. */
  void close(long released, long end) {
    try {
      CompletableFuture.runAsync(() -> finish(released, end), thread).join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof HostException h ? h : e;
    } finally {
      thread.shutdown();
    }
  }

  private void finish(long released, long end) {
    try (control) {
      control.write(released, end, true, epochs.close());
    } catch (IOException e) {
      throw LogErrors.unavailable(files.path(Control.NAME), e);
    }
  }
}
