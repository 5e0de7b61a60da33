package guest

import (
	"math/rand/v2"
	"testing"
	"unsafe"
)

// stateOf is the state of a generator, which math/rand/v2 has at its beginning.
func stateOf(r *rand.ChaCha8) *generator { return (*generator)(unsafe.Pointer(r)) }

func drawn(r *rand.ChaCha8, n int) []uint64 {
	numbers := make([]uint64, n)
	for i := range numbers {
		numbers[i] = r.Uint64()
	}
	return numbers
}

func TestForksDrawTheirOwnNumbersWhereverTheTemplateStopped(t *testing.T) {
	const rounds = 3*bufWords + bufWords - seedWords // Then the generator seeds itself.
	for before := range rounds {
		var forks [2]*rand.ChaCha8
		for i := range forks {
			forks[i] = rand.NewChaCha8([32]byte{1})
			drawn(forks[i], before)
			if !stateOf(forks[i]).plausible() {
				t.Fatalf("after %d numbers the state is not taken for one: %v", before, stateOf(forks[i]))
			}
			stateOf(forks[i]).seed([seedWords]uint64{uint64(i), 2, 3, 4})
		}
		seen := map[uint64]bool{}
		for _, n := range drawn(rand.NewChaCha8([32]byte{1}), before+bufWords) {
			seen[n] = true
		}
		for i, r := range forks {
			for _, n := range drawn(r, 2*rounds) {
				if seen[n] {
					t.Fatalf("forked after %d numbers, fork %d drew %d, which another has", before, i, n)
				}
				seen[n] = true
			}
		}
	}
}

func TestOneSeedIsOneSequence(t *testing.T) {
	forks := [2]*rand.ChaCha8{rand.NewChaCha8([32]byte{1}), rand.NewChaCha8([32]byte{2})}
	for i, r := range forks {
		drawn(r, 100+i)
		stateOf(r).seed([seedWords]uint64{1, 2, 3, 4})
		if i > 0 {
			for n, x := range drawn(r, 50) {
				if y := forks[0].Uint64(); x != y {
					t.Fatalf("number %d: %d, not %d", n, x, y)
				}
			}
		}
	}
}

func TestOtherDataIsNoGenerator(t *testing.T) {
	for name, change := range map[string]func(g *generator){
		"a block that there is not": func(g *generator) { g[blockWord] = 16 },
		"half a block":              func(g *generator) { g[blockWord] = 2 },
		"too many numbers":          func(g *generator) { g[usedWord] = 33 << 32 },
		"more given than there are": func(g *generator) { g[usedWord] = 32<<32 | 33 },
	} {
		g := generator{}
		g[usedWord] = 32 << 32
		if !g.plausible() {
			t.Fatal("a fresh state is plausible")
		}
		if change(&g); g.plausible() {
			t.Errorf("%s is taken for a generator", name)
		}
	}
}
