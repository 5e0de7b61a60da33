// Package host is the host API: everything an actor can do beyond its own state. A function has the
// name of its operation in PascalCase (ts_read is TsRead); what an operation needs are parameters,
// what it may be given besides are options.
package host

import (
	"fmt"
	"slices"

	"plexspaces.io/sdk-go/internal/wire"
)

// Option is an optional argument of an operation. One that an operation does not know is refused.
type Option struct {
	name  string
	value any
}

// TimeoutMS bounds a wait; for tuples 0 does not wait and -1 waits until the deadline.
func TimeoutMS(ms int) Option { return Option{"timeout_ms", ms} }

// TTLMS is how long something lives.
func TTLMS(ms int64) Option { return Option{"ttl_ms", ms} }

// TTLOwner lets a tuple live as long as the actor that writes it.
func TTLOwner() Option { return Option{"ttl_ms", "owner"} }

// Space picks a named tuple space; the default is the app's own.
func Space(name string) Option { return Option{"space", name} }

// Limit bounds how many are answered; 0 is all.
func Limit(n int) Option { return Option{"limit", n} }

// With is any optional argument by its name on the wire.
func With(name string, value any) Option { return Option{name, value} }

// ContentType says that a payload of []byte is opaque and what it is.
func ContentType(t string) Option { return Option{"content_type", t} }

type wildcard struct {
	Any string `json:"$any"`
}

// In a pattern these match by type, and nil matches any field.
var (
	AnyInt   any = wildcard{"int"}
	AnyFloat any = wildcard{"float"}
	AnyStr   any = wildcard{"str"}
	AnyBool  any = wildcard{"bool"}
	AnyBytes any = wildcard{"bytes"}
)

type arguments map[string]any

// may are the optional arguments that an operation knows.
type may []string

func call(operation string, a arguments, payload any, may may, options []Option) (map[string]any, any, error) {
	if a == nil {
		a = arguments{}
	}
	for _, o := range options {
		if !slices.Contains(may, o.name) {
			return nil, nil, &wire.HostError{Code: wire.InvalidArgument, Message: fmt.Sprintf("%s has no option %q", operation, o.name)}
		}
		a[o.name] = o.value
	}
	var body []byte
	if raw, ok := payload.([]byte); ok && (a["content_type"] != nil || operation == "http_fetch" || operation == "blob_put") {
		body = raw
	} else if payload != noBody {
		var err error
		if body, err = wire.Marshal(payload); err != nil {
			return nil, nil, &wire.HostError{Code: wire.InvalidArgument, Message: operation + ": " + err.Error()}
		}
	}
	header, result, err := wire.Host(operation, a, body)
	if err != nil {
		return nil, nil, err
	}
	if t, _ := header["content_type"].(string); t != "" && t != "application/json" || operation == "blob_get" {
		return header, result, nil
	}
	v, err := wire.Parse(result)
	if err != nil {
		return nil, nil, fmt.Errorf("the answer of %s is %w", operation, err)
	}
	return header, v, nil
}

// noBody is the payload of operations that have none.
var noBody any = struct{ none int }{}

func get[T any](operation string, a arguments, payload any, may may, options []Option) (T, error) {
	var result T
	_, v, err := call(operation, a, payload, may, options)
	if err != nil || v == nil {
		return result, err
	}
	if err := wire.Assign(v, &result); err != nil {
		return result, fmt.Errorf("the answer of %s: %w", operation, err)
	}
	return result, nil
}

func do(operation string, a arguments, payload any, may may, options []Option) error {
	_, _, err := call(operation, a, payload, may, options)
	return err
}

func empty(payload map[string]any) map[string]any {
	if payload == nil {
		return map[string]any{}
	}
	return payload
}
