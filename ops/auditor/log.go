package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"hash/maphash"
)

// A stream has a last version; pending is that of the record which is being judged.
type stream struct {
	version, pending int64
	judged           uint64
}

// A submission stands for a submission key: 128 bits of a hash whose keys this process
// drew. A key that is repeated is never missed; that two others meet among a million
// happens to one run in 2^88, and nobody can bring it about.
type submission [2]uint64

// A log is all that acceptance asks of the entries before (FORMAT.md, "Acceptance").
type log struct {
	registry   string
	position   int64
	hash       [hashSize]byte
	recordedAt int64
	keys       map[submission]struct{}
	seeds      [2]maphash.Seed
	streams    map[string]*stream
	schemas    map[fingerprint]*schema

	judged  uint64
	touched []*stream
	scratch []byte
}

// newLog is the log before its first entry, with room for about so many.
func newLog(registry string, room int64) *log {
	return &log{
		registry: registry,
		keys:     make(map[submission]struct{}, room),
		seeds:    [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()},
		streams:  map[string]*stream{},
		schemas:  map[fingerprint]*schema{},
	}
}

// accept takes the next record; or says the rule that it fails, and takes nothing.
func (l *log) accept(content []byte, rec *record) string {
	if len(content) > maxRecord {
		return "too_large"
	}
	if !rec.read(content) {
		return "malformed"
	}
	if failed := l.announced(rec); failed != "" {
		return failed
	}
	if !bytes.Equal(rec.previous, l.hash[:]) {
		return "other_parent"
	}
	key := l.submission(rec)
	if _, seen := l.keys[key]; seen {
		return "key_repeated"
	}
	if failed := l.follows(rec); failed != "" {
		return failed
	}
	if failed := l.matches(rec); failed != "" {
		return failed
	}
	l.position++
	l.hash = sha256.Sum256(rec.frame)
	l.recordedAt = rec.recordedAt
	l.keys[key] = struct{}{}
	for i, h := range rec.events {
		l.touched[i].version = h.version
	}
	return ""
}

func (l *log) submission(rec *record) (key submission) {
	l.scratch = binary.AppendUvarint(l.scratch[:0], uint64(len(rec.authority)))
	l.scratch = append(append(l.scratch, rec.authority...), rec.requestID...)
	for i, seed := range l.seeds {
		key[i] = maphash.Bytes(seed, l.scratch)
	}
	return key
}

func (l *log) announced(rec *record) string {
	if string(rec.registry) != l.registry {
		return "other_registry"
	}
	if !l.knows(rec.key) {
		return "schema_not_announced"
	}
	for _, h := range rec.events {
		if !l.knows(h.key) {
			return "schema_not_announced"
		}
	}
	return ""
}

func (l *log) knows(key fingerprint) bool {
	if key == opaque || key == schemaAdopted {
		return true
	}
	_, found := l.schemas[key]
	return found
}

// follows asks whether a record's versions and its time are above those before it.
func (l *log) follows(rec *record) string {
	l.judged++
	l.touched = l.touched[:0]
	for _, h := range rec.events {
		s := l.streams[string(h.stream)]
		if s == nil {
			s = &stream{version: -1}
			l.streams[string(h.stream)] = s
		}
		before := s.version
		if s.judged == l.judged {
			before = s.pending
		}
		if h.version <= before {
			return "version_not_above"
		}
		s.pending, s.judged = h.version, l.judged
		l.touched = append(l.touched, s)
	}
	if rec.recordedAt <= l.recordedAt {
		return "time_not_above"
	}
	return ""
}

// matches asks whether all bodies are there, and are those that the frame names.
func (l *log) matches(rec *record) string {
	if len(rec.bodies) != len(rec.events) || !rec.request.present {
		return "body_missing"
	}
	for _, b := range rec.bodies {
		if !b.present {
			return "body_missing"
		}
	}
	if !l.has(rec.request, rec.digest) {
		return "body_mismatch"
	}
	for i, h := range rec.events {
		if !l.has(rec.bodies[i], h.digest) {
			return "body_mismatch"
		}
	}
	return ""
}

func (l *log) has(b body, digest []byte) bool {
	l.scratch = append(append(l.scratch[:0], b.salt...), b.content...)
	found := sha256.Sum256(l.scratch)
	return bytes.Equal(found[:], digest)
}
