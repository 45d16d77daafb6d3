package kit;

import childregistry.v1.EventServiceGrpc;
import childregistry.v1.EventServiceOuterClass.FeedEntry;
import childregistry.v1.EventServiceOuterClass.FeedPlace;
import childregistry.v1.EventServiceOuterClass.SubscribeEventsResponse;
import io.grpc.ClientInterceptors;
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

/**
 * A consumer of the feed over gRPC: checks, shows, keeps its place, goes on.
 *
 * <p>FromGrpc SERVER STATE [UNTIL [SUBSCRIPTION]]
 *
 * <p>Each new event is one line of JSON; with UNTIL (0: never) it ends when all up to that position
 * was shown. The place is kept after the lines were written: after a kill the last ones may come
 * again, with the same position and index, and none is left out.
 *
 * <p>With SUBSCRIPTION, the name of one that the registry keeps, the filter is that one's, and what
 * was shown is acknowledged; without a file it goes on behind what was acknowledged.
 */
public final class FromGrpc {
    private static final HexFormat HEX = HexFormat.of();
    /**
     * One after the other before they are an error: a server that has just started does not know
     * yet what the one before it sent.
     */
    private static final int REFUSALS = 3;

    /** What the file has: a place, and of which epoch of a named subscription. */
    private record Kept(int epoch, long position, long number, String link) {}

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
        io.grpc.Channel known = ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(who));
        String name = arguments.length > 3 ? arguments[3] : "";
        int refused = 0;
        while (true) {
            try {
                if (follow(known, Path.of(arguments[1]), until, name)) {
                    break;
                }
                refused = 0;
            } catch (StatusRuntimeException error) {
                Status.Code code = error.getStatus().getCode();
                refused = !name.isEmpty() && code == Status.Code.INVALID_ARGUMENT ? refused + 1 : 0;
                boolean again = code == Status.Code.UNAVAILABLE || code == Status.Code.CANCELLED;
                if (!again && (refused == 0 || refused >= REFUSALS)) {
                    throw error;
                }
            }
            Thread.sleep(500);
        }
        channel.shutdownNow();
    }

    private static boolean follow(io.grpc.Channel server, Path state, long until, String name) throws Exception {
        Followed followed = name.isEmpty() ? Followed.all() : Followed.next(server, name);
        if (followed == null) {
            return true;
        }
        Kept kept = Places.load(state, Kept.class, new Kept(followed.epoch(), 0, 0, ""));
        FeedCheck.Place place = kept.epoch == followed.epoch()
                ? new FeedCheck.Place(kept.position, kept.number, kept.link)
                : new FeedCheck.Place(0, 0, "");
        PrintStream out = new PrintStream(new java.io.FileOutputStream(java.io.FileDescriptor.out), false, "UTF-8");
        Iterator<SubscribeEventsResponse> stream =
                EventServiceGrpc.newBlockingStub(server).subscribeEvents(followed.request(place, until));
        while (stream.hasNext()) {
            SubscribeEventsResponse got = stream.next();
            place = step(place, followed, got, out);
            out.flush();
            Places.keep(state, new Kept(followed.epoch(), place.position(), place.number(), place.link()));
            followed.acknowledge(server, place, !got.hasEnded());
            if (got.getEnded().getWhy() == SubscribeEventsResponse.Why.WHY_TAKEN_OVER) {
                throw new IllegalStateException(name + ": is followed by another reader");
            }
            if (got.hasEnded()) {
                return got.getEnded().getWhy() == SubscribeEventsResponse.Why.WHY_UNTIL;
            }
        }
        return false;
    }

    private static FeedCheck.Place step(
            FeedCheck.Place before, Followed followed, SubscribeEventsResponse got, PrintStream out) {
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
                            place,
                            followed.wanted(),
                            followed.after(),
                            next,
                            record,
                            event -> out.print(event.line() + "\n"));
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
