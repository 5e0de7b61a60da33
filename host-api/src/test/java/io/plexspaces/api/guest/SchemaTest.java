package io.plexspaces.api.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Value;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SchemaTest {
  private static final String BYTES =
      "{'type':'object','properties':{'$bytes':{'type':'string','contentEncoding':'base64'}},"
          + "'required':['$bytes']}";

  private static Schema schema(String json) {
    return Schema.compile((Value.Obj) value(json));
  }

  private static Value value(String json) {
    return Json.read(json.replace('\'', '"'));
  }

  private static String problems(String schema, String value) {
    return String.join(
        "; ", schema(schema).check(value(value)).stream().map(Object::toString).toList());
  }

  @Test
  void refusalNamesOperationFieldsAndWhatWasFound() {
    Schema s =
        schema(
            "{'type':'object','properties':{'by':{'type':'integer'},"
                + "'tags':{'type':'array','items':{'type':'string'}}},'required':['by','name']}");
    assertThatThrownBy(() -> s.require("increment", json("{'by':'2','tags':['a',1],'more':1}")))
        .isInstanceOfSatisfying(
            HostException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
              assertThat(e.error().business()).isFalse();
              assertThat(e.error().message())
                  .isEqualTo(
                      "increment: \"name\" is missing; \"by\" must be an integer, it is a string;"
                          + " \"tags[1]\" must be a string, it is an integer");
              assertThat(Json.writeString(e.error().details()))
                  .startsWith("{\"fields\":[{\"path\":\"name\",\"problem\":\"is missing\"}");
            });
  }

  private static Payload json(String text) {
    return Payload.json(text.replace('\'', '"'));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'type':'integer'} | 1.0 | ``",
        "{'type':'integer'} | 1.5 | the payload must be an integer, it is a number",
        "{'type':'integer'} | 123456789012345678901234567890 | ``",
        "{'type':'integer','minimum':1} | 0 | the payload must be at least 1, it is 0",
        "{'type':'integer','maximum':9223372036854775807} | 9223372036854775808 | the payload must"
            + " be at most 9223372036854775807, it is 9223372036854775808",
        "{'type':['string','null']} | true | the payload must be null or a string, it is a boolean",
        "{'type':'string','maxLength':2} | '😀😀' | ``",
        "{'type':'string','minLength':3} | '😀😀' | the payload must have at least 3 characters, it"
            + " has 2",
        "{'enum':['a','b']} | 'c' | the payload must be one of \"a\", \"b\", it is \"c\"",
        "{'const':1} | 1.0 | ``",
        "{'prefixItems':[{'type':'string'},{'type':'integer'}],'minItems':2,'maxItems':2} | ['a'] |"
            + " the payload must have at least 2 items, it has 1",
        "{'prefixItems':[{'type':'string'}],'items':{'type':'integer'}} | ['a','b'] | \"[1]\" must"
            + " be an integer, it is a string",
        "{'properties':{'a':{'additionalProperties':false,'properties':{'x':{}}}}} | {'a':{'y':1}}"
            + " | \"a.y\" is unknown, the fields are x",
        "{'additionalProperties':{'type':'integer'}} | {'k':'v'} | \"k\" must be an integer, it is"
            + " a string",
        "{'anyOf':[{'type':'integer'},{'type':'null'}]} | 'x' | the payload must be an integer or"
            + " null, it is a string",
        "{'anyOf':[{'type':'object','required':['a']},{'type':'null'}]} | {} | \"a\" is missing",
        "{'$ref':'#/$defs/T','$defs':{'T':{'type':'array','items':{'$ref':'#/$defs/T'}}}} |"
            + " [[],[[1]]] | \"[1][0][0]\" must be a list, it is an integer"
      })
  void check(String schema, String value, String problems) {
    assertThat(problems(schema, value)).isEqualTo(problems);
  }

  @Test
  void bytesAreWhatIsDeclaredAsBytesAndNoOtherObject() {
    String field = "{'properties':{'data':" + BYTES + "}}";
    assertThat(problems(field, "{'data':{'$bytes':'AAEC'}}")).isEmpty();
    assertThat(problems(field, "{'data':'AAEC'}"))
        .isEqualTo("\"data\" must be bytes, it is a string");
    assertThat(problems("{'type':'object'}", "{'$bytes':'AAEC'}"))
        .isEqualTo("the payload must be an object, it is bytes");
    assertThat(problems("{}", "{'$bytes':'AAEC'}")).isEmpty();
  }

  @Test
  void anOpaquePayloadNeedsASchemaOfBytes() {
    Payload png = new Payload(new byte[] {1, 2}, "image/png");
    schema(BYTES).require("put", png);
    schema("{'anyOf':[{'type':'null'}," + BYTES + "]}").require("put", png);
    schema("{}").require("put", png);
    assertThatThrownBy(() -> schema("{'type':'object'}").require("put", png))
        .hasMessage("put: the payload must be an object, it is image/png");
    assertThatThrownBy(() -> schema("{'properties':{'a':{}}}").require("put", png))
        .hasMessageStartingWith("put: the payload must be");
  }

  @Test
  void noBytesAtAllAreTheEmptyObject() {
    schema("{'type':'object'}").require("op", Payload.empty());
    assertThatThrownBy(
            () -> schema("{'type':'object','required':['a']}").require("op", Payload.empty()))
        .hasMessage("op: \"a\" is missing");
  }

  @Test
  void textThatIsNotJsonIsRefusedWithItsOperation() {
    assertThatThrownBy(() -> schema("{'type':'object'}").require("op", Payload.json("{\"a\":")))
        .hasMessageStartingWith("op: not valid JSON");
  }

  @Test
  void atMostTenProblemsAreTold() {
    String many = "[" + "1,".repeat(100) + "1]";
    assertThat(schema("{'items':{'type':'string'}}").check(value(many))).hasSize(10);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'pattern':'a'}",
        "{'oneOf':[{}]}",
        "{'type':'float'}",
        "{'type':[]}",
        "{'required':'a'}",
        "{'minLength':-1}",
        "{'minItems':3,'maxItems':2}",
        "{'enum':[]}",
        "{'enum':[1],'const':1}",
        "{'$ref':'#/$defs/Absent'}",
        "{'$ref':'http://example.org/schema'}",
        "{'$defs':{'A':{'$ref':'#/$defs/A'}}}",
        "{'$defs':{'A':{'anyOf':[{'$ref':'#/$defs/B'},{}]},'B':{'$ref':'#/$defs/A'}}}",
        "{'properties':{'a':{'$defs':{}}}}",
        "{'properties':{'a':3}}"
      })
  void whatIsNotOfTheSubsetIsRefused(String schema) {
    assertThatThrownBy(() -> schema(schema))
        .isInstanceOfSatisfying(
            HostException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT));
  }

  @Test
  void alternativesThatReferToThemselvesEndInTime() {
    Schema s =
        schema(
            "{'$ref':'#/$defs/T','$defs':{'T':{'anyOf':[{'type':'array','items':{'$ref':"
                + "'#/$defs/T'}},{'type':'array','items':{'$ref':'#/$defs/T'},'maxItems':9}]}}}");
    assertThat(s.check(value("[".repeat(300) + "1" + "]".repeat(300)))).isNotEmpty();
  }

  @Test
  void tooDeepAndTooLargeSchemasAreRefused() {
    assertThatThrownBy(() -> schema("{'items':".repeat(100) + "{}" + "}".repeat(100)))
        .hasMessageContaining("too large");
  }

  @Test
  void aModuleIsRefusedWithTypeOperationAndKeyword() {
    assertThatThrownBy(() ->
            ModuleDescription.parse(
                value(
                    "{'abi':1,'types':[{'name':'c','operations':[{'name':'go',"
                        + "'input':{'properties':{'a':{'pattern':'x'}}}}]}]}")))
        .hasMessageContaining(
            "the input of operation \"go\" of type \"c\": \"pattern\" is not supported (at a)");
  }
}
