package peer;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;

/** Kafka's consumer, Avro's generic reader, a map in memory. Nothing is kept on disk. */
final class PlainPeer implements Peer {
    /** A period and the positions from and until which it was held true; 0 while it is. */
    private static final class Row {
        private final GenericRecord period;
        private final long number;
        private final long knownFrom;
        private long knownUntil;

        Row(GenericRecord period, long knownFrom) {
            this.period = period;
            this.number = (long) period.get("number");
            this.knownFrom = knownFrom;
        }
    }

    private static final Comparator<Row> ORDER =
            Comparator.<Row>comparingLong(row -> row.number).thenComparingLong(row -> row.knownFrom);

    private final Source source;
    private final Entries entries;
    private Map<String, List<Row>> rows = Map.of();

    PlainPeer(Source source) throws IOException {
        this.source = source;
        this.entries = new Entries(source.schemas());
    }

    @Override
    public long fold() throws IOException {
        rows = new HashMap<>();
        long events = 0;
        try (KafkaConsumer<byte[], byte[]> consumer = source.consumer()) {
            long end = source.end(consumer);
            while (consumer.position(source.partition()) < end) {
                for (ConsumerRecord<byte[], byte[]> one : consumer.poll(Duration.ofSeconds(1))) {
                    long position = one.offset() + 1; // every record is an entry
                    events += entries.read(one.value(), (child, difference) -> change(child, difference, position));
                }
            }
        }
        return events;
    }

    private void change(String child, GenericRecord difference, long position) {
        List<Row> known = rows.computeIfAbsent(child, made -> new ArrayList<>());
        for (Object number : (List<?>) difference.get("withdrawn")) {
            live(known, (long) number).knownUntil = position;
        }
        for (Object period : (List<?>) difference.get("asserted")) {
            known.add(new Row((GenericRecord) period, position));
        }
    }

    private static Row live(List<Row> known, long number) {
        for (Row row : known) {
            if (row.number == number && row.knownUntil == 0) {
                return row;
            }
        }
        throw new IllegalStateException("no period " + number);
    }

    @Override
    public Answer answer() throws IOException {
        Answer answer = new Answer();
        GenericDatumWriter<GenericRecord> writer = new GenericDatumWriter<>(entries.period());
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(bytes, null);
        for (Map.Entry<String, List<Row>> child : new TreeMap<>(rows).entrySet()) {
            child.getValue().sort(ORDER);
            for (Row row : child.getValue()) {
                bytes.reset();
                writer.write(row.period, encoder);
                encoder.flush();
                answer.add(child.getKey(), row.knownFrom, row.knownUntil, bytes.toByteArray());
            }
        }
        return answer;
    }

    @Override
    public void close() {
        rows = Map.of();
    }
}
