package io.plexspaces.tuplespace;

import java.util.List;
import java.util.function.LongSupplier;

/**
 * How each kind of call that may wait is answered, and who stands in its way. Guarded by the
 * space's lock, never blocks.
 */
final class Answers {
  private final Shelf shelf;
  private final LongSupplier numbers;

  Answers(Shelf shelf, LongSupplier numbers) {
    this.shelf = shelf;
    this.numbers = numbers;
  }

  /** Serves {@code w} if that is possible at this moment. */
  boolean attempt(Waiter w) {
    switch (w.kind()) {
      case SETTLE -> {
        if (shelf.earlier(w.tx()) == null) {
          w.finish(null);
        }
      }
      case READ -> {
        Tuple t = shelf.find(w.tx(), w.pattern());
        if (t != null) {
          w.finish(t);
        }
      }
      case TAKE, TAKE_IF_EXISTS -> {
        Tuple t = shelf.find(w.tx(), w.pattern());
        if (t != null) {
          boolean claimed = t.isClaim();
          shelf.enlist(w.tx());
          shelf.take(w.tx(), t);
          w.finish(t);
          if (claimed) {
            w.tx().wakeRivals();
          }
        }
      }
      case WRITE_ONCE -> {
        Tuple t = shelf.find(w.tx(), w.pattern());
        if (t != null) {
          w.finish(t);
        } else if (blockers(w).isEmpty()) {
          Tuple placed = w.candidate();
          shelf.reserve(placed.bytes());
          placed.placeAt(numbers.getAsLong());
          shelf.enlist(w.tx());
          shelf.place(w.tx(), placed, w.pattern());
          w.finish(placed);
        }
      }
    }
    return w.isDone();
  }

  /** The turns whose end decides about {@code w}; none if nobody knows who could serve it. */
  List<SpaceTransaction> blockers(Waiter w) {
    return switch (w.kind()) {
      case READ, TAKE -> List.of();
      case TAKE_IF_EXISTS -> shelf.takers(w.tx(), w.pattern());
      case WRITE_ONCE -> shelf.rivals(w.tx(), w.pattern(), w.candidate());
      case SETTLE -> {
        SpaceTransaction earlier = shelf.earlier(w.tx());
        yield earlier == null ? List.of() : List.of(earlier);
      }
    };
  }

  /** Undoes the answer of a call whose guest never saw it; its turn goes on. */
  void giveBack(Waiter w) {
    Tuple t = w.result();
    if (t == null) {
      return;
    }
    if (w.takes() && t.holder() == w.tx()) {
      shelf.untake(w.tx(), t);
      w.tx().wakeRivals();
    } else if (w.kind() == Waiter.Kind.WRITE_ONCE && t == w.candidate()) {
      shelf.unplace(w.tx(), t);
      w.tx().wakeRivals();
    }
  }
}
