package kit;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * The completeness check of the feed over gRPC: entries numbered without a gap and chained, the
 * frame under the hash that the chain has, bodies under the digests that the frame has. The bytes
 * are those of events/feed.py and events/FORMAT.md.
 */
public final class FeedCheck {
    private static final HexFormat HEX = HexFormat.of();

    private FeedCheck() {}

    /** Where a reader is: all up to position is passed, number entries were taken. */
    public record Place(long position, long number, String link) {}

    /** What a subscription is about, by the filter's own names; what is empty or absent is met. */
    public record Filter(Map<String, List<String>> values) {
        String text() {
            return values.entrySet().stream()
                    .flatMap(one -> one.getValue().stream().map(value -> one.getKey() + "=" + value))
                    .sorted()
                    .collect(Collectors.joining("\n"));
        }

        boolean met(String name, String value) {
            List<String> wanted = values.getOrDefault(name, List.of());
            return wanted.isEmpty() || wanted.contains(value);
        }

        boolean takes(Frame frame, Header one) {
            return met("types", one.type)
                    && met("children", one.concerns)
                    && met("jurisdictions", one.jurisdiction)
                    && met("submitters", frame.authority)
                    && met("causes", frame.cause);
        }
    }

    private record Header(
            String stream, String type, String schema, String concerns, String jurisdiction, byte[] digest) {}

    private record Frame(String registry, String authority, String cause, List<Header> events) {}

    /** Returns link 0 of a subscription. */
    public static String begin(String registry, Filter wanted, long after) {
        return new Bytes()
                .text("childregistry/feed/1")
                .zero()
                .text(registry)
                .zero()
                .text(wanted.text())
                .zero()
                .eight(after)
                .hashed();
    }

    /** Returns the place after an entry, which must be told, and gives its events. */
    public static Place advance(
            Place place, Filter wanted, long after, Place told, byte[] record, Consumer<Event> take) {
        long number = place.number + 1;
        Reader outer = new Reader(record, "c3017418bf868b9fbaa1");
        byte[] framed = outer.sized();
        outer.optional(outer::body); // the request's
        List<byte[]> bodies = outer.array(() -> outer.optional(outer::body));
        outer.end();
        Frame frame = frame(framed);
        if (place.number == 0 && !place.link.equals(begin(frame.registry, wanted, after))) {
            throw new BrokenException("the chain does not begin where it must");
        }
        String link = new Bytes()
                .hex(place.link)
                .eight(number)
                .eight(told.position)
                .bytes(Bytes.sha256(framed))
                .hashed();
        if (told.position <= place.position || told.number != number || !told.link.equals(link)) {
            throw new BrokenException("number %d: is not the next", number);
        }
        if (bodies.size() != frame.events.size()) {
            throw new BrokenException("number %d: has other bodies than events", number);
        }
        List<Event> events = new ArrayList<>();
        for (int index = 0; index < bodies.size(); index++) {
            Header one = frame.events.get(index);
            byte[] body = bodies.get(index);
            if (wanted.takes(frame, one) != (body != null)) {
                throw new BrokenException("number %d: shows other bodies than were asked for", number);
            }
            if (body == null) {
                continue;
            }
            if (!Arrays.equals(Bytes.sha256(body), one.digest)) {
                throw new BrokenException("number %d: has a body that is not the recorded one", number);
            }
            byte[] avro = Arrays.copyOfRange(body, 16, body.length);
            events.add(new Event(told.position, index, one.type, one.stream, one.schema, avro));
        }
        if (events.isEmpty()) {
            throw new BrokenException("number %d: was not asked for", number);
        }
        events.forEach(take);
        return told;
    }

    /** Returns the place once nothing more was taken up to another. */
    public static Place passed(Place place, Place told) {
        if (told.number != place.number || !told.link.equals(place.link)) {
            throw new BrokenException("number %d: was left out", place.number + 1);
        }
        return new Place(Math.max(place.position, told.position), place.number, place.link);
    }

    private static Frame frame(byte[] content) {
        Reader read = new Reader(content, "c301f913d430ff92a3ae");
        String registry = read.text();
        read.fixed(32); // previous
        String authority = read.text();
        read.text(); // request_id
        read.fixed(8 + 32); // the request's schema and digest
        read.number(); // how the submitter was known
        read.optional(() -> read.fixed(32));
        read.array(() -> read.text() + read.sized().length); // attestations
        read.number(); // recorded_at
        read.number(); // provenance
        read.text(); // writer
        String cause = read.text();
        List<Header> events = read.array(() -> header(read));
        read.end();
        return new Frame(registry, authority, cause, events);
    }

    private static Header header(Reader read) {
        String stream = read.text();
        read.number(); // version
        String type = read.text();
        String schema = HEX.formatHex(read.fixed(8));
        String concerns = read.optional(read::text);
        String jurisdiction = read.optional(read::text);
        read.fixed(1); // urgent
        return new Header(stream, type, schema, concerns, jurisdiction, read.fixed(32));
    }

    /** Avro, as far as records need it. */
    private static final class Reader {
        private final ByteBuffer rest;

        Reader(byte[] content, String mark) {
            rest = ByteBuffer.wrap(content);
            if (!HEX.formatHex(fixed(mark.length() / 2)).equals(mark)) {
                throw new BrokenException("not of this format");
            }
        }

        byte[] fixed(long size) {
            if (size < 0 || size > rest.remaining()) {
                throw new BrokenException("no %d bytes", size);
            }
            byte[] found = new byte[(int) size];
            rest.get(found);
            return found;
        }

        long number() {
            long value = 0;
            for (int shift = 0; shift < 70; shift += 7) {
                byte one = fixed(1)[0];
                value |= (long) (one & 0x7f) << shift;
                if (one >= 0) {
                    return (value >>> 1) ^ -(value & 1);
                }
            }
            throw new BrokenException("no number of 64 bits");
        }

        byte[] sized() {
            return fixed(number());
        }

        String text() {
            return new String(sized(), StandardCharsets.UTF_8);
        }

        /** Salt and content, as the digest is over them. */
        byte[] body() {
            byte[] salt = fixed(16);
            byte[] content = sized();
            byte[] both = Arrays.copyOf(salt, salt.length + content.length);
            System.arraycopy(content, 0, both, salt.length, content.length);
            return both;
        }

        <T> T optional(Supplier<T> read) {
            return number() == 0 ? null : read.get();
        }

        <T> List<T> array(Supplier<T> read) {
            long count = number();
            if (count < 0 || count > rest.remaining()) {
                throw new BrokenException("no %d items", count);
            }
            List<T> items = new ArrayList<>();
            for (long left = count; left > 0; left--) {
                items.add(read.get());
            }
            if (count > 0 && number() != 0) {
                throw new BrokenException("more than one block");
            }
            return items;
        }

        void end() {
            if (rest.hasRemaining()) {
                throw new BrokenException("bytes after the end");
            }
        }
    }
}
