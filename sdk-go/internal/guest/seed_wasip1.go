//go:build wasip1

package guest

import (
	"crypto/rand"
	"encoding/binary"
	rand2 "math/rand/v2"
	"runtime"
	"unsafe"
)

// Go seeds its generator once, when the program starts. Actors are forked from a program that has
// started, so all of them would draw the same numbers from math/rand and math/rand/v2. The
// generator is a chacha8rand.State, of which there is one here, as there is one thread:
//
//	buf [32]uint64; seed [4]uint64; i, n, c uint32
//
// It is found by the numbers that it has just given, and gets a seed of its own in each actor.
const (
	bufWords   = 32
	seedWords  = 4
	stateWords = bufWords + seedWords + 2
	samples    = 4
)

type generator [stateWords]uint64

func (g *generator) used() uint32      { return uint32(g[bufWords+seedWords]) }
func (g *generator) available() uint32 { return uint32(g[bufWords+seedWords] >> 32) }

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
		if used < samples || used > bufWords || g.available() < used || g.available() > bufWords {
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
	var seed [8 * seedWords]byte
	rand.Read(seed[:])
	g := (*generator)(unsafe.Pointer(generatorAt))
	for n := range seedWords {
		g[bufWords+n] = binary.LittleEndian.Uint64(seed[8*n:])
	}
	// All numbers of the old seed count as given.
	g[bufWords+seedWords] = uint64(g.available())<<32 | uint64(g.available())
}
