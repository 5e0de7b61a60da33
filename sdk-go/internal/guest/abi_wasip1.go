//go:build wasip1

package guest

import (
	"runtime/debug"
	"unsafe"

	"plexspaces.io/sdk-go/internal/wire"
)

//go:wasmimport plexspaces input
func hostInput(to unsafe.Pointer)

//go:wasmimport plexspaces output
func hostOutput(from unsafe.Pointer, size uint32)

//go:wasmimport plexspaces call
func hostCall(op unsafe.Pointer, opSize uint32, from unsafe.Pointer, size uint32) int32

//go:wasmimport plexspaces result
func hostResult(to unsafe.Pointer)

var instance Instance

// maxStackBytes bounds recursion well within an actor's memory, so that it ends with Go's own words.
const maxStackBytes = 16 << 20

func init() {
	wire.Host = call
	debug.SetMaxStack(maxStackBytes)
	debug.SetTraceback("single")
	findGenerator()
}

//go:wasmexport ps_abi
func psABI() int32 { return 1 }

//go:wasmexport ps_call
func psCall(op int32, size int32) int32 {
	input := make([]byte, size)
	if size > 0 {
		hostInput(unsafe.Pointer(unsafe.SliceData(input)))
	}
	output, ok := instance.Call(int(op), input)
	if len(output) > 0 {
		hostOutput(unsafe.Pointer(unsafe.SliceData(output)), uint32(len(output)))
	}
	if ok {
		return 0
	}
	return 1
}

func call(operation string, header map[string]any, body []byte) (map[string]any, []byte, error) {
	request, err := wire.Frame(header, body)
	if err != nil {
		return nil, nil, err
	}
	n := hostCall(
		unsafe.Pointer(unsafe.StringData(operation)), uint32(len(operation)),
		unsafe.Pointer(unsafe.SliceData(request)), uint32(len(request)))
	failed := n < 0
	if failed {
		n = -n
	}
	result := make([]byte, n)
	if n > 0 {
		hostResult(unsafe.Pointer(unsafe.SliceData(result)))
	}
	if failed {
		return nil, nil, wire.ErrorFrom(result)
	}
	return wire.Unframe(result)
}
