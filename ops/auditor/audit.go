package main

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

const maxFaults = 100 // more would only repeat themselves

// A fault is something that is not as it must be: where, and what must be.
type fault struct{ place, rule string }

func (f fault) String() string { return f.place + ": " + f.rule }

// An audit takes a log's records in order, and beyond acceptance asks whether texts have
// the fingerprints under which they were announced, and bodies are canonical.
type audit struct {
	log    *log
	tree   tree
	line   keyLine
	faults []fault

	canonical, opaque, unreadable int
	record                        record
	announcement                  *schema
}

func newAudit(registry string, room int64) *audit {
	return &audit{
		log:          newLog(registry, room),
		tree:         newTree(room),
		line:         keyLine{origin: registry},
		announcement: announcement(),
	}
}

func (a *audit) fault(place, rule string) {
	if !a.full() {
		a.faults = append(a.faults, fault{place, rule})
	}
}

// full is whether further faults would not be kept.
func (a *audit) full() bool { return len(a.faults) >= maxFaults }

// take judges the next record; whether it is an entry, which a.record then says.
func (a *audit) take(content []byte) bool {
	if reason := a.log.accept(content, &a.record); reason != "" {
		a.fault(fmt.Sprintf("entry %d", a.log.position+1), "is void: "+reason)
		return false
	}
	a.tree.add(a.log.hash[:])
	for i, h := range a.record.events {
		if h.key == schemaAdopted {
			a.announce(a.record.bodies[i].content)
		}
	}
	for i, h := range a.record.events {
		if string(h.stream) == ownStream && (h.key == keyAdopted || h.key == keyRetired) {
			a.line.told(a.log.position, h.key, a.record.bodies[i].content, a.fault)
		}
	}
	a.readBody(a.record.key, a.record.request.content, 0)
	for i, h := range a.record.events {
		a.readBody(h.key, a.record.bodies[i].content, i+1)
	}
	return true
}

// announce keeps a schema; the first text of a fingerprint stays.
func (a *audit) announce(content []byte) {
	r := reader{data: content}
	name, text := r.sized(), string(r.text())
	if !r.end() || len(name) != len(fingerprint{}) {
		return
	}
	key := fingerprint(name)
	found, err := parse(key, text)
	if err != nil {
		a.fault(fmt.Sprintf("entry %d, schema %x", a.log.position, key), err.Error())
	}
	if a.log.schemas[key] == nil {
		a.log.schemas[key] = found
	}
}

func (a *audit) readBody(key fingerprint, content []byte, number int) {
	known := a.log.schemas[key]
	if key == schemaAdopted {
		known = a.announcement
	}
	switch {
	case key == opaque:
		a.opaque++
	case known.canonical(content):
		a.canonical++
	default:
		a.unreadable++
		which := "request"
		if number > 0 {
			which = fmt.Sprintf("event %d", number)
		}
		place := fmt.Sprintf("entry %d, %s", a.log.position, which)
		a.fault(place, "is not canonical under schema "+hex.EncodeToString(key[:]))
	}
}

// A report is what was found, line by line, and what could not be looked at.
type report struct {
	*audit
	lines  [][2]string
	unseen []string
}

func (r *report) say(what, told string) { r.lines = append(r.lines, [2]string{what, told}) }

func (r *report) sayLog() {
	l := r.log
	moment := time.UnixMicro(l.recordedAt).UTC()
	layout := "2006-01-02T15:04:05.000000-07:00"
	if moment.Nanosecond() == 0 {
		layout = "2006-01-02T15:04:05-07:00"
	}
	root := base64.StdEncoding.EncodeToString(r.tree.root(r.tree.size()))
	r.say("log", l.registry)
	r.say("entries", fmt.Sprintf("1 to %d, the last of %s", l.position, moment.Format(layout)))
	r.say("chain", hex.EncodeToString(l.hash[:]))
	r.say("tree", root)
	r.say("bodies", fmt.Sprintf("%s; %d schemas announced", r.bodies(), len(l.schemas)))
	for _, s := range r.line.spans {
		end := ""
		if s.retired > 0 {
			end = fmt.Sprintf(", %s before %d", s.because, s.retired)
		}
		r.say("key", fmt.Sprintf("%s from %d%s", s.key.vkey(), s.adopted, end))
	}
}

func (r *report) bodies() string {
	var told []string
	for _, kind := range []struct {
		count int
		name  string
	}{{r.canonical, "canonical"}, {r.opaque, "opaque"}, {r.unreadable, "unreadable"}} {
		if kind.count > 0 {
			told = append(told, fmt.Sprintf("%d %s", kind.count, kind.name))
		}
	}
	if len(told) == 0 {
		return "none"
	}
	return strings.Join(told, ", ")
}

// print writes the report, and says whether everything is as it must be.
func (r *report) print() bool {
	for _, line := range r.lines {
		fmt.Printf("%-10s %s\n", line[0], line[1])
	}
	for _, told := range r.unseen {
		fmt.Printf("%-10s %s\n", "NOT SEEN", told)
	}
	for _, found := range r.faults {
		fmt.Printf("%-10s %s\n", "FAULT", found)
	}
	if r.full() {
		fmt.Printf("%-10s and perhaps more: %d are shown\n", "FAULT", maxFaults)
	}
	if len(r.faults) > 0 {
		fmt.Printf("%-10s FAULTS WERE FOUND\n", "RESULT")
		return false
	}
	fmt.Printf("%-10s nothing was changed and nothing is missing in entries 1 to %d\n",
		"RESULT", r.tree.size())
	return true
}
