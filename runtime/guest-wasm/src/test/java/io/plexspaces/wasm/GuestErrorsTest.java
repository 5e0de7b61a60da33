package io.plexspaces.wasm;

import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostError;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class GuestErrorsTest {
  @Test
  void textIsCutBetweenCharacters() {
    for (String c : new String[] {"x", "ü", "€", "😀"}) {
      String most = c.repeat(GuestErrors.MAX_TEXT / c.getBytes(StandardCharsets.UTF_8).length);
      if (most.getBytes(StandardCharsets.UTF_8).length == GuestErrors.MAX_TEXT) {
        assertThat(GuestErrors.cut(most)).isEqualTo(most);
      }
      assertThat(GuestErrors.cut(most + c + c)).isEqualTo(most + "…");
      assertThat(GuestErrors.cut(c)).isEqualTo(c);
      byte[] all = ("a" + c).getBytes(StandardCharsets.UTF_8);
      assertThat(GuestErrors.beginning(all)).isEqualTo("a" + c + "…");
      byte[] part = java.util.Arrays.copyOf(all, all.length - 1);
      assertThat(GuestErrors.beginning(part)).isEqualTo("a…");
    }
  }

  @Test
  void whatElseAnErrorSaysStays() {
    HostError e = HostError.of(ErrorCode.ABORTED, "short");
    assertThat(GuestErrors.cut(e)).isEqualTo(e);
  }
}
