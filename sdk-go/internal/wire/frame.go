package wire

import (
	"encoding/binary"
	"errors"
)

// Transport carries one host operation: arguments in the header, a payload in the body.
type Transport func(operation string, header map[string]any, body []byte) (map[string]any, []byte, error)

// Host is where host operations go. The node's, or that of a test harness.
var Host Transport = func(operation string, _ map[string]any, _ []byte) (map[string]any, []byte, error) {
	return nil, nil, &HostError{
		Code:    FailedPrecondition,
		Message: operation + " is possible only in an actor's turn: in a node, or in plextest",
	}
}

// Frame is u32 header length | header JSON | body.
func Frame(header map[string]any, body []byte) ([]byte, error) {
	h, err := Marshal(header)
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, 4+len(h)+len(body))
	out = binary.LittleEndian.AppendUint32(out, uint32(len(h)))
	return append(append(out, h...), body...), nil
}

// Unframe reads what Frame made; no bytes at all are an empty frame.
func Unframe(frame []byte) (map[string]any, []byte, error) {
	if len(frame) == 0 {
		return map[string]any{}, nil, nil
	}
	if len(frame) < 4 || uint64(binary.LittleEndian.Uint32(frame)) > uint64(len(frame)-4) {
		return nil, nil, errors.New("a frame's header does not fit")
	}
	end := 4 + int(binary.LittleEndian.Uint32(frame))
	if end == 4 {
		return map[string]any{}, frame[4:], nil
	}
	v, err := Parse(frame[4:end])
	if err != nil {
		return nil, nil, err
	}
	h, ok := v.(map[string]any)
	if !ok {
		return nil, nil, errors.New("a frame's header is not an object")
	}
	return h, frame[end:], nil
}
