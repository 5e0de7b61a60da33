package io.plexspaces.api.journal;

import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;

/**
 * Which messages of one durable sender an actor has handled, for ever: all with a number below
 * {@code low}, and those listed.
 *
 * @param epoch of the sender's journal
 * @param low the sender has said that nothing below it comes again
 * @param above handled numbers from {@code low} on, ascending
 */
public record Watermark(long epoch, long low, List<Long> above) {
  /** Nothing was received yet. */
  public static final Watermark NONE = new Watermark(0, 0, List.of());

  public Watermark {
    above = List.copyOf(above);
  }

  /** Whether that message was handled, or belongs to an earlier life of its sender. */
  public boolean covers(TurnRecord.Received r) {
    if (r.epoch() != epoch) {
      return r.epoch() < epoch;
    }
    return r.number() < low || Collections.binarySearch(above, r.number()) >= 0;
  }

  /** After that message was handled. */
  public Watermark with(TurnRecord.Received r) {
    if (covers(r)) {
      return this;
    }
    if (r.epoch() != epoch) {
      return new Watermark(r.epoch(), r.low(), List.of(r.number()));
    }
    long newLow = Math.max(low, r.low());
    return new Watermark(
        epoch,
        newLow,
        Stream.concat(above.stream(), Stream.of(r.number()))
            .filter(n -> n >= newLow)
            .sorted()
            .toList());
  }
}
