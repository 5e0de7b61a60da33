package wire

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Parse reads JSON: integers are int64 (uint64 beyond it), other numbers float64, {"$bytes": ..} is
// []byte. No text at all is nil. It keeps no copy of the text but the strings in it: payloads may be
// a good part of an actor's memory.
func Parse(text []byte) (any, error) {
	if len(text) == 0 {
		return nil, nil
	}
	p := parser{text: text}
	v, err := p.value(0)
	if err == nil {
		if p.space(); p.at < len(p.text) {
			err = p.unexpected()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("not valid JSON: %w", err)
	}
	return v, nil
}

type parser struct {
	text []byte
	at   int
}

func (p *parser) space() {
	for p.at < len(p.text) {
		switch p.text[p.at] {
		case ' ', '\t', '\n', '\r':
			p.at++
		default:
			return
		}
	}
}

// next is the byte after the space, 0 at the end.
func (p *parser) next() byte {
	if p.space(); p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

func (p *parser) unexpected() error {
	if p.at >= len(p.text) {
		return fmt.Errorf("it ends too early")
	}
	return fmt.Errorf("unexpected %q at byte %d", p.text[p.at], p.at)
}

func (p *parser) value(depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("it is nested deeper than %d", maxDepth)
	}
	switch c := p.next(); {
	case c == '{':
		return p.object(depth)
	case c == '[':
		return p.list(depth)
	case c == '"':
		return p.str()
	case c == '-' || c >= '0' && c <= '9':
		return p.number()
	}
	for word, v := range words {
		if strings.HasPrefix(string(p.text[p.at:min(p.at+5, len(p.text))]), word) {
			p.at += len(word)
			return v, nil
		}
	}
	return nil, p.unexpected()
}

var words = map[string]any{"null": nil, "true": true, "false": false}

func (p *parser) object(depth int) (any, error) {
	p.at++
	m := map[string]any{}
	if p.next() == '}' {
		p.at++
		return m, nil
	}
	for {
		if p.next() != '"' {
			return nil, p.unexpected()
		}
		name, err := p.str()
		if err != nil {
			return nil, err
		}
		if p.next() != ':' {
			return nil, p.unexpected()
		}
		p.at++
		if m[name], err = p.value(depth + 1); err != nil {
			return nil, err
		}
		switch p.next() {
		case ',':
			p.at++
			continue
		case '}':
			p.at++
			return bytesOrObject(m)
		}
		return nil, p.unexpected()
	}
}

func bytesOrObject(m map[string]any) (any, error) {
	s, ok := m["$bytes"].(string)
	if !ok || len(m) != 1 {
		return m, nil
	}
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return nil, fmt.Errorf("\"$bytes\" is not base64")
	}
	return b, nil
}

func (p *parser) list(depth int) (any, error) {
	p.at++
	items := []any{}
	if p.next() == ']' {
		p.at++
		return items, nil
	}
	for {
		v, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		items = append(items, v)
		switch p.next() {
		case ',':
			p.at++
			continue
		case ']':
			p.at++
			return items, nil
		}
		return nil, p.unexpected()
	}
}

func (p *parser) number() (any, error) {
	start := p.at
	if p.text[p.at] == '-' {
		p.at++
	}
	digits := p.digits()
	if digits == 0 || digits > 1 && p.text[p.at-digits] == '0' {
		p.at = max(start, p.at-digits)
		return nil, p.unexpected()
	}
	whole := true
	if p.at < len(p.text) && p.text[p.at] == '.' {
		p.at++
		if whole = false; p.digits() == 0 {
			return nil, p.unexpected()
		}
	}
	if p.at < len(p.text) && p.text[p.at]|0x20 == 'e' {
		p.at++
		if p.at < len(p.text) && (p.text[p.at] == '+' || p.text[p.at] == '-') {
			p.at++
		}
		if whole = false; p.digits() == 0 {
			return nil, p.unexpected()
		}
	}
	text := string(p.text[start:p.at])
	if whole {
		if i, err := strconv.ParseInt(text, 10, 64); err == nil {
			return i, nil
		}
		if u, err := strconv.ParseUint(text, 10, 64); err == nil {
			return u, nil
		}
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil, fmt.Errorf("the number at byte %d is out of range", start)
	}
	return f, nil
}

func (p *parser) digits() int {
	start := p.at
	for p.at < len(p.text) && p.text[p.at] >= '0' && p.text[p.at] <= '9' {
		p.at++
	}
	return p.at - start
}

func (p *parser) str() (string, error) {
	p.at++
	start := p.at
	for p.at < len(p.text) {
		switch c := p.text[p.at]; {
		case c == '"':
			s := string(p.text[start:p.at])
			p.at++
			if !utf8.ValidString(s) {
				s = strings.ToValidUTF8(s, "\uFFFD")
			}
			return s, nil
		case c == '\\':
			return p.escaped(start)
		case c < 0x20:
			return "", p.unexpected()
		}
		p.at++
	}
	return "", p.unexpected()
}

var escapes = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escaped goes on from the first backslash of a string that began at start.
func (p *parser) escaped(start int) (string, error) {
	out := append([]byte(nil), p.text[start:p.at]...)
	for p.at < len(p.text) {
		c := p.text[p.at]
		p.at++
		switch {
		case c == '"':
			return strings.ToValidUTF8(string(out), "\uFFFD"), nil
		case c < 0x20:
			p.at--
			return "", p.unexpected()
		case c != '\\':
			out = append(out, c)
			continue
		}
		if p.at >= len(p.text) {
			break
		}
		c = p.text[p.at]
		if plain, ok := escapes[c]; ok {
			p.at++
			out = append(out, plain)
			continue
		}
		r, ok := p.unicode()
		if !ok {
			return "", p.unexpected()
		}
		if utf16.IsSurrogate(r) {
			at := p.at
			if p.at < len(p.text) && p.text[p.at] == '\\' {
				p.at++
				low, ok := p.unicode()
				if r = utf16.DecodeRune(r, low); !ok || r == utf8.RuneError {
					p.at = at
				}
			}
		}
		out = utf8.AppendRune(out, r)
	}
	return "", p.unexpected()
}

// unicode reads uXXXX.
func (p *parser) unicode() (rune, bool) {
	if p.at+5 > len(p.text) || p.text[p.at] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(p.text[p.at+1:p.at+5]), 16, 16)
	if err != nil {
		return 0, false
	}
	p.at += 5
	return rune(n), true
}
