package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

const maxKeys = 1_000

// A span is a key and its time: from a position until, exclusive, another.
type span struct {
	key              *verifier
	adopted, retired int64 // retired is 0 where it is not
	because          string
}

func (s span) covers(position int64) bool {
	return s.adopted <= position && (s.retired == 0 || position < s.retired)
}

// A keyLine is the life of a log's keys as its own entries tell it. A statement that
// breaks a rule has no effect, and is a fault.
type keyLine struct {
	origin string
	spans  []span
}

// told takes a statement of the entry at a position, or names the rule that it breaks.
func (l *keyLine) told(position int64, key fingerprint, content []byte, add func(place, rule string)) {
	r := reader{data: content}
	statement := string(r.text())
	if !r.end() {
		return // says nothing: not canonical, and a fault of its own
	}
	place := fmt.Sprintf("entry %d, key", position)
	act, subject, by, err := l.opened(statement)
	switch {
	case err != nil:
	case (key == keyAdopted) != (act == "adopted"):
		err = errors.New("the statement says " + act)
	case act == "adopted":
		place = fmt.Sprintf("%s %x", place, subject.id())
		err = l.adopt(position, subject, by)
	default:
		place = fmt.Sprintf("%s %x", place, subject.id())
		err = l.retire(position, subject, by, act)
	}
	if err != nil {
		add(place, err.Error())
	}
}

// opened is what a statement does, with which key, and by whose word.
func (l *keyLine) opened(statement string) (string, *verifier, []string, error) {
	text, err := textOf([]byte(statement))
	if err != nil {
		return "", nil, nil, fmt.Errorf("is no statement: %w", err)
	}
	lines := strings.Split(text, "\n")
	if len(lines) != 5 || lines[4] != "" || lines[0] != "childregistry/key/v1" || lines[1] != l.origin {
		return "", nil, nil, errors.New("must be four lines, childregistry/key/v1 and the log")
	}
	subject, err := parseVerifier(lines[3])
	if err != nil {
		return "", nil, nil, fmt.Errorf("is no statement: %w", err)
	}
	if !slices.Contains([]string{"adopted", "rotated", "compromised", "lost"}, lines[2]) {
		return "", nil, nil, fmt.Errorf("is no statement: %q", lines[2])
	}
	known := []*verifier{subject}
	for _, s := range l.spans {
		if s.key.vkey() != subject.vkey() {
			known = append(known, s.key)
		}
	}
	_, signed, err := openNote([]byte(statement), known)
	if err != nil {
		return "", nil, nil, fmt.Errorf("is no statement: %w", err)
	}
	if subject.kind != ofLog || subject.name != l.origin {
		return "", nil, nil, errors.New("is no key of this log")
	}
	var by []string
	for _, v := range signed {
		by = append(by, v.vkey())
	}
	return lines[2], subject, by, nil
}

func (l *keyLine) adopt(position int64, key *verifier, by []string) error {
	if l.find(key) != nil {
		return errors.New("was adopted before")
	}
	first := len(l.spans) == 0
	if !slices.Contains(by, key.vkey()) || !first && !l.inForce(by, position) {
		return errors.New("must sign itself, beside a key in force")
	}
	if len(l.spans) == maxKeys {
		return fmt.Errorf("is beyond %d keys", maxKeys)
	}
	if first {
		position = 0 // stands from the beginning
	}
	l.spans = append(l.spans, span{key: key, adopted: position})
	return nil
}

func (l *keyLine) retire(position int64, key *verifier, by []string, because string) error {
	standing := 0
	for _, s := range l.spans {
		if s.covers(position) {
			standing++
		}
	}
	found := l.find(key)
	if found == nil || !found.covers(position) {
		return errors.New("is not in force")
	}
	if standing == 1 {
		return errors.New("is the last: adopt another first")
	}
	if !l.inForce(by, position) {
		return errors.New("no key in force retired it")
	}
	found.retired, found.because = position, because
	return nil
}

func (l *keyLine) find(key *verifier) *span {
	for i := range l.spans {
		if l.spans[i].key.vkey() == key.vkey() {
			return &l.spans[i]
		}
	}
	return nil
}

func (l *keyLine) inForce(by []string, position int64) bool {
	return slices.ContainsFunc(l.spans, func(s span) bool {
		return s.covers(position) && slices.Contains(by, s.key.vkey())
	})
}

// trusted are all keys that whoever trusts these may believe, each in its time.
func (l *keyLine) trusted(known []*verifier) []*verifier {
	if !slices.ContainsFunc(known, func(v *verifier) bool { return l.find(v) != nil }) {
		return known
	}
	all := slices.Clone(known)
	for _, s := range l.spans {
		ours := func(v *verifier) bool { return v.vkey() == s.key.vkey() }
		if !slices.ContainsFunc(all, ours) {
			all = append(all, s.key)
		}
	}
	return all
}

// check asks whether a key of the log signed in its time.
func (l *keyLine) check(by []*verifier, position int64) error {
	var names []string
	for _, v := range by {
		if v.kind != ofLog {
			continue
		}
		if found := l.find(v); len(l.spans) == 0 || found != nil && found.covers(position) {
			return nil
		}
		names = append(names, fmt.Sprintf("%x", v.id()))
	}
	if len(names) == 0 {
		names = []string{"nobody"}
	}
	return fmt.Errorf("signature for position %d: is by %s, no key in force there",
		position, strings.Join(names, ", "))
}
