// fromkafka is a consumer of the published topic: checks, shows, keeps its place, goes on.
//
//	fromkafka SERVERS TOPIC STATE [UNTIL]
//
// Each new event is one line of JSON; with UNTIL it ends when all up to that position was
// shown. The place is kept after the lines were written: after a kill the last ones may
// come again, with the same position and index, and none is left out.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"childregistry.example/kit/check"
)

func main() {
	if len(os.Args) < 4 {
		log.Fatal("fromkafka SERVERS TOPIC STATE [UNTIL]")
	}
	servers, topic, state := os.Args[1], os.Args[2], os.Args[3]
	until := int64(0)
	if len(os.Args) > 4 {
		parsed, err := strconv.ParseInt(os.Args[4], 10, 64)
		if err != nil {
			log.Fatal(err)
		}
		until = parsed
	}
	if err := follow(servers, topic, state, until); err != nil {
		log.Fatal(err)
	}
}

func follow(servers, topic, state string, until int64) error {
	places := map[int]*check.Partition{}
	if err := check.Load(state, &places); err != nil {
		return err
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(strings.Split(servers, ",")...))
	if err != nil {
		return err
	}
	defer client.Close()
	count := partitions(client, topic)
	offsets := map[int32]kgo.Offset{}
	for number := range count {
		// No group, and no jump where an offset is gone: the place is our own.
		offset := kgo.NewOffset().At(0)
		if place := places[number]; place != nil {
			offset = kgo.NewOffset().At(place.Offset)
		}
		offsets[int32(number)] = offset
	}
	client.AddConsumePartitions(map[string]map[int32]kgo.Offset{topic: offsets})
	out := bufio.NewWriter(os.Stdout)
	for until == 0 || check.CompleteUpTo(places, count) < until {
		fetched := client.PollFetches(context.Background())
		for _, fault := range fetched.Errors() {
			if !kerr.IsRetriable(fault.Err) {
				log.Printf("partition %d: %v; again", fault.Partition, fault.Err)
			}
		}
		for _, one := range fetched.Records() {
			if err := take(places, one, count, out); err != nil {
				return err
			}
		}
		if err := out.Flush(); err != nil {
			return err
		}
		if err := check.Keep(state, places); err != nil {
			return err
		}
	}
	return nil
}

func take(places map[int]*check.Partition, one *kgo.Record, count int, out *bufio.Writer) error {
	headers := map[string]string{}
	for _, header := range one.Headers {
		headers[header.Key] = string(header.Value)
	}
	number := int(one.Partition)
	place, event, err := check.Advance(places[number], check.Record{
		Partition:  number,
		Partitions: count,
		Offset:     one.Offset,
		Headers:    headers,
		Value:      one.Value,
	})
	if err != nil {
		return err
	}
	places[number] = place
	if event == nil {
		return nil
	}
	return json.NewEncoder(out).Encode(event)
}

// partitions asks until a broker says how many the topic has.
func partitions(client *kgo.Client, topic string) int {
	for {
		request := kmsg.NewMetadataRequest()
		one := kmsg.NewMetadataRequestTopic()
		one.Topic = &topic
		request.Topics = append(request.Topics, one)
		answer, err := request.RequestWith(context.Background(), client)
		if err == nil && len(answer.Topics[0].Partitions) > 0 {
			return len(answer.Topics[0].Partitions)
		}
		fmt.Fprintln(os.Stderr, "no metadata yet:", err)
		time.Sleep(500 * time.Millisecond)
	}
}
