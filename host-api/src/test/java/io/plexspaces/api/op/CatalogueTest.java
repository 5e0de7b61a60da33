package io.plexspaces.api.op;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CatalogueTest {
  private static final Set<String> TYPES =
      Set.of("string", "integer", "number", "boolean", "array", "object", "any", "null", "bytes");

  @Test
  void everyEntryIsWhole() {
    assertThat(Catalogue.get().entries()).containsKeys("ask", "ts_take", "workflow_start");
    for (Catalogue.Entry e : Catalogue.get().entries().values()) {
      assertThat(e.name()).matches("[a-z][a-z0-9_]*");
      assertThat(e.doc()).as(e.name()).endsWith(".");
      assertThat(TYPES).as(e.name()).contains(e.result().replace("?", ""));
      Set<String> names = new HashSet<>();
      for (Catalogue.Argument a : e.arguments()) {
        assertThat(TYPES).as(e.name()).contains(a.type());
        assertThat(names.add(a.name())).as(e.name() + "." + a.name()).isTrue();
      }
      if (e.body() != null) {
        assertThat(names).as(e.name()).doesNotContain(e.body());
      }
    }
  }

  @Test
  void whatWasNeverAnOperationIsNotFound() {
    assertThat(Catalogue.get().find("ask_nicely")).isNull();
  }
}
