// fromgrpc is a consumer of the feed over gRPC: checks, shows, keeps its place, goes on.
//
//	fromgrpc SERVER STATE [UNTIL [SUBSCRIPTION]]
//
// Each new event is one line of JSON; with UNTIL (0: never) it ends when all up to that
// position was shown. The place is kept after the lines were written: after a kill the last
// ones may come again, with the same position and index, and none is left out.
//
// With SUBSCRIPTION, the name of one that the registry keeps, the filter is that one's, and
// what was shown is acknowledged; without a file it goes on behind what was acknowledged.
package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strconv"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"childregistry.example/kit/check"
	pb "childregistry.example/kit/pb/childregistry/v1"
)

func main() {
	if len(os.Args) < 3 {
		log.Fatal("fromgrpc SERVER STATE [UNTIL [SUBSCRIPTION]]")
	}
	until, name := int64(0), ""
	if len(os.Args) > 3 {
		parsed, err := strconv.ParseInt(os.Args[3], 10, 64)
		if err != nil {
			log.Fatal(err)
		}
		until = parsed
	}
	if len(os.Args) > 4 {
		name = os.Args[4]
	}
	// Over loopback; elsewhere with credentials.NewTLS and the bureau's certificate.
	channel, err := grpc.NewClient(os.Args[1], grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	for refused := 0; ; {
		done, err := follow(channel, os.Args[2], until, name)
		code := status.Code(err)
		if name != "" && code == codes.InvalidArgument {
			refused++
		} else {
			refused = 0
		}
		again := code == codes.Unavailable || code == codes.Canceled || (refused > 0 && refused < refusals)
		if err != nil && !again {
			log.Fatal(err)
		}
		if done {
			return
		}
		time.Sleep(500 * time.Millisecond)
	}
}

// kept is what the file has: a place, and of which epoch of a named subscription.
type kept struct {
	check.Place
	Epoch int32 `json:"epoch"`
}

func follow(channel *grpc.ClientConn, state string, until int64, name string) (bool, error) {
	// Where a server knows nobody by certificate (loopback); over TLS it is ignored.
	who := metadata.AppendToOutgoingContext(context.Background(),
		"childregistry-authority", "bureau", "childregistry-office", "civil_affairs")
	subject, err := nextEpoch(who, channel, name)
	if err != nil || subject == nil {
		return subject == nil && err == nil, err
	}
	var here kept
	if err := check.Load(state, &here); err != nil {
		return false, err
	}
	if here.Epoch != subject.epoch {
		here = kept{Epoch: subject.epoch}
	}
	asked, err := subject.request(here.Place, until)
	if err != nil {
		return false, err
	}
	stream, err := pb.NewEventServiceClient(channel).SubscribeEvents(who, asked)
	if err != nil {
		return false, err
	}
	out := bufio.NewWriter(os.Stdout)
	for {
		got, err := stream.Recv()
		if err != nil {
			return false, err
		}
		if here.Place, err = step(here.Place, subject, got, out); err != nil {
			return false, err
		}
		if err := out.Flush(); err != nil {
			return false, err
		}
		if err := check.Keep(state, here); err != nil {
			return false, err
		}
		ended := got.GetEnded()
		if err := subject.acknowledge(who, channel, here.Place, ended == nil); err != nil {
			return false, err
		}
		if ended != nil && ended.Why == pb.SubscribeEventsResponse_WHY_TAKEN_OVER {
			return false, fmt.Errorf("%s: is followed by another reader", name)
		}
		if ended != nil {
			return ended.Why == pb.SubscribeEventsResponse_WHY_UNTIL, nil
		}
	}
}

func step(place check.Place, subject *followed, got *pb.SubscribeEventsResponse, out *bufio.Writer) (check.Place, error) {
	switch signal := got.Signal.(type) {
	case *pb.SubscribeEventsResponse_Confirmation_:
		told := placeOf(signal.Confirmation.Place)
		if place.Link == "" {
			return told, nil // judged with the first entry
		}
		return check.Passed(place, told)
	case *pb.SubscribeEventsResponse_Batch_:
		for _, entry := range signal.Batch.Entries {
			next, events, err := check.AdvanceFeed(place, subject.wanted, subject.after, placeOf(entry.Place), entry.Record)
			if err != nil {
				return place, err
			}
			for _, event := range events {
				if err := json.NewEncoder(out).Encode(event); err != nil {
					return place, err
				}
			}
			place = next
		}
		return place, nil
	case *pb.SubscribeEventsResponse_Checkpoint:
		return check.Passed(place, placeOf(signal.Checkpoint))
	case *pb.SubscribeEventsResponse_CaughtUp:
		return check.Passed(place, placeOf(signal.CaughtUp))
	case *pb.SubscribeEventsResponse_FellBehind:
		return check.Passed(place, placeOf(signal.FellBehind))
	case *pb.SubscribeEventsResponse_Ended_:
		return check.Passed(place, placeOf(signal.Ended.Place))
	}
	return place, nil
}

func placeOf(message *pb.FeedPlace) check.Place {
	return check.Place{
		Position: message.Position,
		Number:   message.Number,
		Link:     hex.EncodeToString(message.Link),
	}
}
