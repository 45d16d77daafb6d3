// vectors holds the checks against the kit's vectors: vectors VECTORS.json.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"reflect"

	"childregistry.example/kit/check"
)

type expected [][4]any

type topic struct {
	Partition, Partitions int
	Records               []struct {
		Headers map[string]string
		Value   []byte
	}
	Expected expected
}

type feed struct {
	Filter  check.Filter
	After   int64
	Link    string
	Entries []struct {
		check.Place
		Record []byte
	}
	Expected expected
}

func (t topic) events(leaveOut int) (expected, error) {
	var place *check.Partition
	var found expected
	for offset, one := range t.Records {
		if offset == leaveOut {
			continue
		}
		next, event, err := check.Advance(place, check.Record{
			Partition: t.Partition, Partitions: t.Partitions, Offset: int64(offset),
			Headers: one.Headers, Value: one.Value,
		})
		if err != nil {
			return nil, err
		}
		if place = next; event != nil {
			found = append(found, told(*event))
		}
	}
	return found, nil
}

func (f feed) events(leaveOut int) (expected, error) {
	place := check.Place{Position: f.After, Link: f.Link}
	var found expected
	for number, one := range f.Entries {
		if number == leaveOut {
			continue
		}
		next, events, err := check.AdvanceFeed(place, f.Filter, f.After, one.Place, one.Record)
		if err != nil {
			return nil, err
		}
		place = next
		for _, event := range events {
			found = append(found, told(event))
		}
	}
	return found, nil
}

func told(event check.Event) [4]any {
	return [4]any{float64(event.Position), float64(event.Index), event.Type, event.Stream}
}

func judge(events func(int) (expected, error), count int, wanted expected) {
	found, err := events(-1)
	if err != nil || !reflect.DeepEqual(found, wanted) {
		log.Fatalf("other events than expected: %v", err)
	}
	for number := range count - 1 {
		if _, err := events(number); err == nil {
			log.Fatalf("leaving out %d was not found", number)
		}
	}
}

func main() {
	content, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	var all struct {
		Topic []topic
		Feed  []feed
	}
	if err := json.Unmarshal(content, &all); err != nil {
		log.Fatal(err)
	}
	for _, one := range all.Topic {
		judge(one.events, len(one.Records), one.Expected)
	}
	for _, one := range all.Feed {
		judge(one.events, len(one.Entries), one.Expected)
	}
	fmt.Println("vectors hold")
}
