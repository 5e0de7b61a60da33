package wire

import (
	"reflect"
	"strings"
	"sync"
	"unicode"
)

// Field is a field of a struct as JSON has it.
type Field struct {
	Name      string
	Index     []int
	Type      reflect.Type
	OmitEmpty bool
	// Default is JSON, or empty.
	Default string
	Doc     string
	Enum    []string
}

// Optional says whether a payload may lack the field.
func (f Field) Optional() bool {
	return f.OmitEmpty || f.Default != "" || f.Type.Kind() == reflect.Pointer
}

// Embedded structs that carry a method of this name are not data.
const notData = "PlexSpacesNoData"

var fields sync.Map

// Fields are the exported fields of a struct, those of embedded structs among them. Tags: json as
// usual; default, doc and enum (names separated by commas) for payloads.
func Fields(t reflect.Type) []Field {
	if known, ok := fields.Load(t); ok {
		return known.([]Field)
	}
	made := collect(t, nil)
	fields.Store(t, made)
	return made
}

func collect(t reflect.Type, index []int) []Field {
	var all []Field
	for i := range t.NumField() {
		sf := t.Field(i)
		at := append(append([]int(nil), index...), i)
		tag, options, _ := strings.Cut(sf.Tag.Get("json"), ",")
		if tag == "-" {
			continue
		}
		if sf.Anonymous && tag == "" && sf.Type.Kind() == reflect.Struct {
			if _, base := reflect.PointerTo(sf.Type).MethodByName(notData); !base {
				all = append(all, collect(sf.Type, at)...)
			}
			continue
		}
		if !sf.IsExported() {
			continue
		}
		f := Field{
			Name:      tag,
			Index:     at,
			Type:      sf.Type,
			OmitEmpty: strings.Contains(","+options+",", ",omitempty,"),
			Default:   sf.Tag.Get("default"),
			Doc:       sf.Tag.Get("doc"),
		}
		if f.Name == "" {
			f.Name = Snake(sf.Name)
		}
		if f.Default != "" && sf.Type.Kind() == reflect.String {
			f.Default = string(quote(nil, f.Default))
		}
		if enum := sf.Tag.Get("enum"); enum != "" {
			f.Enum = strings.Split(enum, ",")
		}
		all = append(all, f)
	}
	return all
}

// Snake is a Go name in snake_case: SourceBalance is source_balance, UserID is user_id.
func Snake(name string) string {
	var out strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		if unicode.IsUpper(r) {
			startsWord := i > 0 && (!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1]))
			if startsWord && runes[i-1] != '_' {
				out.WriteByte('_')
			}
			r = unicode.ToLower(r)
		}
		out.WriteRune(r)
	}
	return out.String()
}
