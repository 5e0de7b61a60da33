package io.plexspaces.engine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class GuestTextTest {
  @Test
  void aGuestCannotBeginALineOfTheLog() {
    assertThat(GuestText.oneLine("ok\n2026-01-01 SEVERE forged\r\u001b[31m\tend"))
        .isEqualTo("ok\\n2026-01-01 SEVERE forged\\u000d\\u001b[31m\tend");
    assertThat(GuestText.indented("at f (a.ts:1)\nat g (b.ts:2)"))
        .isEqualTo("\n    at f (a.ts:1)\n    at g (b.ts:2)");
  }
}
