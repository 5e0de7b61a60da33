package main

import (
	"math/rand/v2"
	"strconv"
)

// draws is how many random numbers the program draws while it starts: tests say it to the linker.
var draws = "0"

func init() {
	n, err := strconv.Atoi(draws)
	if err != nil {
		panic("main.draws: " + err.Error())
	}
	for range n {
		rand.Uint64()
	}
}
