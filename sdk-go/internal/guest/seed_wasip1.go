//go:build wasip1

package guest

import (
	"crypto/rand"
	"encoding/binary"
	rand2 "math/rand/v2"
	"runtime"
	"unsafe"
)

// samples are the numbers by which the generator is found: the last that it has given. There is one
// here, as there is one thread, and it gets a seed of its own in each actor.
const samples = 4

// The generator's address; 0 if this Go keeps it in another way.
var generatorAt uintptr

//go:wasmimport plexspaces log
func hostLog(level int32, from unsafe.Pointer, size uint32)

func findGenerator() {
	for range 8 { // A refill between the samples spoils a try.
		if generatorAt = search(); generatorAt != 0 {
			return
		}
	}
}

func search() uintptr {
	var drawn [samples]uint64
	for n := range drawn {
		drawn[n] = rand2.Uint64()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	for at := uintptr(4096); at < dataEnd(); at += 8 {
		g := (*generator)(unsafe.Pointer(at))
		used := g.used()
		if used < samples || !g.plausible() {
			continue
		}
		matches := true
		for n := range drawn {
			matches = matches && g[int(used)-samples+n] == drawn[n]
		}
		if matches && used < g.available() {
			next := g[used]
			if rand2.Uint64() == next && g.used() == used+1 {
				return at
			}
		}
	}
	return 0
}

var lastWord uint64

// dataEnd is beyond the program's static data, of which the generator is a part.
func dataEnd() uintptr {
	const page = 64 << 10
	// Static data is laid out by kind; what lies behind this variable is less than a megabyte.
	return uintptr(unsafe.Pointer(&lastWord))/page*page + 16*page
}

func reseed() {
	if generatorAt == 0 {
		panic("the random generator of this version of Go (" + runtime.Version() +
			") is not where the SDK looks for it, so actors would share a sequence: build with another version")
	}
	var random [8 * seedWords]byte
	rand.Read(random[:])
	var seed [seedWords]uint64
	for n := range seed {
		seed[n] = binary.LittleEndian.Uint64(random[8*n:])
	}
	(*generator)(unsafe.Pointer(generatorAt)).seed(seed)
}
