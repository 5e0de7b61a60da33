package io.plexspaces.api.guest;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plexspaces.api.ErrorCode;
import io.plexspaces.api.HostException;
import io.plexspaces.api.Json;
import io.plexspaces.api.Payload;
import io.plexspaces.api.Value;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
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
        "; ", schema(schema).check(value(value), 1000).stream().map(Object::toString).toList());
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
    assertThat(schema("{'items':{'type':'string'}}").check(value(many), 200)).hasSize(10);
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
    assertThat(s.check(value("[".repeat(300) + "1" + "]".repeat(300)), 601)).isNotEmpty();
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

  // ---- what a module's schema makes a payload cost

  private static String list(int n, IntFunction<String> part) {
    return IntStream.range(0, n).mapToObj(part).collect(joining(","));
  }

  @Test
  void manyPropertiesCostASmallObjectNothing() {
    Schema s =
        schema(
            "{'items':{'type':'object','properties':{"
                + list(9_900, i -> "'p" + i + "':{}")
                + "}}}");
    assertThat(s.steps(value("[" + list(30_000, i -> "{}") + "]"))).isLessThan(100_000);
  }

  @Test
  void manyAllowedValuesCostNoMoreThanOne() {
    Schema s =
        schema("{'items':{'enum':[" + list(9_000, i -> "'v" + i + "'") + ",1e2,-0.5,null]}}");
    Value v = value("[" + list(3_000, i -> "'v" + (i + 5_000) + "'") + ",100,-0.5,null]");
    assertThat(s.check(v, 1000)).isEmpty();
    assertThat(s.steps(v)).isLessThan(10_000);
    assertThat(s.check(value("['v9001']"), 10).getFirst().problem())
        .startsWith("must be one of \"v0\", ")
        .endsWith("another of 9003, it is \"v9001\"");
  }

  @Test
  void numbersAreAllowedByTheirValueWhateverTheirKind() {
    Schema s = schema("{'enum':[1,2.0,1e30,-0.0,9223372036854775808]}");
    for (String same : new String[] {"1.0", "2", "1000000000000000019884624838656", "0", "1E30"}) {
      assertThat(s.check(value(same), 10)).as(same).isEmpty();
    }
    assertThat(s.check(value("9223372036854775808.0"), 10)).isEmpty();
    for (String other : new String[] {"1.5", "'1'", "1e31", "true", "[1]"}) {
      assertThat(s.check(value(other), 10)).as(other).isNotEmpty();
    }
  }

  @Test
  void allowedListsAndObjectsAreComparedWithinTheBudget() {
    String part = list(90, i -> "" + i);
    Schema s = schema("{'items':{'enum':[" + list(90, i -> "[" + part + "," + i + "]") + "]}}");
    assertThat(s.check(value("[[" + part + ",89]]"), 300)).isEmpty();
    Value many = value("[" + list(100, i -> "[" + part + ",89]") + "]");
    assertThat(s.check(many, 1000).getFirst().problem())
        .startsWith("takes too much work to be checked");
  }

  @Test
  void aLargePayloadOfASimpleSchemaMayTakeTheWorkThatItsSizeNeeds() {
    Payload large = json("[" + list(400_000, i -> "{'n':1}") + "]");
    schema(
            "{'type':'array','items':{'type':'object','properties':{'n':{'type':'integer'}},"
                + "'required':['n']}}")
        .require("op", large);
  }

  @Test
  void whatIsExpectedIsToldInFewWordsHoweverManyAlternativesLeadThere() {
    // Each level refers to all of the next one: 100 to the power of 4 ways.
    StringBuilder defs = new StringBuilder();
    for (int level = 0; level < 4; level++) {
      String next = "{'$ref':'#/$defs/L" + (level + 1) + "'}";
      defs.append("'L" + level + "':{'anyOf':[" + list(100, i -> next) + "]},");
    }
    String leaf = "'L4':{'enum':[" + list(50, i -> "'e" + i + "'") + "]}";
    Schema s = schema("{'$ref':'#/$defs/L0','$defs':{" + defs + leaf + "}}");
    assertThat(s.check(value("1"), 1).getFirst().problem())
        .isEqualTo(
            "takes too much work to be checked: send less at once, or give the operation's schema"
                + " fewer alternatives");
    Schema wide = schema("{'anyOf':[" + list(5_000, i -> "{'const':'c" + i + "'}") + "]}");
    assertThat(wide.check(value("1"), 1).getFirst().problem())
        .startsWith("must be \"c0\", ")
        .hasSizeLessThan(400);
  }

  @Test
  void aLongChainOfDefinitionsIsRefused() {
    String chain =
        list(4_990, i -> "'D" + i + "':{'$ref':'#/$defs/D" + (i + 1) + "'}") + ",'D4990':{}";
    assertThatThrownBy(() -> schema("{'$ref':'#/$defs/D0','$defs':{" + chain + "}}"))
        .isInstanceOf(HostException.class)
        .hasMessageContaining("too large: references and alternatives may follow one another 100");
  }

  @Test
  void whatPayloadsAreComparedWithIsBounded() {
    for (String large :
        new String[] {
          "{'enum':[" + list(200_000, i -> "" + i) + "]}",
          "{'const':[" + list(20_000, i -> "" + i) + "]}",
          "{'required':[" + list(20_000, i -> "'a" + i + "'") + "]}",
          "{'const':'" + "x".repeat(2 << 20) + "'}"
        }) {
      assertThatThrownBy(() -> schema(large)).hasMessageContaining("enum, const and required");
    }
  }

  @Test
  void aProblemDeepDownNamesTheEndOfItsPlace() {
    Schema s =
        schema("{'$ref':'#/$defs/T','$defs':{'T':{'type':'array','items':{'$ref':'#/$defs/T'}}}}");
    assertThat(s.check(value("[".repeat(300) + "1" + "]".repeat(300)), 601).getFirst().path())
        .isEqualTo("..." + "[0]".repeat(32));
  }

  @Test
  void aLongValueIsCutWhereNoCharacterBreaks() {
    assertThat(problems("{'enum':['a']}", "'" + "😀".repeat(100) + "'")).endsWith("...");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'additionalProperties':false}",
        "{'$ref':'#/$defs/A','$defs':{'A':{'additionalProperties':false}}}",
        "{'anyOf':[{'type':'null'},{'type':'object','additionalProperties':false}]}",
        "{'$ref':'#/$defs/A','$defs':{'N':false,'A':{'anyOf':[{'additionalProperties':"
            + "{'$ref':'#/$defs/N'}}]}}}"
      })
  void anInputThatForbidsFieldsNobodyDeclaredIsRefusedWhereverItSaysSo(String input) {
    assertThatThrownBy(() ->
            ModuleDescription.parse(
                value(
                    "{'abi':1,'types':[{'name':'c','operations':[{'name':'go','input':"
                        + input
                        + "}]}]}")))
        .hasMessageContaining("forbids additional properties");
  }
}
