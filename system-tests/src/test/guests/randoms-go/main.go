// An actor that draws from each generator of Go's library.
package main

import (
	crypto "crypto/rand"
	"encoding/hex"
	"math/rand"
	rand2 "math/rand/v2"

	"plexspaces.io/sdk-go/plexspaces"
)

type drawer struct{ plexspaces.ActorBase }

type drawn struct {
	Rand   []uint64
	Rand2  []uint64
	Crypto string
}

func newDrawer() *drawer {
	d := &drawer{}
	plexspaces.On(d, "draw", func(in struct{ N int }) (drawn, error) {
		out := drawn{}
		for range in.N {
			out.Rand = append(out.Rand, rand.Uint64()>>12)
			out.Rand2 = append(out.Rand2, rand2.Uint64()>>12)
		}
		bytes := make([]byte, 32)
		crypto.Read(bytes)
		out.Crypto = hex.EncodeToString(bytes)
		return out, nil
	})
	return d
}

func init() { plexspaces.Register("drawer", newDrawer) }

func main() {}
