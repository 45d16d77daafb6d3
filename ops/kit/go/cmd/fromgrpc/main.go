// fromgrpc is a consumer of the feed over gRPC: checks, shows, keeps its place, goes on.
//
//	fromgrpc SERVER STATE [UNTIL]
//
// Each new event is one line of JSON; with UNTIL it ends when all up to that position was
// shown. The place is kept after the lines were written: after a kill the last ones may
// come again, with the same position and index, and none is left out.
package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
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

var wanted check.Filter

func main() {
	if len(os.Args) < 3 {
		log.Fatal("fromgrpc SERVER STATE [UNTIL]")
	}
	until := int64(0)
	if len(os.Args) > 3 {
		parsed, err := strconv.ParseInt(os.Args[3], 10, 64)
		if err != nil {
			log.Fatal(err)
		}
		until = parsed
	}
	// Over loopback; elsewhere with credentials.NewTLS and the bureau's certificate.
	channel, err := grpc.NewClient(os.Args[1], grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	for {
		done, err := follow(pb.NewEventServiceClient(channel), os.Args[2], until)
		code := status.Code(err)
		if err != nil && code != codes.Unavailable && code != codes.Canceled {
			log.Fatal(err)
		}
		if done {
			return
		}
		time.Sleep(500 * time.Millisecond)
	}
}

func follow(service pb.EventServiceClient, state string, until int64) (bool, error) {
	var place check.Place
	if err := check.Load(state, &place); err != nil {
		return false, err
	}
	asked := &pb.SubscribeEventsRequest{Until: until}
	if place.Link != "" {
		link, err := hex.DecodeString(place.Link)
		if err != nil {
			return false, err
		}
		kept := &pb.FeedPlace{Position: place.Position, Number: place.Number, Link: link}
		asked.Start = &pb.SubscribeEventsRequest_Resume{Resume: kept}
	}
	// Where a server knows nobody by certificate (loopback); over TLS it is ignored.
	who := metadata.AppendToOutgoingContext(context.Background(),
		"childregistry-authority", "bureau", "childregistry-office", "civil_affairs")
	stream, err := service.SubscribeEvents(who, asked)
	if err != nil {
		return false, err
	}
	out := bufio.NewWriter(os.Stdout)
	for {
		got, err := stream.Recv()
		if err != nil {
			return false, err
		}
		if place, err = step(place, got, out); err != nil {
			return false, err
		}
		if err := out.Flush(); err != nil {
			return false, err
		}
		if err := check.Keep(state, place); err != nil {
			return false, err
		}
		if ended := got.GetEnded(); ended != nil {
			return ended.Why == pb.SubscribeEventsResponse_WHY_UNTIL, nil
		}
	}
}

func step(place check.Place, got *pb.SubscribeEventsResponse, out *bufio.Writer) (check.Place, error) {
	switch signal := got.Signal.(type) {
	case *pb.SubscribeEventsResponse_Confirmation_:
		told := placeOf(signal.Confirmation.Place)
		if place.Link == "" {
			return told, nil // judged with the first entry
		}
		return check.Passed(place, told)
	case *pb.SubscribeEventsResponse_Batch_:
		for _, entry := range signal.Batch.Entries {
			next, events, err := check.AdvanceFeed(place, wanted, 0, placeOf(entry.Place), entry.Record)
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
