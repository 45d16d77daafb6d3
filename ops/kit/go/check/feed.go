package check

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
)

// Filter is what a subscription is about: each list that is not empty must be met.
type Filter struct {
	Types, Children, Jurisdictions, Submitters, Causes []string
}

// Place is where a reader of the feed is; Link is the chain in hex.
type Place struct {
	Position int64  `json:"position"`
	Number   int64  `json:"number"`
	Link     string `json:"link"`
}

type header struct {
	stream, kind, schema   string
	concerns, jurisdiction string
	digest                 []byte
}

type frame struct {
	registry, authority, cause string
	events                     []header
}

// Begin returns link 0 of a subscription.
func Begin(registry string, wanted Filter, after int64) string {
	content := strings.Join([]string{"childregistry/feed/1", registry, wanted.text(), ""}, "\x00")
	return hashed(binary.BigEndian.AppendUint64([]byte(content), uint64(after)))
}

// AdvanceFeed moves a place over an entry, which must be told, and returns its events.
func AdvanceFeed(place Place, wanted Filter, after int64, told Place, record []byte) (Place, []Event, error) {
	number := place.Number + 1
	framed, bodies, err := readRecord(record)
	if err != nil {
		return place, nil, fmt.Errorf("number %d: no record: %w", number, err)
	}
	head, err := readFrame(framed)
	if err != nil {
		return place, nil, fmt.Errorf("number %d: no frame: %w", number, err)
	}
	if place.Number == 0 && place.Link != Begin(head.registry, wanted, after) {
		return place, nil, fmt.Errorf("the chain does not begin where it must")
	}
	sum := sha256.Sum256(framed)
	link := binary.BigEndian.AppendUint64(unhex(place.Link), uint64(number))
	link = append(binary.BigEndian.AppendUint64(link, uint64(told.Position)), sum[:]...)
	if told.Position <= place.Position || told.Number != number || told.Link != hashed(link) {
		return place, nil, fmt.Errorf("number %d: is not the next", number)
	}
	if len(bodies) != len(head.events) {
		return place, nil, fmt.Errorf("number %d: has other bodies than events", number)
	}
	var events []Event
	for index, one := range head.events {
		body := bodies[index]
		if wanted.takes(head, one) != (body != nil) {
			return place, nil, fmt.Errorf("number %d: shows other bodies than were asked for", number)
		}
		if body == nil {
			continue
		}
		if digest := sha256.Sum256(body); !bytes.Equal(digest[:], one.digest) {
			return place, nil, fmt.Errorf("number %d: has a body that is not the recorded one", number)
		}
		events = append(events, Event{told.Position, int64(index), one.kind, one.stream, one.schema, body[16:]})
	}
	if events == nil {
		return place, nil, fmt.Errorf("number %d: was not asked for", number)
	}
	return told, events, nil
}

// Passed moves a place over what had nothing for us.
func Passed(place, told Place) (Place, error) {
	if told.Number != place.Number || told.Link != place.Link {
		return place, fmt.Errorf("number %d: was left out", place.Number+1)
	}
	place.Position = max(place.Position, told.Position)
	return place, nil
}

func (f Filter) text() string {
	var lines []string
	for name, values := range map[string][]string{
		"types": f.Types, "children": f.Children, "jurisdictions": f.Jurisdictions,
		"submitters": f.Submitters, "causes": f.Causes,
	} {
		for _, value := range values {
			lines = append(lines, name+"="+value)
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func (f Filter) takes(head frame, one header) bool {
	met := func(values []string, value string) bool {
		return len(values) == 0 || slices.Contains(values, value)
	}
	return met(f.Types, one.kind) && met(f.Children, one.concerns) &&
		met(f.Jurisdictions, one.jurisdiction) && met(f.Submitters, head.authority) &&
		met(f.Causes, head.cause)
}

// reader reads Avro, as far as records need it; after a fault it gives nothing more.
type reader struct {
	rest []byte
	err  error
}

func begun(content []byte, mark string) *reader {
	r := &reader{rest: content}
	if string(r.fixed(len(mark))) != mark {
		r.err = fmt.Errorf("not of this format")
	}
	return r
}

func readRecord(content []byte) ([]byte, [][]byte, error) {
	r := begun(content, "\xc3\x01\x74\x18\xbf\x86\x8b\x9f\xba\xa1")
	framed := r.fixed(int(r.long()))
	r.optional(r.body) // the request's
	var bodies [][]byte
	r.array(func() { bodies = append(bodies, r.optional(r.body)) })
	return framed, bodies, r.end()
}

func readFrame(content []byte) (frame, error) {
	r := begun(content, "\xc3\x01\xf9\x13\xd4\x30\xff\x92\xa3\xae")
	var found frame
	found.registry = r.text()
	r.fixed(32) // previous
	found.authority = r.text()
	r.text()        // request_id
	r.fixed(8 + 32) // the request's schema and digest
	r.long()        // how the submitter was known
	r.optional(func() []byte { return r.fixed(32) })
	r.array(func() { r.text(); r.fixed(int(r.long())) }) // attestations
	r.long()                                             // recorded_at
	r.long()                                             // provenance
	r.text()                                             // writer
	found.cause = r.text()
	text := func() []byte { return []byte(r.text()) }
	r.array(func() {
		var one header
		one.stream = r.text()
		r.long() // version
		one.kind = r.text()
		one.schema = fmt.Sprintf("%x", r.fixed(8))
		one.concerns, one.jurisdiction = string(r.optional(text)), string(r.optional(text))
		r.fixed(1) // urgent
		one.digest = r.fixed(32)
		found.events = append(found.events, one)
	})
	return found, r.end()
}

func (r *reader) fixed(size int) []byte {
	if r.err != nil || size < 0 || size > len(r.rest) {
		if r.err == nil {
			r.err = fmt.Errorf("no %d bytes", size)
		}
		return nil
	}
	found := r.rest[:size:size]
	r.rest = r.rest[size:]
	return found
}

func (r *reader) long() int64 {
	value, size := binary.Varint(r.rest)
	if size <= 0 {
		r.fixed(len(r.rest) + 1)
		return 0
	}
	r.fixed(size)
	return value
}

func (r *reader) text() string { return string(r.fixed(int(r.long()))) }

// body gives salt and content, as the digest is over them.
func (r *reader) body() []byte {
	salt := r.fixed(16)
	return append(salt, r.fixed(int(r.long()))...)
}

func (r *reader) optional(read func() []byte) []byte {
	if r.long() == 0 || r.err != nil {
		return nil
	}
	return read()
}

func (r *reader) array(read func()) {
	count := r.long()
	for ; count > 0 && r.err == nil; count-- {
		read()
		if count == 1 && r.long() != 0 {
			r.err = fmt.Errorf("more than one block")
		}
	}
}

func (r *reader) end() error {
	if r.err == nil && len(r.rest) > 0 {
		r.err = fmt.Errorf("bytes after the end")
	}
	return r.err
}
