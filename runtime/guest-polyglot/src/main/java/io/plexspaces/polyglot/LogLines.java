package io.plexspaces.polyglot;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** What a guest prints, line by line. Used by the thread that runs the guest. */
final class LogLines extends OutputStream {
  /** A line is cut into parts of this size. */
  private static final int MAX_LINE = 8 << 10;

  private final Consumer<String> log;
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();

  LogLines(Consumer<String> log) {
    this.log = log;
  }

  @Override
  public void write(int b) {
    if (b == '\n') {
      end();
    } else {
      line.write(b);
      if (line.size() >= MAX_LINE && (b & 0xC0) != 0xC0) {
        end();
      }
    }
  }

  @Override
  public void write(byte[] bytes, int from, int count) {
    for (int i = from; i < from + count; i++) {
      write(bytes[i]);
    }
  }

  private void end() {
    String s = line.toString(StandardCharsets.UTF_8);
    line.reset();
    log.accept(s.endsWith("\r") ? s.substring(0, s.length() - 1) : s);
  }

  /** The end of a call ends the line. */
  void finish() {
    if (line.size() > 0) {
      end();
    }
  }
}
