package wire

import (
	"encoding"
	"encoding/json"
	"reflect"
	"time"
)

// Schema is the JSON Schema of a type, or nil where anything goes.
func Schema(t reflect.Type) map[string]any {
	s := schemas{defs: map[string]any{}, names: map[reflect.Type]string{}, open: map[reflect.Type]bool{}}
	root := s.of(t)
	if len(root) == 0 {
		return nil
	}
	if len(s.defs) > 0 {
		root["$defs"] = s.defs
	}
	return root
}

type schemas struct {
	defs map[string]any
	// names are of the types that refer to themselves.
	names map[reflect.Type]string
	open  map[reflect.Type]bool
}

func (s *schemas) of(t reflect.Type) map[string]any {
	if t == reflect.TypeFor[time.Time]() {
		return map[string]any{"type": "string", "format": "date-time"}
	}
	p := reflect.PointerTo(t)
	if t.Kind() != reflect.Pointer && p.Implements(reflect.TypeFor[json.Marshaler]()) {
		return map[string]any{}
	}
	if t.Kind() != reflect.Pointer && p.Implements(reflect.TypeFor[encoding.TextMarshaler]()) {
		return map[string]any{"type": "string"}
	}
	switch t.Kind() {
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return map[string]any{"type": "integer"}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return map[string]any{"type": "integer", "minimum": 0}
	case reflect.Float32, reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Pointer:
		inner := s.of(t.Elem())
		if len(inner) == 0 {
			return inner
		}
		return map[string]any{"anyOf": []any{inner, map[string]any{"type": "null"}}}
	case reflect.Slice, reflect.Array:
		return s.list(t)
	case reflect.Map:
		m := map[string]any{"type": "object"}
		if values := s.of(t.Elem()); len(values) > 0 {
			m["additionalProperties"] = values
		}
		return m
	case reflect.Struct:
		return s.structure(t)
	}
	return map[string]any{}
}

func (s *schemas) list(t reflect.Type) map[string]any {
	if t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8 {
		return map[string]any{
			"type":       "object",
			"properties": map[string]any{"$bytes": map[string]any{"type": "string", "contentEncoding": "base64"}},
			"required":   []any{"$bytes"},
		}
	}
	m := map[string]any{"type": "array"}
	if items := s.of(t.Elem()); len(items) > 0 {
		m["items"] = items
	}
	if t.Kind() == reflect.Array {
		m["minItems"], m["maxItems"] = t.Len(), t.Len()
	}
	return m
}

func (s *schemas) structure(t reflect.Type) map[string]any {
	if s.open[t] {
		s.names[t] = t.Name()
		return map[string]any{"$ref": "#/$defs/" + t.Name()}
	}
	s.open[t] = true
	defer delete(s.open, t)
	properties := map[string]any{}
	required := []any{}
	for _, f := range Fields(t) {
		p := s.of(f.Type)
		if f.Default != "" {
			p["default"], _ = Parse([]byte(f.Default))
		}
		if f.Doc != "" {
			p["description"] = f.Doc
		}
		if f.Enum != nil {
			p["enum"] = f.Enum
		}
		properties[f.Name] = p
		if !f.Optional() {
			required = append(required, f.Name)
		}
	}
	m := map[string]any{"type": "object", "properties": properties}
	if len(required) > 0 {
		m["required"] = required
	}
	if name, recursive := s.names[t]; recursive {
		s.defs[name] = m
		return map[string]any{"$ref": "#/$defs/" + name}
	}
	return m
}
