// A bank of three kinds of actors: accounts on demand, one bank that transfers between them, one
// audit log.
package main

import "plexspaces.io/sdk-go/plexspaces"

func init() {
	plexspaces.Register("account", NewAccount)
	plexspaces.Register("bank", NewBank)
	plexspaces.Register("audit", NewAudit)
}

func main() {}
