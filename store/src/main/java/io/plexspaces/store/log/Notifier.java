package io.plexspaces.store.log;

import java.util.List;
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

  Notifier(LongConsumer wanted) {
    this.wanted = wanted;
  }

  void ended(List<Entry> entries) {
    inbox.add(new Ended(entries));
  }

  /** Everything below {@code position} should be released soon. */
  void wanted(long position) {
    inbox.add(new Wanted(position));
  }

  /** The thread ends when it has told all that was given before. */
  void stop() {
    inbox.add(new Stop());
  }

  @Override
  public void run() {
    while (true) {
      @Nullable Item item = inbox.poll();
      switch (item) {
        case null -> inbox.await(() -> false);
        case Ended e -> e.entries().forEach(Notifier::tell);
        case Wanted w -> ask(w.position());
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
