package wire

import (
	"encoding"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxDepth is how deep a value may be nested; deeper is refused rather than overflowing the stack.
const maxDepth = 10_000

var (
	jsonMarshaler = reflect.TypeFor[json.Marshaler]()
	textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()
)

// Marshal makes JSON of a value: integers keep 64 bits, []byte is {"$bytes": base64}, a struct's
// fields have the names of their json tags or else their own in snake_case.
func Marshal(v any) ([]byte, error) {
	return encode(nil, reflect.ValueOf(v), 0)
}

func encode(out []byte, v reflect.Value, depth int) ([]byte, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("a value is nested deeper than %d", maxDepth)
	}
	if !v.IsValid() {
		return append(out, "null"...), nil
	}
	t := v.Type()
	if k := t.Kind(); (k == reflect.Pointer || k == reflect.Interface || k == reflect.Map || k == reflect.Slice) && v.IsNil() {
		switch {
		case k == reflect.Slice && t.Elem().Kind() != reflect.Uint8:
			return append(out, "[]"...), nil
		case k == reflect.Map:
			return append(out, "{}"...), nil
		}
		return append(out, "null"...), nil
	}
	if t.Kind() != reflect.Interface && t.Implements(jsonMarshaler) {
		text, err := v.Interface().(json.Marshaler).MarshalJSON()
		return append(out, text...), err
	}
	if t.Kind() != reflect.Interface && t.Implements(textMarshaler) {
		text, err := v.Interface().(encoding.TextMarshaler).MarshalText()
		if err != nil {
			return nil, err
		}
		return quote(out, string(text)), nil
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Interface:
		return encode(out, v.Elem(), depth+1)
	case reflect.Bool:
		return strconv.AppendBool(out, v.Bool()), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.AppendInt(out, v.Int(), 10), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return strconv.AppendUint(out, v.Uint(), 10), nil
	case reflect.Float32, reflect.Float64:
		return number(out, v.Float(), t.Bits())
	case reflect.String:
		return quote(out, v.String()), nil
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 && t.Kind() == reflect.Slice {
			return bytesOf(out, v.Bytes()), nil
		}
		return list(out, v, depth)
	case reflect.Map:
		return object(out, v, depth)
	case reflect.Struct:
		return structure(out, v, depth)
	}
	return nil, fmt.Errorf("a %s cannot be written as JSON", t)
}

func number(out []byte, f float64, bits int) ([]byte, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil, fmt.Errorf("%v cannot be written as JSON", f)
	}
	format := byte('f')
	if a := math.Abs(f); a != 0 && (a < 1e-6 || a >= 1e21) {
		format = 'e'
	}
	start := len(out)
	out = strconv.AppendFloat(out, f, format, -1, bits)
	if !strings.ContainsAny(string(out[start:]), ".e") {
		// It was a float and is to be one again.
		out = append(out, ".0"...)
	}
	return out, nil
}

func bytesOf(out, b []byte) []byte {
	out = append(out, `{"$bytes":"`...)
	out = base64.StdEncoding.AppendEncode(out, b)
	return append(out, `"}`...)
}

// quote copies runs of what needs no escape: strings may be many megabytes.
func quote(out []byte, s string) []byte {
	const hex = "0123456789abcdef"
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	out = append(slices.Grow(out, len(s)+2), '"')
	start := 0
	for i := range len(s) {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		out = append(out, s[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			out = append(out, '\\', c)
		case '\n':
			out = append(out, `\n`...)
		case '\t':
			out = append(out, `\t`...)
		case '\r':
			out = append(out, `\r`...)
		default:
			out = append(out, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	return append(append(out, s[start:]...), '"')
}

func list(out []byte, v reflect.Value, depth int) ([]byte, error) {
	out = append(out, '[')
	var err error
	for i := range v.Len() {
		if i > 0 {
			out = append(out, ',')
		}
		if out, err = encode(out, v.Index(i), depth+1); err != nil {
			return nil, err
		}
	}
	return append(out, ']'), nil
}

func object(out []byte, v reflect.Value, depth int) ([]byte, error) {
	type entry struct {
		name  string
		value reflect.Value
	}
	var entries []entry
	for it := v.MapRange(); it.Next(); {
		name, err := keyText(it.Key())
		if err != nil {
			return nil, err
		}
		entries = append(entries, entry{name, it.Value()})
	}
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	out = append(out, '{')
	var err error
	for i, e := range entries {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(quote(out, e.name), ':')
		if out, err = encode(out, e.value, depth+1); err != nil {
			return nil, err
		}
	}
	return append(out, '}'), nil
}

func keyText(k reflect.Value) (string, error) {
	switch {
	case k.Kind() == reflect.String:
		return k.String(), nil
	case k.CanInt():
		return strconv.FormatInt(k.Int(), 10), nil
	case k.CanUint():
		return strconv.FormatUint(k.Uint(), 10), nil
	}
	return "", fmt.Errorf("a map with keys of type %s cannot be written as JSON", k.Type())
}

func structure(out []byte, v reflect.Value, depth int) ([]byte, error) {
	out = append(out, '{')
	first := true
	for _, f := range Fields(v.Type()) {
		value := v.FieldByIndex(f.Index)
		if f.OmitEmpty && value.IsZero() {
			continue
		}
		if !first {
			out = append(out, ',')
		}
		first = false
		out = append(quote(out, f.Name), ':')
		var err error
		if out, err = encode(out, value, depth+1); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return append(out, '}'), nil
}
