package wire

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
)

type inner struct {
	Label string
	Next  *inner
}

type payload struct {
	UserID int64
	Small  int8    `json:"small,omitempty"`
	Ratio  float64 `default:"0.5"`
	Kind   string  `default:"a" enum:"a,b" doc:"which"`
	Data   []byte  `json:",omitempty"`
	Inner  *inner
	hidden int
}

func TestValuesComeBackAsTheyWere(t *testing.T) {
	text := `{"a":[1,-9223372036854775808,18446744073709551615,1.5,true,null,"q\"ü😀\n"],"b":{"$bytes":"AP8="}}`
	v, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"a": []any{int64(1), int64(math.MinInt64), uint64(math.MaxUint64), 1.5, true, nil, "q\"ü😀\n"},
		"b": []byte{0, 255},
	}
	if !reflect.DeepEqual(v, want) {
		t.Fatalf("%#v", v)
	}
	if back, err := Marshal(v); err != nil || string(back) != text {
		t.Fatalf("%s %v", back, err)
	}
}

func TestPayloadsAreBoundWithDefaultsAndNamedErrors(t *testing.T) {
	var p payload
	if err := Unmarshal([]byte(`{"user_id":2.0,"other":1}`), &p); err != nil {
		t.Fatal(err)
	}
	if p.UserID != 2 || p.Ratio != 0.5 || p.Kind != "a" || p.Inner != nil {
		t.Fatalf("%+v", p)
	}
	for text, want := range map[string]string{
		`{}`:                                   `"user_id" is missing`,
		`{"user_id":1.5}`:                      `"user_id" must be an integer, not 1.5`,
		`{"user_id":1,"small":300}`:            `"small" 300 is beyond what int8 holds`,
		`{"user_id":1,"kind":"c"}`:             `"kind" must be one of a, b, not "c"`,
		`{"user_id":1,"inner":{"label":true}}`: `"inner.label" must be a string, not a boolean`,
		`[]`:                                   `the payload must be an object, not a list`,
		`{`:                                    `not valid JSON`,
	} {
		if err := Unmarshal([]byte(text), &p); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, not %s", text, err, want)
		}
	}
}

func TestSchemasComeFromTypes(t *testing.T) {
	got, _ := Marshal(Schema(reflect.TypeFor[payload]()))
	for _, want := range []string{
		`"user_id":{"type":"integer"}`, `"required":["user_id"]`,
		`"kind":{"default":"a","description":"which","enum":["a","b"],"type":"string"}`,
		`"contentEncoding":"base64"`, `"$ref":"#/$defs/inner"`, `"$defs":{"inner":{`,
	} {
		if !strings.Contains(string(got), want) {
			t.Errorf("%s lacks %s", got, want)
		}
	}
	if Schema(reflect.TypeFor[any]()) != nil {
		t.Error("any has a schema")
	}
}

func TestWhatIsNotJSONIsRefused(t *testing.T) {
	for _, v := range []any{math.NaN(), math.Inf(1), make(chan int), []any{math.NaN()}} {
		if text, err := Marshal(v); err == nil {
			t.Errorf("%s", text)
		}
	}
	deep := []any{}
	for range maxDepth + 1 {
		deep = []any{deep}
	}
	if _, err := Marshal(deep); err == nil {
		t.Error("too deep")
	}
}

func TestFramesAreReadBack(t *testing.T) {
	f, err := Frame(map[string]any{"a": int64(1)}, []byte("body"))
	if err != nil {
		t.Fatal(err)
	}
	h, body, err := Unframe(f)
	if err != nil || h["a"] != int64(1) || string(body) != "body" {
		t.Fatal(h, body, err)
	}
	for _, bad := range []string{"abc", "\xff\xff\xff\xff{}"} {
		if _, _, err := Unframe([]byte(bad)); err == nil {
			t.Errorf("%q", bad)
		}
	}
}

func TestNamesAreInSnakeCase(t *testing.T) {
	for name, want := range map[string]string{"SourceBalance": "source_balance", "UserID": "user_id", "ID": "id", "HTTPServer": "http_server", "N": "n", "A1": "a1"} {
		if got := Snake(name); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestTheParserTakesWhatTheStandardLibraryTakes(t *testing.T) {
	for _, text := range []string{
		`null`, `true`, ` false `, `0`, `-0`, `-1.5e+3`, `1E2`, `[]`, `{}`, `[1,[2,{"a":{}}]]`, `"\u00e9\ud83d\ude00\ud83d x\/\b"`,
		`{"a":1,"a":2}`, "\"\xff\"", `"\ud83dé"`, `[1 , 2]`, "\t{\n\"a\" : null }\r",
		`nul`, `tru`, `01`, `-`, `1.`, `.5`, `1e`, `+1`, `[1,]`, `[1 2]`, `{"a"}`, `{"a":}`, `{a:1}`, `{"a":1,}`, `"`, `"\`, `"\x"`,
		`"\u12"`, "\"\n\"", `[`, `{`, `1 2`, `nullx`, ` `, `"\u+123"`,
	} {
		var want any
		wrong := json.Unmarshal([]byte(text), &want) != nil
		got, err := Parse([]byte(text))
		if (err != nil) != wrong {
			t.Errorf("%q: %v, refused by the standard library: %v", text, err, wrong)
			continue
		}
		if s, ok := want.(string); ok && s != got {
			t.Errorf("%q: %q, not %q", text, got, s)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"a":[1,2.5,"x\n\u00e9",{"$bytes":"AA=="}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		v, err := Parse(text)
		if len(text) > 0 && err == nil && !json.Valid(text) {
			t.Fatalf("%q was taken", text)
		}
		if err == nil {
			if _, err := Marshal(v); err != nil {
				t.Fatal(err)
			}
		}
	})
}
