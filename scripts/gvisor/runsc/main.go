// Command runsc is gVisor's runsc, with the seccomp programs of our boxes compiled beforehand, and a garbage collector
// that leaves a box alone while it starts.
//
// Nothing else that it does is changed: see docs/decisions.
package main

import (
	"runtime"
	"runtime/debug"

	"gvisor.dev/gvisor/runsc/cli/maincli"
	"gvisor.dev/gvisor/runsc/version"
)

// firstCollection is where the heap is collected for the first time: at four times the four MiB that are usual. A box
// that has started has allocated about as much, and most boxes are gone before they allocate more.
const firstCollection = 400

// asUsual is how much a heap may grow from then on: what a box holds for itself counts as its job's.
const asUsual = 100

// firstCycle is found unreachable by the first collection.
type firstCycle struct{ _ [64]byte }

// Only set at link time, so it must be referred to.
var _ = version.Version()

func main() {
	debug.SetGCPercent(firstCollection)
	runtime.SetFinalizer(&firstCycle{}, func(*firstCycle) { debug.SetGCPercent(asUsual) })
	maincli.Main()
}
