// The judge of histories is not ours: it reads the JSON lines of a campaign (the format
// stands in ops/fire/README.md) and has Porcupine, a checker of linearizability, decide
// whether each child's list of acts behaved as one list; and it looks for the anomalies
// that Jepsen's tests of logs name. It knows nothing of this project's code.
//
//	history FILE
//
// It prints a line for each thing found right, one for each fault, and ends with 1 where
// there is a fault. Reads of the latest state are bounded by a leader's lease: where only
// they break linearizability, that is reported apart and is no fault.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"sort"
	"time"

	"github.com/anishathalye/porcupine"
)

const (
	maxLine = 1 << 24
	timeout = time.Minute
)

// A line is a call, an entry or a fault; each has some of the fields.
type line struct {
	Line      string   `json:"line"`
	Client    int      `json:"client"`
	Kind      string   `json:"kind"`
	Child     string   `json:"child"`
	RequestID string   `json:"request_id"`
	Start     float64  `json:"start"`
	End       float64  `json:"end"`
	Outcome   string   `json:"outcome"`
	Position  int      `json:"position"`
	Hash      string   `json:"hash"`
	Seen      []int    `json:"seen"`
	Applied   int      `json:"applied"`
	Node      string   `json:"node"`
	Children  []string `json:"children"`
}

// A write is all calls with one request id: one operation, however often it was asked.
type write struct {
	child    string
	client   int
	call     float64
	done     float64
	position int
	hash     string
}

type history struct {
	calls   []line
	nodes   map[string][]line
	writes  map[string]*write
	entries map[string][]line // of the longest log, by request id
	kept    map[string][]int  // positions of a child's entries
	faults  int
}

func main() {
	if len(os.Args) != 2 {
		fmt.Println("usage: history FILE")
		os.Exit(2)
	}
	h, err := read(os.Args[1])
	if err != nil {
		fmt.Printf("FAULT unreadable: %v\n", err)
		os.Exit(1)
	}
	h.nodesAgree()
	h.merge()
	h.recorded()
	h.atLeast()
	h.linearizable()
	if h.faults > 0 {
		os.Exit(1)
	}
}

func read(name string) (*history, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	h := &history{nodes: map[string][]line{}, writes: map[string]*write{},
		entries: map[string][]line{}, kept: map[string][]int{}}
	scanner := bufio.NewScanner(file)
	scanner.Buffer(nil, maxLine)
	for scanner.Scan() {
		var l line
		if err := json.Unmarshal(scanner.Bytes(), &l); err != nil {
			return nil, err
		}
		switch l.Line {
		case "call":
			h.calls = append(h.calls, l)
		case "entry":
			h.nodes[l.Node] = append(h.nodes[l.Node], l)
		case "fault":
		default:
			return nil, fmt.Errorf("a line of kind %q", l.Line)
		}
	}
	var longest []line
	for _, log := range h.nodes {
		if len(log) > len(longest) {
			longest = log
		}
	}
	for _, entry := range longest {
		h.entries[entry.RequestID] = append(h.entries[entry.RequestID], entry)
		for _, child := range entry.Children {
			h.kept[child] = append(h.kept[child], entry.Position)
		}
	}
	return h, scanner.Err()
}

func (h *history) fault(format string, values ...any) {
	h.faults++
	fmt.Printf("FAULT "+format+"\n", values...)
}

// nodesAgree checks that all nodes hold the same entries in the same order.
func (h *history) nodesAgree() {
	var first []line
	for name, log := range h.nodes {
		if first == nil {
			first = log
		}
		if len(log) != len(first) {
			h.fault("nodes differ: %s holds %d entries, another %d", name, len(log), len(first))
			continue
		}
		for i, entry := range log {
			if entry.Hash != first[i].Hash || entry.Position != i+1 {
				h.fault("nodes differ: %s at %d", name, i+1)
				break
			}
		}
	}
	fmt.Printf("ok: %d nodes looked at, %d entries\n", len(h.nodes), len(first))
}

// merge makes one operation of all calls with one request id.
func (h *history) merge() {
	for _, call := range h.calls {
		if call.Kind != "write" {
			continue
		}
		one, found := h.writes[call.RequestID]
		if !found {
			one = &write{child: call.Child, client: call.Client, call: call.Start, done: math.Inf(1)}
			h.writes[call.RequestID] = one
		}
		one.call = min(one.call, call.Start)
		if call.Outcome != "ok" {
			continue
		}
		if one.hash != "" && (one.hash != call.Hash || one.position != call.Position) {
			h.fault("two receipts: %s at %d and %d", call.RequestID, one.position, call.Position)
		}
		one.done = min(one.done, call.End)
		one.position, one.hash = call.Position, call.Hash
	}
}

// recorded looks for lost writes and duplicates.
func (h *history) recorded() {
	for key, one := range h.writes {
		found := h.entries[key]
		if len(found) > 1 {
			h.fault("duplicate: %s at %d and %d", key, found[0].Position, found[1].Position)
		}
		if one.hash == "" {
			if len(found) > 0 { // never acknowledged, and recorded: it had its effect
				one.position, one.hash = found[0].Position, found[0].Hash
			}
			continue
		}
		same := func(e line) bool { return e.Position == one.position && e.Hash == one.hash }
		if !slices.ContainsFunc(found, same) {
			h.fault("lost write: %s acknowledged at %d", key, one.position)
		}
	}
	fmt.Printf("ok: %d writes looked at\n", len(h.writes))
}

// atLeast checks the reads that name a position: they are absolute.
func (h *history) atLeast() {
	count := 0
	for _, call := range h.calls {
		if call.Kind != "at_least" || call.Outcome != "ok" {
			continue
		}
		count++
		kept := h.kept[call.Child]
		if len(call.Seen) > len(kept) || !slices.Equal(call.Seen, kept[:len(call.Seen)]) {
			h.fault("inconsistent order: %s read %v, recorded %v", call.Child, call.Seen, kept)
			continue
		}
		for _, position := range kept {
			if position <= call.Position && !slices.Contains(call.Seen, position) {
				h.fault("stale read: %s at least %d lacks %d", call.Child, call.Position, position)
				break
			}
		}
	}
	fmt.Printf("ok: %d reads at least at a position looked at\n", count)
}

type input struct {
	write    bool
	position int
}

// The model: a list that a write appends its position to, and a read returns whole.
var model = porcupine.Model{
	Init: func() any { return []int{} },
	Step: func(state, in, out any) (bool, any) {
		list, asked := state.([]int), in.(input)
		if !asked.write {
			return slices.Equal(list, out.([]int)), list
		}
		if len(list) > 0 && list[len(list)-1] >= asked.position {
			return false, list
		}
		return true, append(slices.Clone(list), asked.position)
	},
	Equal: func(a, b any) bool { return slices.Equal(a.([]int), b.([]int)) },
}

func (h *history) linearizable() {
	children := map[string]bool{}
	for _, call := range h.calls {
		children[call.Child] = true
	}
	names := make([]string, 0, len(children))
	for name := range children {
		names = append(names, name)
	}
	sort.Strings(names)
	apart := 0
	for _, name := range names {
		if h.judged(name, true) == porcupine.Ok {
			continue
		}
		if found := h.judged(name, false); found != porcupine.Ok {
			h.fault("not linearizable: %s: %s", name, found)
			continue
		}
		apart++
	}
	if apart > 0 {
		fmt.Printf("APART: %d of %d children are linearizable but for reads of the latest\n",
			apart, len(names))
	}
	fmt.Printf("ok: %d children judged by Porcupine\n", len(names))
}

// judged asks Porcupine about one child, with or without reads of the latest state.
func (h *history) judged(child string, latest bool) porcupine.CheckResult {
	var operations []porcupine.Operation
	for _, one := range h.writes {
		if one.child == child && one.position > 0 {
			operations = append(operations, porcupine.Operation{ClientId: one.client,
				Input: input{true, one.position}, Output: []int{},
				Call: nanoseconds(one.call), Return: nanoseconds(one.done)})
		}
	}
	for _, call := range h.calls {
		if latest && call.Kind == "latest" && call.Outcome == "ok" && call.Child == child {
			operations = append(operations, porcupine.Operation{ClientId: call.Client,
				Input: input{}, Output: call.Seen,
				Call: nanoseconds(call.Start), Return: nanoseconds(call.End)})
		}
	}
	return porcupine.CheckOperationsTimeout(model, operations, timeout)
}

func nanoseconds(seconds float64) int64 {
	if math.IsInf(seconds, 1) {
		return math.MaxInt64
	}
	return int64(seconds * 1e9)
}
