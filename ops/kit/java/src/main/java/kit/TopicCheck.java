package kit;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.nio.charset.StandardCharsets;

/**
 * The completeness check of the published topic, one partition at a time: numbers without a
 * gap, chained from the opening, bodies under the digest that the chain has. The bytes are
 * those of events/published.py.
 */
public final class TopicCheck {
    private TopicCheck() {}

    /**
     * Where a reader is in a partition: keep it, and go on from offset. All up to position is
     * passed; rule is the opening's, link the chain in hex.
     */
    public record Place(long offset, long position, long number, String link, String rule) {}

    /** A record as every client of Kafka gives it. */
    public record Record(int partition, int partitions, long offset, Map<String, String> headers, byte[] value) {
        String header(String name) {
            String found = headers.get(name);
            if (found == null) {
                throw new BrokenException("partition %d: no record of a published topic", partition);
            }
            return found;
        }

        long number(String name) {
            try {
                return Long.parseLong(header(name));
            } catch (NumberFormatException error) {
                throw new BrokenException("partition %d: %s is no number", partition, name);
            }
        }
    }

    /** Returns the place after a record (null before the first), and gives its event where it is new. */
    public static Place advance(Place place, Record record, Consumer<Event> take) {
        long number = record.number("ce_number");
        long position = record.number("ce_position");
        String type = record.header("ce_type");
        if (type.equals("childregistry.topic.opened")) {
            return opened(place, record);
        }
        if (place == null) {
            throw new BrokenException("partition %d: does not begin with its opening", record.partition);
        }
        Place here = new Place(record.offset + 1, place.position, place.number, place.link, place.rule);
        boolean checkpoint = type.equals("childregistry.topic.checkpoint");
        if (number > place.number + (checkpoint ? 0 : 1)) {
            throw new BrokenException("partition %d: number %d is missing", record.partition, place.number + 1);
        }
        if (checkpoint) {
            if (number < place.number || position <= place.position) {
                return here; // an old one, sent twice
            }
            same(record.header("ce_link"), place.link, record);
            return new Place(here.offset, position, number, here.link, here.rule);
        }
        if (number <= place.number) {
            return here; // sent twice, under its own number
        }
        return event(here, record, number, position, take);
    }

    /** Returns the position up to which nothing more comes in any partition. */
    public static long completeUpTo(Map<Integer, Place> places, int partitions) {
        return places.size() < partitions
                ? 0
                : places.values().stream().mapToLong(Place::position).min().orElse(0);
    }

    private static Place event(Place here, Record record, long number, long position, Consumer<Event> take) {
        boolean framed = lines(here.rule).contains("wire=confluent");
        if (framed && record.value.length < 5) {
            throw new BrokenException("partition %d: number %d has no schema id", record.partition, number);
        }
        byte[] body = framed ? Arrays.copyOfRange(record.value, 5, record.value.length) : record.value;
        long index = record.number("ce_index");
        String link;
        try {
            byte[] digest = new Bytes().hex(record.header("ce_salt")).bytes(body).digest();
            link = new Bytes()
                    .hex(here.link)
                    .eight(number)
                    .eight(position)
                    .eight(index)
                    .hex(record.header("ce_hash"))
                    .bytes(digest)
                    .hashed();
        } catch (IllegalArgumentException error) {
            throw new BrokenException("partition %d: number %d: %s", record.partition, number, error.getMessage());
        }
        same(record.header("ce_link"), link, record);
        String type = record.header("ce_type").replaceFirst("^childregistry\\.event\\.", "");
        String schema = record.header("ce_schema");
        take.accept(new Event(position, index, type, record.header("ce_subject"), schema, body));
        // The entry may have more events in this partition: only those before are complete.
        return new Place(here.offset, Math.max(here.position, position - 1), number, link, here.rule);
    }

    private static Place opened(Place place, Record record) {
        String rule = new String(record.value, StandardCharsets.UTF_8);
        String link = new Bytes()
                .text("childregistry/published/1")
                .zero()
                .bytes(record.value)
                .zero()
                .eight(record.partition)
                .hashed();
        same(record.header("ce_link"), link, record);
        if (!lines(rule).contains("partitions=" + record.partitions)) {
            throw new BrokenException("the topic was made with other partitions than %d", record.partitions);
        }
        if (place == null) {
            return new Place(record.offset + 1, 0, 0, link, rule);
        }
        same(rule, place.rule, record);
        return new Place(record.offset + 1, place.position, place.number, place.link, rule);
    }

    private static List<String> lines(String rule) {
        return Arrays.asList(rule.split("\n"));
    }

    private static void same(String found, String expected, Record record) {
        if (!found.equals(expected)) {
            throw new BrokenException(
                    "partition %d: offset %d is not what was published", record.partition, record.offset);
        }
    }
}
