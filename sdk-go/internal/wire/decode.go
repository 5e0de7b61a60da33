package wire

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
)

// Unmarshal reads JSON into what target points to. An error names the field.
func Unmarshal(text []byte, target any) error {
	v, err := Parse(text)
	if err != nil {
		return err
	}
	return Assign(v, target)
}

// Assign puts a parsed value into what target points to. An error names the field.
func Assign(v any, target any) error {
	return assign(v, reflect.ValueOf(target).Elem(), "")
}

func assign(v any, to reflect.Value, at string) error {
	t := to.Type()
	if t.Kind() != reflect.Interface && reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()) {
		text, err := Marshal(v)
		if err == nil {
			err = to.Addr().Interface().(json.Unmarshaler).UnmarshalJSON(text)
		}
		return placed(at, err)
	}
	if s, ok := v.(string); ok && reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
		return placed(at, to.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(s)))
	}
	switch t.Kind() {
	case reflect.Interface:
		if v == nil {
			to.SetZero()
			return nil
		}
		if t.NumMethod() == 0 {
			to.Set(reflect.ValueOf(v))
			return nil
		}
	case reflect.Pointer:
		if v == nil {
			to.SetZero()
			return nil
		}
		p := reflect.New(t.Elem())
		if err := assign(v, p.Elem(), at); err != nil {
			return err
		}
		to.Set(p)
		return nil
	case reflect.Bool:
		if b, ok := v.(bool); ok {
			to.SetBool(b)
			return nil
		}
		return wrong(at, "true or false", v)
	case reflect.String:
		if s, ok := v.(string); ok {
			to.SetString(s)
			return nil
		}
		return wrong(at, "a string", v)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		i, ok := integer(v)
		if !ok {
			return wrong(at, "an integer", v)
		}
		if to.OverflowInt(i) {
			return placed(at, fmt.Errorf("%d is beyond what %s holds", i, t.Kind()))
		}
		to.SetInt(i)
		return nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		u, big := v.(uint64)
		if !big {
			i, ok := integer(v)
			if !ok || i < 0 {
				return wrong(at, "an integer that is not negative", v)
			}
			u = uint64(i)
		}
		if to.OverflowUint(u) {
			return placed(at, fmt.Errorf("%d is beyond what %s holds", u, t.Kind()))
		}
		to.SetUint(u)
		return nil
	case reflect.Float32, reflect.Float64:
		switch n := v.(type) {
		case float64:
			to.SetFloat(n)
			return nil
		case int64:
			to.SetFloat(float64(n))
			return nil
		case uint64:
			to.SetFloat(float64(n))
			return nil
		}
		return wrong(at, "a number", v)
	case reflect.Slice, reflect.Array:
		return assignList(v, to, at)
	case reflect.Map:
		return assignMap(v, to, at)
	case reflect.Struct:
		return assignStruct(v, to, at)
	}
	return placed(at, fmt.Errorf("a %s cannot be read from JSON", t))
}

// integer takes 1.0 too, as JSON Schema does.
func integer(v any) (int64, bool) {
	switch n := v.(type) {
	case int64:
		return n, true
	case float64:
		if n == math.Trunc(n) && math.Abs(n) < 1<<63 {
			return int64(n), true
		}
	}
	return 0, false
}

func assignList(v any, to reflect.Value, at string) error {
	t := to.Type()
	if t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8 {
		switch b := v.(type) {
		case []byte:
			to.SetBytes(b)
			return nil
		case nil:
			to.SetZero()
			return nil
		}
		return wrong(at, "bytes", v)
	}
	items, ok := v.([]any)
	if !ok {
		return wrong(at, "a list", v)
	}
	if t.Kind() == reflect.Slice {
		to.Set(reflect.MakeSlice(t, len(items), len(items)))
	} else if len(items) != t.Len() {
		return placed(at, fmt.Errorf("has %d elements, not %d", len(items), t.Len()))
	}
	for i, item := range items {
		if err := assign(item, to.Index(i), at+"["+strconv.Itoa(i)+"]"); err != nil {
			return err
		}
	}
	return nil
}

func assignMap(v any, to reflect.Value, at string) error {
	m, ok := v.(map[string]any)
	if !ok {
		return wrong(at, "an object", v)
	}
	t := to.Type()
	made := reflect.MakeMapWithSize(t, len(m))
	for k, item := range m {
		key := reflect.New(t.Key()).Elem()
		var from any = k
		if key.CanInt() || key.CanUint() {
			n, err := strconv.ParseInt(k, 10, 64)
			if err != nil {
				return placed(join(at, k), errors.New("is a name where a number is wanted"))
			}
			from = n
		}
		if err := assign(from, key, join(at, k)); err != nil {
			return err
		}
		value := reflect.New(t.Elem()).Elem()
		if err := assign(item, value, join(at, k)); err != nil {
			return err
		}
		made.SetMapIndex(key, value)
	}
	to.Set(made)
	return nil
}

func assignStruct(v any, to reflect.Value, at string) error {
	m, ok := v.(map[string]any)
	if v != nil && !ok {
		return wrong(at, "an object", v)
	}
	for _, f := range Fields(to.Type()) {
		item, there := m[f.Name]
		if !there {
			if !f.Optional() {
				return &MissingError{join(at, f.Name)}
			}
			if f.Default == "" {
				continue
			}
			var err error
			if item, err = Parse([]byte(f.Default)); err != nil {
				return fmt.Errorf("the default of %s is %w", join(at, f.Name), err)
			}
		}
		if err := assign(item, to.FieldByIndex(f.Index), join(at, f.Name)); err != nil {
			return err
		}
		if s, ok := item.(string); ok && f.Enum != nil && !contains(f.Enum, s) {
			return placed(join(at, f.Name), fmt.Errorf("must be one of %s, not %q", strings.Join(f.Enum, ", "), s))
		}
	}
	return nil
}

// MissingError is a required field that a payload lacks.
type MissingError struct{ Field string }

func (e *MissingError) Error() string { return fmt.Sprintf("%q is missing", e.Field) }

// AssignState lays stored values over those that are there: what is missing stays, what is no
// longer declared is dropped. An error is DATA_LOSS for what is no state of an actor, and
// FAILED_PRECONDITION for that of another version.
func AssignState(v any, target any) error {
	m, ok := v.(map[string]any)
	if !ok {
		return &HostError{Code: DataLoss, Message: "the stored state is no object but " + kindOf(v)}
	}
	to := reflect.ValueOf(target).Elem()
	for _, f := range Fields(to.Type()) {
		if item, there := m[f.Name]; there {
			if err := assign(item, to.FieldByIndex(f.Index), f.Name); err != nil {
				return &HostError{Code: FailedPrecondition, Message: fmt.Sprintf("the stored state does not fit %s: %v", to.Type(), err)}
			}
		}
	}
	return nil
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

func join(at, name string) string {
	if at == "" {
		return name
	}
	return at + "." + name
}

func wrong(at, wanted string, v any) error {
	return placed(at, fmt.Errorf("must be %s, not %s", wanted, kindOf(v)))
}

func placed(at string, err error) error {
	if err == nil {
		return nil
	}
	if at == "" {
		return fmt.Errorf("the payload %w", err)
	}
	return fmt.Errorf("%q %w", at, err)
}

func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case string:
		return "a string"
	case int64, uint64, float64:
		text, _ := Marshal(v)
		return string(text)
	case []byte:
		return "bytes"
	case []any:
		return "a list"
	}
	return "an object"
}
