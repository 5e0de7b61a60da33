package io.plexspaces.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.guest.MemoryBudget;
import io.plexspaces.api.guest.ModuleDescription;
import java.util.HashSet;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Names, addresses, ids, frames and errors: what crosses every border. */
class IdentityTest {
  @Test
  void anAddressHasThreePartsAndItsKeyMayHaveSlashes() {
    ActorId id = ActorId.parse("t", "app/type/a/b c/ü");
    assertThat(id.key()).isEqualTo("a/b c/ü");
    assertThat(id.address()).isEqualTo("app/type/a/b c/ü");
    assertThat(ActorId.parse("t", id.address())).isEqualTo(id);
    assertThat(id.toString()).isEqualTo("t:app/type/a/b c/ü");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "app", "app/type", "/type/key", "app//key", "a b/type/key", "app/type/"})
  void whatIsNoAddressIsNamed(String address) {
    assertThatThrownBy(() -> ActorId.parse("t", address))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT));
  }

  @Test
  void keysAreBoundedInBytesNotLetters() {
    assertThat(new ActorId(new AppId("t", "a"), "x", "ü".repeat(256)).key()).hasSize(256);
    assertThatThrownBy(() -> new ActorId(new AppId("t", "a"), "x", "ü".repeat(257)))
        .hasMessageContaining("512 bytes");
  }

  @Property(tries = 200)
  void messageIdsAreReadBack(@ForAll long high, @ForAll long low) {
    MessageId id = new MessageId(high, low);
    assertThat(MessageId.parse(id.toString())).isEqualTo(id);
  }

  @Test
  void derivedIdsRepeatAndDiffer() {
    MessageId id = new MessageId(1, 2);
    Set<MessageId> all = new HashSet<>();
    for (int n = 0; n < 1000; n++) {
      assertThat(all.add(id.derive(n))).isTrue();
      assertThat(id.derive(n)).isEqualTo(new MessageId(1, 2).derive(n));
    }
    assertThatThrownBy(() -> MessageId.parse("zz")).hasMessageContaining("\"zz\"");
  }

  @Property(tries = 200)
  void framesAreReadBack(@ForAll byte[] header, @ForAll byte[] body) {
    Frame f = Frame.decode(new Frame(header, body).encode());
    assertThat(f.header()).isEqualTo(header);
    assertThat(f.body()).isEqualTo(body);
  }

  @Test
  void lyingFramesAreRefused() {
    assertThatThrownBy(() -> Frame.decode(new byte[] {1, 2, 3})).hasMessageContaining("too short");
    assertThatThrownBy(() -> Frame.decode(new byte[] {5, 0, 0, 0, 1}))
        .hasMessageContaining("says its header has 5");
    assertThatThrownBy(() -> Frame.decode(new byte[] {-1, -1, -1, -1}))
        .hasMessageContaining("4294967295");
  }

  @Test
  void errorsKeepAllTheyHave() {
    HostError e =
        new HostError(
            ErrorCode.ABORTED, "no", false, Value.Obj.builder().put("reason", "x").build(), true);
    assertThat(HostError.fromValue(e.toValue())).isEqualTo(e);
    assertThat(HostError.fromValue(Json.read("{\"code\":\"WHAT\"}")).code())
        .isEqualTo(ErrorCode.INTERNAL);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          '[]'                                                          | is not an object
          '{"abi":2,"types":[]}'                                        | says ABI 2
          '{"abi":1,"types":[]}'                                        | names no actor types
          '{"abi":1,"types":[{"name":"a b"}]}'                          | invalid name "a b"
          '{"abi":1,"types":[{"name":"a","behavior":"X"}]}'             | unknown behavior "X"
          '{"abi":1,"types":[{"name":"a"},{"name":"a"}]}'               | is there twice
          '{"abi":1,"types":[{"name":"a","operations":[{"kind":"call"}]}]}' | has no name
          '{"abi":1,"types":[{"name":"a","operations":[{"name":"x","kind":"y"}]}]}' | kind "y"
          """)
  void descriptionsThatLieAreRefused(String text, String message) {
    assertThatThrownBy(() -> ModuleDescription.parse(Json.read(text)))
        .hasMessageContaining(message);
  }

  @Test
  void aDescriptionIsReadBack() {
    String text =
        "{\"abi\":1,\"sdk\":\"x\",\"types\":[{\"name\":\"a\",\"behavior\":\"GenServer\","
            + "\"operations\":[{\"name\":\"get\",\"kind\":\"query\"}]}]}";
    ModuleDescription d = ModuleDescription.parse(Json.read(text));
    assertThat(ModuleDescription.parse(d.toValue())).isEqualTo(d);
    assertThat(Json.writeString(d.toValue())).isEqualTo(text);
  }

  @Test
  void aBudgetGivesNoMoreThanItHas() {
    MemoryBudget b = new MemoryBudget(100);
    assertThat(b.tryCharge(60)).isTrue();
    assertThat(b.tryCharge(60)).isFalse();
    assertThat(b.used()).isEqualTo(60);
    assertThatThrownBy(() -> b.charge(41))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED));
    b.release(60);
    assertThat(b.used()).isZero();
  }
}
