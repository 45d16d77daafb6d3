// Package check proves that nothing is missing: of the published topic, and of the
// feed over gRPC. It needs the standard library alone. The bytes are those of
// events/published.py and events/feed.py.
package check

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Event is one event, checked; Avro is its body.
type Event struct {
	Position int64  `json:"position"`
	Index    int64  `json:"index"`
	Type     string `json:"type"`
	Stream   string `json:"stream"`
	Schema   string `json:"-"`
	Avro     []byte `json:"-"`
}

// Partition is where a reader is in a partition: keep it, and go on from Offset.
// All up to Position is passed; Rule is the opening's, Link the chain in hex.
type Partition struct {
	Offset   int64  `json:"offset"`
	Position int64  `json:"position"`
	Number   int64  `json:"number"`
	Link     string `json:"link"`
	Rule     string `json:"rule"`
}

// Record is a record as every client of Kafka gives it.
type Record struct {
	Partition, Partitions int
	Offset                int64
	Headers               map[string]string
	Value                 []byte
}

// Advance moves a place (nil: none yet) over a record, and returns its event where it
// is a new one. An error says that the topic is not complete, or not what was published.
func Advance(place *Partition, r Record) (*Partition, *Event, error) {
	number, err := strconv.ParseInt(r.Headers["ce_number"], 10, 64)
	if err != nil {
		return nil, nil, r.broken("no record of a published topic")
	}
	position, err := strconv.ParseInt(r.Headers["ce_position"], 10, 64)
	if err != nil {
		return nil, nil, r.broken("no record of a published topic")
	}
	if r.Headers["ce_type"] == "childregistry.topic.opened" {
		return opened(place, r)
	}
	if place == nil {
		return nil, nil, r.broken("does not begin with its opening")
	}
	here := *place
	here.Offset = r.Offset + 1
	if r.Headers["ce_type"] == "childregistry.topic.checkpoint" {
		switch {
		case number > place.Number:
			return nil, nil, r.broken("number %d is missing", place.Number+1)
		case number < place.Number || position <= place.Position:
			return &here, nil, nil // an old one, sent twice
		case r.Headers["ce_link"] != place.Link:
			return nil, nil, r.broken("number %d is not what was published", number)
		}
		here.Position = position
		return &here, nil, nil
	}
	if number <= place.Number {
		return &here, nil, nil // sent twice, under its own number
	}
	if number != place.Number+1 {
		return nil, nil, r.broken("number %d is missing", place.Number+1)
	}
	return event(here, r, number, position)
}

// CompleteUpTo returns the position up to which nothing more comes in any partition.
func CompleteUpTo(places map[int]*Partition, partitions int) int64 {
	if len(places) < partitions {
		return 0
	}
	least := int64(-1)
	for _, place := range places {
		if least < 0 || place.Position < least {
			least = place.Position
		}
	}
	return least
}

func event(here Partition, r Record, number, position int64) (*Partition, *Event, error) {
	body := r.Value
	if slices.Contains(strings.Split(here.Rule, "\n"), "wire=confluent") {
		if len(body) < 5 {
			return nil, nil, r.broken("number %d has no schema id", number)
		}
		body = body[5:]
	}
	index, err := strconv.ParseInt(r.Headers["ce_index"], 10, 64)
	if err != nil {
		return nil, nil, r.broken("no record of a published topic")
	}
	digest := sha256.Sum256(append(unhex(r.Headers["ce_salt"]), body...))
	link := unhex(here.Link)
	for _, one := range []int64{number, position, index} {
		link = binary.BigEndian.AppendUint64(link, uint64(one))
	}
	link = append(append(link, unhex(r.Headers["ce_hash"])...), digest[:]...)
	here.Link = hashed(link)
	if here.Link != r.Headers["ce_link"] {
		return nil, nil, r.broken("number %d is not what was published", number)
	}
	here.Number = number
	// The entry may have more events in this partition: only those before are complete.
	here.Position = max(here.Position, position-1)
	return &here, &Event{
		Position: position,
		Index:    index,
		Type:     strings.TrimPrefix(r.Headers["ce_type"], "childregistry.event."),
		Stream:   r.Headers["ce_subject"],
		Schema:   r.Headers["ce_schema"],
		Avro:     body,
	}, nil
}

func opened(place *Partition, r Record) (*Partition, *Event, error) {
	content := append([]byte("childregistry/published/1\x00"), r.Value...)
	content = binary.BigEndian.AppendUint64(append(content, 0), uint64(r.Partition))
	link, rule := hashed(content), string(r.Value)
	if link != r.Headers["ce_link"] || (place != nil && rule != place.Rule) {
		return nil, nil, r.broken("its opening is not what was published")
	}
	count := fmt.Sprintf("partitions=%d", r.Partitions)
	if !slices.Contains(strings.Split(rule, "\n"), count) {
		return nil, nil, r.broken("the topic was made with other partitions")
	}
	if place != nil {
		here := *place
		here.Offset = r.Offset + 1
		return &here, nil, nil
	}
	return &Partition{Offset: r.Offset + 1, Link: link, Rule: rule}, nil, nil
}

func (r Record) broken(format string, values ...any) error {
	return fmt.Errorf("partition %d: %s", r.Partition, fmt.Sprintf(format, values...))
}

func hashed(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// unhex gives no bytes for what is no hex: the link then is another, and says so.
func unhex(text string) []byte {
	content, err := hex.DecodeString(text)
	if err != nil {
		return nil
	}
	return content
}
