package kit;

import childregistry.v1.EventServiceGrpc;
import childregistry.v1.EventServiceOuterClass.FeedEntry;
import childregistry.v1.EventServiceOuterClass.FeedPlace;
import childregistry.v1.EventServiceOuterClass.SubscribeEventsRequest;
import childregistry.v1.EventServiceOuterClass.SubscribeEventsResponse;
import com.google.protobuf.ByteString;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.Map;

/**
 * A consumer of the feed over gRPC: checks, shows, keeps its place, goes on.
 *
 * <p>FromGrpc SERVER STATE [UNTIL]
 *
 * <p>Each new event is one line of JSON; with UNTIL it ends when all up to that position was shown.
 * The place is kept after the lines were written: after a kill the last ones may come again, with
 * the same position and index, and none is left out.
 */
public final class FromGrpc {
    private static final FeedCheck.Filter WANTED = new FeedCheck.Filter(Map.of());
    private static final HexFormat HEX = HexFormat.of();

    private FromGrpc() {}

    public static void main(String[] arguments) throws Exception {
        long until = arguments.length > 2 ? Long.parseLong(arguments[2]) : 0;
        // Over loopback; elsewhere with TlsChannelCredentials and the bureau's certificate.
        ManagedChannel channel = Grpc.newChannelBuilder(arguments[0], InsecureChannelCredentials.create())
                .build();
        // Where a server knows nobody by certificate (loopback); over TLS it is ignored.
        Metadata who = new Metadata();
        who.put(Metadata.Key.of("childregistry-authority", Metadata.ASCII_STRING_MARSHALLER), "bureau");
        who.put(Metadata.Key.of("childregistry-office", Metadata.ASCII_STRING_MARSHALLER), "civil_affairs");
        EventServiceGrpc.EventServiceBlockingStub service = EventServiceGrpc.newBlockingStub(channel)
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(who));
        while (!ended(service, Path.of(arguments[1]), until)) {
            Thread.sleep(500);
        }
        channel.shutdownNow();
    }

    private static boolean ended(EventServiceGrpc.EventServiceBlockingStub service, Path state, long until)
            throws Exception {
        try {
            return follow(service, state, until);
        } catch (StatusRuntimeException error) {
            Status.Code code = error.getStatus().getCode();
            if (code != Status.Code.UNAVAILABLE && code != Status.Code.CANCELLED) {
                throw error;
            }
            return false;
        }
    }

    private static boolean follow(EventServiceGrpc.EventServiceBlockingStub service, Path state, long until)
            throws Exception {
        FeedCheck.Place place = Places.load(state, FeedCheck.Place.class, new FeedCheck.Place(0, 0, ""));
        SubscribeEventsRequest.Builder asked =
                SubscribeEventsRequest.newBuilder().setUntil(until);
        if (!place.link().isEmpty()) {
            asked.setResume(FeedPlace.newBuilder()
                    .setPosition(place.position())
                    .setNumber(place.number())
                    .setLink(ByteString.copyFrom(HEX.parseHex(place.link()))));
        }
        PrintStream out = new PrintStream(new java.io.FileOutputStream(java.io.FileDescriptor.out), false, "UTF-8");
        Iterator<SubscribeEventsResponse> stream = service.subscribeEvents(asked.build());
        while (stream.hasNext()) {
            SubscribeEventsResponse got = stream.next();
            place = step(place, got, out);
            out.flush();
            Places.keep(state, place);
            if (got.hasEnded()) {
                return got.getEnded().getWhy() == SubscribeEventsResponse.Why.WHY_UNTIL;
            }
        }
        return false;
    }

    private static FeedCheck.Place step(FeedCheck.Place before, SubscribeEventsResponse got, PrintStream out) {
        switch (got.getSignalCase()) {
            case CONFIRMATION:
                FeedCheck.Place told = placeOf(got.getConfirmation().getPlace());
                // At first there is none: it is judged with the first entry.
                return before.link().isEmpty() ? told : FeedCheck.passed(before, told);
            case BATCH:
                FeedCheck.Place place = before;
                for (FeedEntry entry : got.getBatch().getEntriesList()) {
                    byte[] record = entry.getRecord().toByteArray();
                    FeedCheck.Place next = placeOf(entry.getPlace());
                    place = FeedCheck.advance(
                            place, WANTED, 0, next, record, event -> out.print(event.line() + "\n"));
                }
                return place;
            case CHECKPOINT:
                return FeedCheck.passed(before, placeOf(got.getCheckpoint()));
            case CAUGHT_UP:
                return FeedCheck.passed(before, placeOf(got.getCaughtUp()));
            case FELL_BEHIND:
                return FeedCheck.passed(before, placeOf(got.getFellBehind()));
            case ENDED:
                return FeedCheck.passed(before, placeOf(got.getEnded().getPlace()));
            default:
                return before;
        }
    }

    private static FeedCheck.Place placeOf(FeedPlace message) {
        String link = HEX.formatHex(message.getLink().toByteArray());
        return new FeedCheck.Place(message.getPosition(), message.getNumber(), link);
    }
}
