package io.plexspaces.wasm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Objects;
import org.junit.jupiter.api.Test;

class HostImportsTest {
  private static final HostImports.Function SEVEN = (guest, args) -> 7;

  private static long call(HostImports imports, String name) throws Exception {
    try (GuestState s = TemplateTest.started()) {
      try (Lease lease = s.enter(new TestHost())) {
        return Objects.requireNonNull(imports.find("m", name)).function().call(lease, new long[0]);
      }
    }
  }

  @Test
  void aReplacementMayCallWhatWasThereAndKeepsItsSignature() throws Exception {
    HostImports imports =
        HostImports.builder()
            .add("m", "f", "ii:i", SEVEN)
            .replace("m", "f", before -> (guest, args) -> before.call(guest, args) + 1)
            .replace("m", "f", before -> (guest, args) -> before.call(guest, args) * 10)
            .build();
    assertThat(call(imports, "f")).isEqualTo(80);
    assertThat(Objects.requireNonNull(imports.find("m", "f")).signature()).isEqualTo("ii:i");
  }

  @Test
  void aReplacementLeavesTheImportsThatItWasMadeOfAsTheyWere() throws Exception {
    HostImports original = HostImports.builder().add("m", "f", ":i", SEVEN).build();
    HostImports changed =
        HostImports.builder().addAll(original).replace("m", "f", f -> (guest, args) -> 8).build();
    assertThat(call(original, "f")).isEqualTo(7);
    assertThat(call(changed, "f")).isEqualTo(8);
  }

  @Test
  void whatIsNotThereCannotBeReplacedAndWhatIsThereNotAdded() {
    HostImports.Builder b = HostImports.builder().add("m", "f", ":", SEVEN);
    assertThatThrownBy(() -> b.replace("m", "g", f -> f)).hasMessage("m.g is not there");
    assertThatThrownBy(() -> b.add("m", "f", ":", SEVEN)).hasMessage("m.f is there twice");
    HostImports same = HostImports.builder().add("m", "f", ":", SEVEN).build();
    assertThatThrownBy(() -> b.addAll(same)).hasMessage("m.f is there twice");
    assertThatThrownBy(() -> b.add("m", "h", "i32:", SEVEN))
        .hasMessageContaining("not a signature");
    assertThat(b.build().find("m", "h")).isNull();
    assertThat(b.build().hasModule("m")).isTrue();
    assertThat(b.build().hasModule("n")).isFalse();
  }
}
