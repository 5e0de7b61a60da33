package io.plexspaces.system.crash;

import io.plexspaces.api.Payload;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What clients know: what they meant to do, what was answered, what they saw. A line each, written
 * when it is known and never later:
 *
 * <pre>
 * life  &lt;when, in ms&gt;                              a node is about to start
 * meant &lt;key&gt; &lt;account&gt; &lt;operation&gt; &lt;payload&gt;      before the request (sends instead of meant: a send)
 * done  &lt;key&gt; &lt;reply&gt;                              after the reply
 * refused &lt;key&gt; &lt;code&gt;                             after the refusal
 * accepted &lt;key&gt;                                   a send was taken in
 * saw   &lt;account&gt; &lt;reply&gt;                          a reply that only reads
 * </pre>
 *
 * Thread-safe while it is written; what it knows is read when nobody writes.
 */
final class ClientLog {
  /**
   * @param sent whether it was sent: then its sender is told only that it was taken in
   */
  record Meant(String key, String account, String op, Payload payload, boolean sent) {}

  /** What a client was told of its request. */
  enum How {
    DONE,
    REFUSED,
    ACCEPTED
  }

  /**
   * @param life in which the client was told
   * @param text the reply, or the code of the error
   */
  record Told(String key, int life, How how, String text) {
    boolean done() {
      return how == How.DONE;
    }
  }

  record Saw(String account, int life, String reply) {}

  private final Consumer<String> out;
  private final List<Long> lives = new ArrayList<>();
  private final Map<String, Meant> meant = new LinkedHashMap<>();
  private final Map<String, Told> told = new LinkedHashMap<>();
  private final List<Saw> seen = new ArrayList<>();

  /**
   * @param out gets each line that is written
   */
  ClientLog(Consumer<String> out) {
    this.out = out;
  }

  static ClientLog of(List<String> lines) {
    ClientLog log = new ClientLog(_ -> {});
    lines.forEach(log::read);
    return log;
  }

  void life(long atMillis) {
    write("life\t" + atMillis);
  }

  void meant(Meant m) {
    String verb = m.sent() ? "sends" : "meant";
    write(verb + "\t" + m.key() + "\t" + m.account() + "\t" + m.op() + "\t" + m.payload().text());
  }

  void done(String key, Payload reply) {
    write("done\t" + key + "\t" + reply.text());
  }

  void refused(String key, String code) {
    write("refused\t" + key + "\t" + code);
  }

  void accepted(String key) {
    write("accepted\t" + key);
  }

  void saw(String account, Payload reply) {
    write("saw\t" + account + "\t" + reply.text());
  }

  private synchronized void write(String line) {
    out.accept(line + "\n");
    read(line);
  }

  /** Takes in a line that was written before. */
  synchronized void read(String line) {
    String[] f = line.split("\t", -1);
    int life = lives.size() - 1;
    switch (f[0]) {
      case "life" -> lives.add(Long.parseLong(f[1]));
      case "meant", "sends" ->
          meant.put(f[1], new Meant(f[1], f[2], f[3], Payload.json(f[4]), f[0].equals("sends")));
      case "done" -> told.put(f[1], new Told(f[1], life, How.DONE, f[2]));
      case "refused" -> told.put(f[1], new Told(f[1], life, How.REFUSED, f[2]));
      case "accepted" -> told.put(f[1], new Told(f[1], life, How.ACCEPTED, "accepted"));
      case "saw" -> seen.add(new Saw(f[1], life, f[2]));
      default -> throw new IllegalArgumentException(line);
    }
  }

  /** When each node began, in ms. */
  List<Long> lives() {
    return lives;
  }

  Collection<Meant> meant() {
    return meant.values();
  }

  @Nullable Meant meant(String key) {
    return meant.get(key);
  }

  Collection<Told> told() {
    return told.values();
  }

  @Nullable Told told(String key) {
    return told.get(key);
  }

  List<Meant> unanswered() {
    return meant.values().stream().filter(m -> !told.containsKey(m.key())).toList();
  }

  List<Saw> seen() {
    return seen;
  }
}
