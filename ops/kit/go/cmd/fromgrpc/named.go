package main

import (
	"context"
	"encoding/hex"

	"google.golang.org/grpc"

	"childregistry.example/kit/check"
	pb "childregistry.example/kit/pb/childregistry/v1"
)

// refusals of an acknowledgement, one after the other, before they are an error: a server
// that has just started does not know yet what the one before it sent.
const refusals = 3

// followed is what is followed: all that there is, or one epoch of a named subscription.
type followed struct {
	wanted check.Filter
	after  int64
	name   string
	epoch  int32
}

// nextEpoch returns the first epoch of which something is left, nil where none is.
func nextEpoch(who context.Context, channel *grpc.ClientConn, name string) (*followed, error) {
	if name == "" {
		return &followed{}, nil
	}
	service := pb.NewSubscriptionServiceClient(channel)
	got, err := service.GetSubscription(who, &pb.GetSubscriptionRequest{Subscription: name})
	if err != nil {
		return nil, err
	}
	for _, one := range got.Subscription.Epochs {
		if one.Until == 0 || one.Acknowledged.GetPosition() < one.Until {
			wanted := check.Filter{
				Types:         one.Filter.GetTypes(),
				Children:      one.Filter.GetChildren(),
				Jurisdictions: one.Filter.GetJurisdictions(),
				Submitters:    one.Filter.GetSubmitters(),
				Causes:        one.Filter.GetCauses(),
			}
			return &followed{wanted: wanted, after: one.After, name: name, epoch: one.Number}, nil
		}
	}
	return nil, nil
}

// request asks to go on from a place, or to begin.
func (f *followed) request(place check.Place, until int64) (*pb.SubscribeEventsRequest, error) {
	asked := &pb.SubscribeEventsRequest{Until: until}
	var resume *pb.FeedPlace
	if place.Link != "" {
		message, err := messageOf(place)
		if err != nil {
			return nil, err
		}
		resume = message
		asked.Start = &pb.SubscribeEventsRequest_Resume{Resume: resume}
	}
	if f.name != "" {
		named := &pb.Named{Subscription: f.name, Epoch: f.epoch, Resume: resume}
		asked.Start = &pb.SubscribeEventsRequest_Named{Named: named}
	}
	return asked, nil
}

// acknowledge says that all up to a place is safe here; on disk there unless atOnce.
func (f *followed) acknowledge(who context.Context, channel *grpc.ClientConn, place check.Place, atOnce bool) error {
	if f.name == "" || place.Position <= f.after {
		return nil
	}
	message, err := messageOf(place)
	if err != nil {
		return err
	}
	asked := &pb.AcknowledgeEventsRequest{Subscription: f.name, Epoch: f.epoch, Place: message, AtOnce: atOnce}
	_, err = pb.NewSubscriptionServiceClient(channel).AcknowledgeEvents(who, asked)
	return err
}

func messageOf(place check.Place) (*pb.FeedPlace, error) {
	link, err := hex.DecodeString(place.Link)
	return &pb.FeedPlace{Position: place.Position, Number: place.Number, Link: link}, err
}
