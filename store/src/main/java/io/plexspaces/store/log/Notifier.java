package io.plexspaces.store.log;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Tells listeners how their appends ended, in order, so that the writer can go on meanwhile. */
final class Notifier implements Runnable {
  private static final System.Logger LOG = System.getLogger(Notifier.class.getName());

  private sealed interface Item {}

  private record Ended(List<Entry> entries) implements Item {}

  private record Wanted(long position) implements Item {}

  private record Stop() implements Item {}

  private final Inbox<Item> inbox = new Inbox<>();
  private final LongConsumer wanted;
  private final AtomicInteger untold = new AtomicInteger();

  Notifier(LongConsumer wanted) {
    this.wanted = wanted;
  }

  void ended(List<Entry> entries) {
    add(new Ended(entries));
  }

  /** Whether everything that was given has been told. */
  boolean isIdle() {
    return untold.get() == 0;
  }

  /** Everything below {@code position} should be released soon. */
  void wanted(long position) {
    add(new Wanted(position));
  }

  /** The thread ends when it has told all that was given before. */
  void stop() {
    add(new Stop());
  }

  private void add(Item item) {
    untold.incrementAndGet();
    inbox.add(item);
  }

  @Override
  public void run() {
    while (true) {
      @Nullable Item item = inbox.poll();
      switch (item) {
        case null -> inbox.await(() -> false);
        case Ended e -> {
          e.entries().forEach(Notifier::tell);
          untold.decrementAndGet();
        }
        case Wanted w -> {
          ask(w.position());
          untold.decrementAndGet();
        }
        case Stop s -> {
          return;
        }
      }
    }
  }

  /** What a listener throws is its own affair: the others are told all the same. */
  static void tell(Entry e) {
    try {
      e.tell();
    } catch (RuntimeException | Error failure) {
      LOG.log(System.Logger.Level.ERROR, "a listener of the commit log failed", failure);
    }
  }

  private void ask(long position) {
    try {
      wanted.accept(position);
    } catch (RuntimeException | Error failure) {
      LOG.log(System.Logger.Level.ERROR, "asking for room in the commit log failed", failure);
    }
  }
}
