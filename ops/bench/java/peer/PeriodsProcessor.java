package peer;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * Folds records into a store with a record for each period's number of each child.
 *
 * <p>Key: the child's id and the number in eight bytes, so that a store is read in the order of
 * an answer. Value: for each time that the number was asserted, the positions from and until
 * which it was held true (0 while it is) in eight bytes each, the size of the period in four bytes, and
 * the period.
 */
final class PeriodsProcessor implements Processor<byte[], byte[], Void, Void> {
    /** How far a fold is to go, and how far it is. */
    record Progress(long end, CountDownLatch ended, AtomicLong counted) {
        Progress(long end, CountDownLatch ended) {
            this(end, ended, new AtomicLong());
        }

        long events() {
            return counted.get();
        }
    }

    private static final int HEAD_BYTES = 8 + 8 + 4;

    private final String name;
    private final Entries entries;
    private final Progress progress;
    private final GenericDatumWriter<GenericRecord> writer;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(bytes, null);
    private ProcessorContext<Void, Void> context;
    private KeyValueStore<byte[], byte[]> store;

    PeriodsProcessor(String name, Entries entries, Progress progress) {
        this.name = name;
        this.entries = entries;
        this.progress = progress;
        this.writer = new GenericDatumWriter<>(entries.period());
    }

    @Override
    public void init(ProcessorContext<Void, Void> given) {
        context = given;
        store = given.getStateStore(name);
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
        long position = context.recordMetadata().orElseThrow().offset() + 1; // every record is an entry
        try {
            int events = entries.read(record.value(), (child, difference) -> change(child, difference, position));
            progress.counted().addAndGet(events);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
        if (position == progress.end()) {
            progress.ended().countDown();
        }
    }

    private void change(String child, GenericRecord difference, long position) throws IOException {
        for (Object number : (List<?>) difference.get("withdrawn")) {
            byte[] key = key(child, (long) number);
            store.put(key, withdrawn(store.get(key), position));
        }
        for (Object period : (List<?>) difference.get("asserted")) {
            GenericRecord asserted = (GenericRecord) period;
            byte[] key = key(child, (long) asserted.get("number"));
            store.put(key, asserted(store.get(key), asserted, position));
        }
    }

    private static byte[] key(String child, long number) {
        byte[] id = child.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(id.length + 8).put(id).putLong(number).array();
    }

    private static byte[] withdrawn(byte[] rows, long position) {
        ByteBuffer each = ByteBuffer.wrap(rows);
        while (each.hasRemaining()) {
            int start = each.position();
            if (each.getLong(start + 8) == 0) {
                each.putLong(start + 8, position);
                return rows;
            }
            each.position(start + HEAD_BYTES + each.getInt(start + HEAD_BYTES - 4));
        }
        throw new IllegalStateException("no such period");
    }

    private byte[] asserted(byte[] rows, GenericRecord period, long position) throws IOException {
        bytes.reset();
        writer.write(period, encoder);
        encoder.flush();
        byte[] before = rows == null ? new byte[0] : rows;
        return ByteBuffer.allocate(before.length + HEAD_BYTES + bytes.size())
                .put(before)
                .putLong(position)
                .putLong(0)
                .putInt(bytes.size())
                .put(bytes.toByteArray())
                .array();
    }

    /** Adds a record of the store to an answer. */
    static void tell(byte[] key, byte[] rows, Answer answer) {
        String child = new String(key, 0, key.length - 8, StandardCharsets.UTF_8);
        ByteBuffer each = ByteBuffer.wrap(rows);
        while (each.hasRemaining()) {
            long knownFrom = each.getLong();
            long knownUntil = each.getLong();
            byte[] period = new byte[each.getInt()];
            each.get(period);
            answer.add(child, knownFrom, knownUntil, period);
        }
    }
}
