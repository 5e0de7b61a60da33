package io.plexspaces.api;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads and writes {@link Value}s as JSON text. Strict: one value, no comments, no duplicate keys,
 * no NaN, nesting up to {@value #MAX_DEPTH}. Thread-safe.
 */
public final class Json {
  /** Deeper nesting is refused: a guest could otherwise overflow the host's stack. */
  public static final int MAX_DEPTH = 500;

  private static final String BYTES_KEY = "$bytes";
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxStringLength(Integer.MAX_VALUE)
                  .maxNumberLength(400)
                  .build())
          .enable(com.fasterxml.jackson.core.StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          // Buffers of a thread's own are 16 KB for each of the thousands that wait.
          .recyclerPool(JsonRecyclerPools.newConcurrentDequePool())
          .build();

  private Json() {}

  /**
   * @throws HostException INVALID_ARGUMENT with the line and column if {@code utf8} is not one JSON
   *     value
   */
  public static Value read(byte[] utf8) {
    try (JsonParser p = FACTORY.createParser(utf8)) {
      return readWhole(p);
    } catch (IOException e) {
      throw invalid(e);
    }
  }

  /** As {@link #read(byte[])}. */
  public static Value read(String text) {
    try (JsonParser p = FACTORY.createParser(text)) {
      return readWhole(p);
    } catch (IOException e) {
      throw invalid(e);
    }
  }

  /**
   * Reads an object; an empty input is the empty object.
   *
   * @throws HostException INVALID_ARGUMENT if it is not an object
   */
  public static Value.Obj readObject(byte[] utf8) {
    if (utf8.length == 0) {
      return Value.Obj.EMPTY;
    }
    if (read(utf8) instanceof Value.Obj o) {
      return o;
    }
    throw new HostException(ErrorCode.INVALID_ARGUMENT, "expected a JSON object");
  }

  public static byte[] write(Value v) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(64);
    try (JsonGenerator g = FACTORY.createGenerator(out)) {
      write(g, v);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  public static String writeString(Value v) {
    StringWriter out = new StringWriter();
    try (JsonGenerator g = FACTORY.createGenerator(out)) {
      write(g, v);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toString();
  }

  private static Value readWhole(JsonParser p) throws IOException {
    if (p.nextToken() == null) {
      throw new HostException(ErrorCode.INVALID_ARGUMENT, "not valid JSON: the text is empty");
    }
    Value v = readValue(p);
    if (p.nextToken() != null) {
      throw new HostException(
          ErrorCode.INVALID_ARGUMENT,
          "not valid JSON: text after the value at line "
              + p.currentTokenLocation().getLineNr()
              + ", column "
              + p.currentTokenLocation().getColumnNr());
    }
    return v;
  }

  private static Value readValue(JsonParser p) throws IOException {
    return switch (p.currentToken()) {
      case START_OBJECT -> readObject(p);
      case START_ARRAY -> {
        List<Value> items = new ArrayList<>();
        while (p.nextToken() != JsonToken.END_ARRAY) {
          items.add(readValue(p));
        }
        yield new Value.Arr(items);
      }
      case VALUE_STRING -> new Value.Str(p.getText());
      case VALUE_TRUE -> new Value.Bool(true);
      case VALUE_FALSE -> new Value.Bool(false);
      case VALUE_NULL -> Value.NULL;
      case VALUE_NUMBER_INT -> {
        if (p.getNumberType() != JsonParser.NumberType.BIG_INTEGER) {
          yield new Value.Int(p.getLongValue());
        }
        yield integer(p.getBigIntegerValue());
      }
      case VALUE_NUMBER_FLOAT -> {
        double d = p.getDoubleValue();
        if (!Double.isFinite(d)) {
          throw new HostException(
              ErrorCode.INVALID_ARGUMENT,
              "not valid JSON: the number " + AppId.abbreviate(p.getText()) + " is out of range");
        }
        yield new Value.Num(d);
      }
      default ->
          throw new HostException(
              ErrorCode.INVALID_ARGUMENT, "not valid JSON: unexpected " + p.currentToken());
    };
  }

  private static Value readObject(JsonParser p) throws IOException {
    Map<String, Value> fields = new LinkedHashMap<>();
    while (p.nextToken() != JsonToken.END_OBJECT) {
      String name = p.currentName();
      p.nextToken();
      fields.put(name, readValue(p));
    }
    if (fields.size() == 1 && fields.get(BYTES_KEY) instanceof Value.Str s) {
      try {
        return new Value.Bytes(Base64.getDecoder().decode(s.value()));
      } catch (IllegalArgumentException e) {
        throw new HostException(
            ErrorCode.INVALID_ARGUMENT, "\"$bytes\" does not hold base64: " + e.getMessage());
      }
    }
    return new Value.Obj(fields);
  }

  private static Value integer(BigInteger i) {
    return i.bitLength() < 64 ? new Value.Int(i.longValueExact()) : new Value.BigInt(i);
  }

  private static void write(JsonGenerator g, Value v) throws IOException {
    switch (v) {
      case Value.Null n -> g.writeNull();
      case Value.Bool b -> g.writeBoolean(b.value());
      case Value.Int i -> g.writeNumber(i.value());
      case Value.BigInt i -> g.writeNumber(i.value());
      case Value.Num f -> {
        if (!Double.isFinite(f.value())) {
          throw new HostException(
              ErrorCode.INVALID_ARGUMENT, f.value() + " cannot be written as JSON");
        }
        g.writeNumber(f.value());
      }
      case Value.Str s -> g.writeString(s.value());
      case Value.Bytes b -> {
        g.writeStartObject();
        g.writeStringField(BYTES_KEY, Base64.getEncoder().encodeToString(b.value()));
        g.writeEndObject();
      }
      case Value.Arr a -> {
        g.writeStartArray();
        for (Value item : a.items()) {
          write(g, item);
        }
        g.writeEndArray();
      }
      case Value.Obj o -> {
        g.writeStartObject();
        for (Map.Entry<String, Value> e : o.fields().entrySet()) {
          g.writeFieldName(e.getKey());
          write(g, e.getValue());
        }
        g.writeEndObject();
      }
    }
  }

  private static HostException invalid(IOException e) {
    String where = "";
    String what = String.valueOf(e.getMessage());
    if (e instanceof com.fasterxml.jackson.core.JsonProcessingException j) {
      what = j.getOriginalMessage();
      if (j.getLocation() != null) {
        where =
            " at line " + j.getLocation().getLineNr() + ", column " + j.getLocation().getColumnNr();
      }
    }
    return new HostException(ErrorCode.INVALID_ARGUMENT, "not valid JSON" + where + ": " + what);
  }
}
