package io.plexspaces.wasm;

import static org.assertj.core.api.Assertions.assertThat;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.Frame;
import io.plexspaces.api.HostError;
import io.plexspaces.api.Json;
import io.plexspaces.api.guest.GuestErrors;
import io.plexspaces.api.guest.GuestInstance;
import io.plexspaces.api.guest.GuestLimits;
import io.plexspaces.api.guest.GuestModule;
import io.plexspaces.api.guest.GuestOp;
import io.plexspaces.api.guest.MemoryBudget;
import io.plexspaces.wasm.fixture.Code;
import io.plexspaces.wasm.fixture.GuestBuilder;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
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
  void aCoreModulesErrorIsCutToo() {
    byte[] error = Json.write(HostError.of(ErrorCode.ABORTED, "x".repeat(100_000)).toValue());
    GuestBuilder g = new GuestBuilder().memory(4, 16);
    g.module().data(GuestBuilder.FREE, error);
    byte[] module =
        g.handler(Code.code().i32(GuestBuilder.FREE).i32(error.length).call(g.output).i32(1));
    WasmEngine engine = new WasmEngine(new ModuleCompiler(null), MemoryBudget.unlimited());
    try (GuestModule m = engine.load(module, GuestLimits.DEFAULT);
        GuestInstance i = m.spawn("thing", new byte[32])) {
      HostError e = i.call(GuestOp.HANDLE, Frame.EMPTY, new TestHost()).error();
      assertThat(Objects.requireNonNull(e).code()).isEqualTo(ErrorCode.ABORTED);
      assertThat(e.message()).isEqualTo("x".repeat(GuestErrors.MAX_TEXT) + "…");
    }
  }

  @Test
  void whatElseAnErrorSaysStays() {
    HostError e = HostError.of(ErrorCode.ABORTED, "short");
    assertThat(GuestErrors.cut(e)).isEqualTo(e);
  }
}
