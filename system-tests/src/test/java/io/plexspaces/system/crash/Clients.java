package io.plexspaces.system.crash;

import io.plexspaces.api.HostException;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Value;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Those who use the bank, and write down what they are told. */
final class Clients {
  private final BankNode node;
  private final ClientLog log;

  Clients(BankNode node, ClientLog log) {
    this.node = node;
    this.log = log;
  }

  /**
   * Several at once, each one request after the other.
   *
   * @param each how many requests of each client
   */
  void work(int clients, int each, Random random) throws InterruptedException {
    int life = log.lives().size();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> all = new ArrayList<>();
      for (int c = 0; c < clients; c++) {
        String name = life + "." + c + ".";
        Random own = new Random(random.nextLong());
        all.add(
            threads.submit(() -> {
              for (int i = 0; i < each; i++) {
                step(name + i, own);
              }
            }));
      }
      for (Future<?> f : all) {
        f.get();
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException("a client failed", e.getCause());
    }
  }

  private void step(String key, Random random) {
    int from = random.nextInt(Bank.ACCOUNTS);
    String account = Bank.account(from);
    int what = random.nextInt(100);
    if (what < 12) {
      log.saw(account, node.ask(account, Bank.GET, Payload.EMPTY_OBJECT, null));
      return;
    }
    if (what < 27) {
      log.saw(account, node.ask(account, Bank.COLLECT, Payload.EMPTY_OBJECT, null));
      return;
    }
    int to = (from + 1 + random.nextInt(Bank.ACCOUNTS - 1)) % Bank.ACCOUNTS;
    Payload payload =
        Payload.json(
            Value.Obj.builder()
                .put("id", key)
                .put("to", Bank.account(to))
                .put("amount", 1 + random.nextInt(200))
                .put("delay", random.nextInt(300))
                .build());
    String op = what < 42 ? Bank.WITHDRAW : what < 57 ? Bank.SETTLE : Bank.TRANSFER;
    boolean sent = random.nextInt(6) == 0;
    ClientLog.Meant m = new ClientLog.Meant(key, account, op, payload, sent);
    log.meant(m);
    request(m);
    if (random.nextInt(8) == 0) {
      // A client whose connection broke asks again, and must be told the same.
      repeat(m);
    }
  }

  private void request(ClientLog.Meant m) {
    if (m.sent()) {
      node.send(m.account(), m.op(), m.payload(), m.key());
      log.accepted(m.key());
      return;
    }
    try {
      log.done(m.key(), node.ask(m.account(), m.op(), m.payload(), m.key()));
    } catch (HostException e) {
      if (!e.error().business()) {
        throw e; // nothing else is expected of an undisturbed node
      }
      log.refused(m.key(), e.code().name());
    }
  }

  /** Asks again what was answered, under the same key. */
  private void repeat(ClientLog.Meant m) {
    if (m.sent()) {
      node.send(m.account(), m.op(), m.payload(), m.key());
      return;
    }
    ClientLog.Told before = Objects.requireNonNull(log.told(m.key()));
    String now;
    boolean done = true;
    try {
      now = node.ask(m.account(), m.op(), m.payload(), m.key()).text();
    } catch (HostException e) {
      done = false;
      now = e.code().name();
    }
    if (done != before.done() || !now.equals(before.text())) {
      throw new Different(m.key() + " was answered " + before.text() + ", and then " + now);
    }
  }

  /** The same key was answered differently. */
  static final class Different extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Different(String message) {
      super(message);
    }
  }

  /** Asks again, under its key, whatever was not answered, and some of what was. */
  void resume(Random random) {
    List<ClientLog.Meant> answered =
        log.told().stream()
            .filter(_ -> random.nextInt(100) < 5)
            .map(t -> Objects.requireNonNull(log.meant(t.key())))
            .toList();
    answered.forEach(this::repeat);
    log.unanswered().forEach(this::request);
  }

  /**
   * Waits until no money is under way.
   *
   * @return whether all of it has arrived in time
   */
  boolean settle(Duration atMost) throws InterruptedException {
    long until = System.nanoTime() + atMost.toNanos();
    collect();
    while (money() != Bank.ALL_MONEY) {
      if (System.nanoTime() - until >= 0) {
        return false;
      }
      TimeUnit.MILLISECONDS.sleep(2);
      collect();
    }
    // All accounts are awake now, and have sent again what may not have arrived: behind that, a
    // second question is answered.
    return money() == Bank.ALL_MONEY;
  }

  /** Each account takes what was left for it. */
  private void collect() {
    for (int i = 0; i < Bank.ACCOUNTS; i++) {
      String id = "";
      do {
        Payload p = node.ask(Bank.account(i), Bank.COLLECT, Payload.EMPTY_OBJECT, null);
        id = ((Value.Obj) p.value()).string("id", "");
      } while (!id.isEmpty());
    }
  }

  private long money() {
    long sum = 0;
    for (int i = 0; i < Bank.ACCOUNTS; i++) {
      sum += node.standing(i).balance();
    }
    return sum;
  }
}
