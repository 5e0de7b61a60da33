//go:build !wasip1

package guest

// reseed is for forks of a template only.
func reseed() {}
