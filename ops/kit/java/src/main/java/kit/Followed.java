package kit;

import childregistry.v1.EventServiceOuterClass.EventFilter;
import childregistry.v1.EventServiceOuterClass.FeedPlace;
import childregistry.v1.EventServiceOuterClass.Named;
import childregistry.v1.EventServiceOuterClass.SubscribeEventsRequest;
import childregistry.v1.SubscriptionServiceGrpc;
import childregistry.v1.SubscriptionServiceOuterClass.AcknowledgeEventsRequest;
import childregistry.v1.SubscriptionServiceOuterClass.GetSubscriptionRequest;
import childregistry.v1.SubscriptionServiceOuterClass.SubscriptionEpoch;
import com.google.protobuf.ByteString;
import io.grpc.Channel;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** What is followed: all that there is, or one epoch of a named subscription. */
record Followed(FeedCheck.Filter wanted, long after, String name, int epoch) {
    /** All that there is. */
    static Followed all() {
        return new Followed(new FeedCheck.Filter(Map.of()), 0, "", 0);
    }

    /** Returns the first epoch of which something is left, null where none is. */
    static Followed next(Channel server, String name) {
        GetSubscriptionRequest asked =
                GetSubscriptionRequest.newBuilder().setSubscription(name).build();
        List<SubscriptionEpoch> epochs = SubscriptionServiceGrpc.newBlockingStub(server)
                .getSubscription(asked)
                .getSubscription()
                .getEpochsList();
        for (SubscriptionEpoch one : epochs) {
            if (one.getUntil() == 0 || one.getAcknowledged().getPosition() < one.getUntil()) {
                EventFilter filter = one.getFilter();
                FeedCheck.Filter wanted = new FeedCheck.Filter(Map.of(
                        "types", filter.getTypesList(),
                        "children", filter.getChildrenList(),
                        "jurisdictions", filter.getJurisdictionsList(),
                        "submitters", filter.getSubmittersList(),
                        "causes", filter.getCausesList()));
                return new Followed(wanted, one.getAfter(), name, one.getNumber());
            }
        }
        return null;
    }

    /** Returns what is asked to go on from a place, or to begin. */
    SubscribeEventsRequest request(FeedCheck.Place place, long until) {
        SubscribeEventsRequest.Builder asked =
                SubscribeEventsRequest.newBuilder().setUntil(until);
        boolean begun = !place.link().isEmpty();
        if (!name.isEmpty()) {
            Named.Builder named = Named.newBuilder().setSubscription(name).setEpoch(epoch);
            asked.setNamed(begun ? named.setResume(message(place)) : named);
        } else if (begun) {
            asked.setResume(message(place));
        }
        return asked.build();
    }

    /** Says that all up to a place is safe here; on disk there unless at once. */
    void acknowledge(Channel server, FeedCheck.Place place, boolean atOnce) {
        if (name.isEmpty() || place.position() <= after) {
            return;
        }
        SubscriptionServiceGrpc.newBlockingStub(server)
                .acknowledgeEvents(AcknowledgeEventsRequest.newBuilder()
                        .setSubscription(name)
                        .setEpoch(epoch)
                        .setPlace(message(place))
                        .setAtOnce(atOnce)
                        .build());
    }

    private static FeedPlace message(FeedCheck.Place place) {
        return FeedPlace.newBuilder()
                .setPosition(place.position())
                .setNumber(place.number())
                .setLink(ByteString.copyFrom(HexFormat.of().parseHex(place.link())))
                .build();
    }
}
