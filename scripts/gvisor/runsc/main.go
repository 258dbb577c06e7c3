// Command runsc is gVisor's runsc, with the seccomp programs of our boxes compiled beforehand.
//
// Nothing that it does is changed: see docs/decisions.
package main

import (
	"gvisor.dev/gvisor/runsc/cli/maincli"
	"gvisor.dev/gvisor/runsc/version"
)

// Only set at link time, so it must be referred to.
var _ = version.Version()

func main() {
	maincli.Main()
}
