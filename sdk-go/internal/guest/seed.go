package guest

// Go seeds its generator once, when the program starts. Actors are forked from a program that has
// started, so all of them would draw the same numbers from math/rand and math/rand/v2. The
// generator is a chacha8rand.State:
//
//	buf [32]uint64; seed [4]uint64; i, n, c uint32
//
// i of the n numbers in buf are given. Then c goes on by 4 and buf is made anew of the seed and c; when
// c comes to 16, the last numbers of buf are the next seed first, and c is 0.
const (
	bufWords   = 32
	seedWords  = 4
	usedWord   = bufWords + seedWords
	blockWord  = usedWord + 1
	stateWords = blockWord + 1
	blockStep  = 4
	lastBlock  = 12
)

type generator [stateWords]uint64

func (g *generator) used() uint32      { return uint32(g[usedWord]) }
func (g *generator) available() uint32 { return uint32(g[usedWord] >> 32) }
func (g *generator) block() uint32     { return uint32(g[blockWord]) }

// plausible says whether this can be a generator that has given numbers.
func (g *generator) plausible() bool {
	all := uint32(bufWords)
	if g.block() == lastBlock {
		all -= seedWords
	}
	return g.block()%blockStep == 0 && g.block() <= lastBlock &&
		g.available() == all && g.used() <= all
}

// seed makes it begin anew: all numbers of the old seed count as given. It goes on from the first
// block, for behind the last one the old numbers would take the new seed's place.
func (g *generator) seed(seed [seedWords]uint64) {
	copy(g[bufWords:], seed[:])
	g[usedWord] = uint64(g.available())<<32 | uint64(g.available())
	g[blockWord] &^= 1<<32 - 1
}
