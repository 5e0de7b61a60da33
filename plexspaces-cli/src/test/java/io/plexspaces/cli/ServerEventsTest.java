package io.plexspaces.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ServerEventsTest {
  @Test
  void aValueIsThereBeforeTheNextOneComes() throws Exception {
    LinkedBlockingQueue<String> values = new LinkedBlockingQueue<>();
    try (PipedOutputStream out = new PipedOutputStream()) {
      PipedInputStream in = new PipedInputStream(out);
      Thread reader =
          Thread.startVirtualThread(() -> {
            try {
              values.add("last: " + new ServerEvents(in).read(values::add).name());
            } catch (IOException e) {
              values.add(e.toString());
            }
          });
      for (String v : List.of("1", "2")) {
        out.write((":\n\nid: 1\ndata: " + v + "\n\n").getBytes(UTF_8));
        out.flush();
        assertThat(values.poll(20, TimeUnit.SECONDS)).isEqualTo(v);
      }
      out.write("event: end\ndata: {}\n\n".getBytes(UTF_8));
      out.flush();
      assertThat(values.poll(20, TimeUnit.SECONDS)).isEqualTo("last: end");
      reader.join();
    }
  }

  @Test
  void whatBreaksOffInTheMiddleOfAnEventIsNoValue() throws Exception {
    List<String> values = new ArrayList<>();
    byte[] bytes = "data: 1\n\ndata: 2\n".getBytes(UTF_8);
    assertThat(new ServerEvents(new ByteArrayInputStream(bytes)).read(values::add).name())
        .isEmpty();
    assertThat(values).containsExactly("1");
  }
}
