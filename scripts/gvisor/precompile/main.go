// Command precompile writes the seccomp programs of our boxes' sentries as Go, as gVisor's own release build does for
// every configuration that it knows. A build of the bare module has none, and compiles its program at each start.
//
//	precompile > vendor/gvisor.dev/gvisor/runsc/boot/filter/filter_precompiled.go
//	precompile -check    compares what is built in with what a start without it would compile
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"maps"
	"os"
	"os/exec"
	"reflect"
	"slices"

	"gvisor.dev/gvisor/pkg/seccomp"
	"gvisor.dev/gvisor/pkg/seccomp/precompiledseccomp"
	"gvisor.dev/gvisor/pkg/sentry/platform"
	_ "gvisor.dev/gvisor/pkg/sentry/platform/platforms"
	"gvisor.dev/gvisor/runsc/boot/filter"
	"gvisor.dev/gvisor/runsc/boot/filter/config"
)

const header = `// Written by scripts/gvisor/precompile.

package filter

import (
	"sort"

	"gvisor.dev/gvisor/pkg/seccomp/precompiledseccomp"
)

// PrecompilationDisabledAtBuildTime says whether there is nothing here.
const PrecompilationDisabledAtBuildTime = false

// GetPrecompiled returns the program of this name, and whether there is one.
func GetPrecompiled(name string) (precompiledseccomp.Program, bool) {
	program, ok := programs()[name]
	return program, ok
}

// ListPrecompiled returns the names of all programs, sorted.
func ListPrecompiled() []string {
	var names []string
	for name := range programs() {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

func programs() map[string]precompiledseccomp.Program {
	return map[string]precompiledseccomp.Program{
`

// What gVisor calls the sentry's process id among the variables of a program, in two halves.
const (
	pidLow  = "self_pid_low32bits"
	pidHigh = "self_pid_high32bits"
)

// standIn is a platform whose variables have the values that are given.
type standIn struct {
	platform.SeccompInfo
	values precompiledseccomp.Values
}

func (s standIn) Variables() precompiledseccomp.Values { return s.values }

// wanted returns the options of sentries as our boxes have them: no network of the host, no devices.
func wanted() []filter.Options {
	constructor, err := platform.Lookup("systrap")
	if err != nil {
		log.Fatal(err)
	}
	var options []filter.Options
	for _, info := range constructor.PrecompiledSeccompInfo() {
		for _, hostFilesystem := range []bool{false, true} {
			options = append(options, filter.Options{Platform: info, HostFilesystem: hostFilesystem, ControllerFD: 7})
		}
	}
	return options
}

// atStart returns what filter.Install compiles when nothing is built in.
func atStart(options filter.Options) *seccomp.Program {
	rules, denyRules := config.Rules(options)
	return &seccomp.Program{
		RuleSets: []seccomp.RuleSet{{Rules: denyRules}, {Rules: rules, Action: seccomp.Allow}},
		Options:  config.SeccompOptions(options),
	}
}

// compile returns the programs with this process' id in them.
func compile() []precompiledseccomp.Program {
	var programs []precompiledseccomp.Program
	for _, options := range wanted() {
		const controllerFD = "controller_fd"
		names := append(slices.Collect(maps.Keys(options.Platform.Variables())), controllerFD)
		program, err := precompiledseccomp.Precompile(
			options.ConfigKey(), names, func(values precompiledseccomp.Values) *seccomp.Program {
				probe := options
				probe.ControllerFD = values[controllerFD]
				probe.Platform = standIn{options.Platform, values}
				return atStart(probe)
			})
		if err != nil {
			log.Fatal(err)
		}
		programs = append(programs, program)
	}
	return programs
}

// write compiles in two processes. Where the two programs differ is where a process' id is: some of gVisor's rules ask
// for their own instead of taking it from the variables, so its own precompiled programs hold that of their build.
func write() {
	child := exec.Command("/proc/self/exe", "-raw")
	child.Stderr = os.Stderr
	output, err := child.Output()
	if err != nil {
		log.Fatal(err)
	}
	var others []precompiledseccomp.Program
	if err := json.Unmarshal(output, &others); err != nil {
		log.Fatal(err)
	}
	fmt.Print(header)
	for i, program := range compile() {
		if len(program.Bytecode32) != len(others[i].Bytecode32) {
			log.Fatalf("two processes compile programs of different lengths for %s", program.Name)
		}
		program.VarOffsets[pidLow], program.VarOffsets[pidHigh] = nil, nil
		for at, word := range program.Bytecode32 {
			other := others[i].Bytecode32[at]
			if word == other {
				continue
			}
			if word != uint32(os.Getpid()) || other != uint32(child.Process.Pid) {
				log.Fatalf("two processes compile different programs for %s", program.Name)
			}
			program.VarOffsets[pidLow] = append(program.VarOffsets[pidLow], at)
		}
		fmt.Printf("\t\t%q: %s,\n", program.Name, program.Expr("\t\t", "precompiledseccomp"))
	}
	fmt.Print("\t}\n}\n")
}

func check() {
	for _, options := range wanted() {
		key := options.ConfigKey()
		program, ok := filter.GetPrecompiled(key)
		if !ok {
			log.Fatalf("there is no program for %s", key)
		}
		builtIn, err := program.RenderInstructions(options.Vars())
		if err != nil {
			log.Fatal(err)
		}
		compiled, _, err := atStart(options).Build()
		if err != nil {
			log.Fatal(err)
		}
		if !reflect.DeepEqual(builtIn, compiled) {
			log.Fatalf("the program built in is not the one compiled at a start, for %s", key)
		}
		fmt.Printf("%d instructions, as compiled at a start: %s\n", len(builtIn), key)
	}
}

func main() {
	checks := flag.Bool("check", false, "compare what is built in with what a start would compile")
	raw := flag.Bool("raw", false, "print the programs of this process as JSON")
	flag.Parse()
	switch {
	case *checks:
		check()
	case *raw:
		if err := json.NewEncoder(os.Stdout).Encode(compile()); err != nil {
			log.Fatal(err)
		}
	default:
		write()
	}
}
