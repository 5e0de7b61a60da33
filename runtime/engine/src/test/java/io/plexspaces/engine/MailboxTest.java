package io.plexspaces.engine;

import static io.plexspaces.engine.TestApps.context;
import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.MessageId;
import io.plexspaces.api.Payload;
import io.plexspaces.engine.Mailbox.Offer;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Messages that take a place of the capacity beside those that take none. */
@Timeout(60)
class MailboxTest {
  private static final int ROUNDS = 50_000;

  private static Message message(Message.Kind kind) {
    return new Message(
        new MessageId(1, 1),
        null,
        kind,
        "op",
        Payload.EMPTY_OBJECT,
        context(),
        null,
        null,
        null,
        false);
  }

  @Test
  void aFreePlaceIsFreeWhileAStreamsTurnIsTaken() throws Exception {
    Message plain = message(Message.Kind.SEND);
    Message resume = message(Message.Kind.RESUME);
    Mailbox mailbox = new Mailbox.Linked(1, false);
    CyclicBarrier round = new CyclicBarrier(2);
    AtomicReference<Offer> worst = new AtomicReference<>(Offer.QUEUED);
    Thread sender =
        Thread.ofPlatform()
            .start(() -> {
              try {
                for (int i = 0; i < ROUNDS; i++) {
                  round.await();
                  Offer o = mailbox.offer(plain);
                  if (o != Offer.QUEUED) {
                    worst.set(o);
                  }
                  round.await();
                }
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            });
    for (int i = 0; i < ROUNDS; i++) {
      assertThat(mailbox.force(resume)).isEqualTo(Offer.QUEUED);
      round.await();
      assertThat(mailbox.poll()).isSameAs(resume);
      round.await();
      var _ = mailbox.poll();
    }
    sender.join();
    assertThat(worst).hasValue(Offer.QUEUED);
  }

  @Test
  void whoWaitsForRoomIsNotWokenByWhatTookNone() throws Exception {
    Mailbox mailbox = new Mailbox.Linked(1, false);
    var _ = mailbox.force(message(Message.Kind.RESUME));
    assertThat(mailbox.offer(message(Message.Kind.SEND))).isEqualTo(Offer.QUEUED);
    Thread waiter =
        Thread.ofPlatform()
            .start(() -> {
              try {
                mailbox.awaitRoom(Long.MAX_VALUE);
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    while (waiter.getState() != Thread.State.WAITING
        && waiter.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait();
    }
    assertThat(mailbox.poll()).isNotNull();
    assertThat(waiter.join(java.time.Duration.ofMillis(200))).isFalse();
    assertThat(mailbox.poll()).isNotNull();
    waiter.join();
  }
}
