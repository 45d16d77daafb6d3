package peer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericFixed;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;

/** Takes records apart by Avro's generic reader; for one thread. */
final class Entries {
    /** What takes a difference of a child's periods. */
    @FunctionalInterface
    interface Fold {
        void change(String child, GenericRecord difference) throws IOException;
    }

    private static final int MARK_BYTES = 10;

    private final Schema changed;
    private final byte[] recordMark;
    private final byte[] frameMark;
    private final byte[] fingerprint;
    private final GenericDatumReader<GenericRecord> records;
    private final GenericDatumReader<GenericRecord> frames;
    private final GenericDatumReader<GenericRecord> changes;
    private BinaryDecoder decoder;
    private GenericRecord record;
    private GenericRecord frame;

    Entries(Path schemas) throws IOException {
        Schema recordSchema = schema(schemas, "Record");
        Schema frameSchema = schema(schemas, "Frame");
        changed = schema(schemas, "TimelineChanged");
        recordMark = mark(recordSchema);
        frameMark = mark(frameSchema);
        fingerprint = Arrays.copyOfRange(mark(changed), 2, MARK_BYTES);
        records = new GenericDatumReader<>(recordSchema);
        frames = new GenericDatumReader<>(frameSchema);
        changes = new GenericDatumReader<>(changed);
    }

    /** The schema of a period. */
    Schema period() {
        return changed.getField("asserted").schema().getElementType();
    }

    /** Gives a record's differences in their order; returns the number of its events. */
    int read(byte[] content, Fold fold) throws IOException {
        record = read(records, record, marked(ByteBuffer.wrap(content), recordMark));
        frame = read(frames, frame, marked((ByteBuffer) record.get("frame"), frameMark));
        List<?> headers = (List<?>) frame.get("events");
        List<?> bodies = (List<?>) record.get("bodies");
        for (int place = 0; place < headers.size(); place++) {
            GenericRecord header = (GenericRecord) headers.get(place);
            if (Arrays.equals(((GenericFixed) header.get("fingerprint")).bytes(), fingerprint)) {
                GenericRecord body = (GenericRecord) bodies.get(place);
                // A difference is kept by whoever takes it: none is read into another.
                GenericRecord difference = read(changes, null, (ByteBuffer) body.get("content"));
                fold.change(header.get("concerns").toString(), difference);
            }
        }
        return headers.size();
    }

    private GenericRecord read(GenericDatumReader<GenericRecord> reader, GenericRecord reuse, ByteBuffer content)
            throws IOException {
        int start = content.arrayOffset() + content.position();
        decoder = DecoderFactory.get().binaryDecoder(content.array(), start, content.remaining(), decoder);
        GenericRecord found = reader.read(reuse, decoder);
        if (!decoder.isEnd()) {
            throw new IOException("more bytes than a " + reader.getSchema().getName());
        }
        return found;
    }

    private static ByteBuffer marked(ByteBuffer content, byte[] mark) throws IOException {
        byte[] found = new byte[MARK_BYTES];
        content.get(found);
        if (!Arrays.equals(found, mark)) {
            throw new IOException("not of this format");
        }
        return content;
    }

    private static Schema schema(Path folder, String name) throws IOException {
        return new Schema.Parser().parse(folder.resolve(name + ".v1.avsc").toFile());
    }

    /** Avro's single-object mark, and the schema's fingerprint. */
    private static byte[] mark(Schema schema) {
        try {
            byte[] found = SchemaNormalization.parsingFingerprint("CRC-64-AVRO", schema);
            return ByteBuffer.allocate(MARK_BYTES)
                    .put(new byte[] {(byte) 0xc3, 0x01})
                    .put(found)
                    .array();
        } catch (NoSuchAlgorithmException error) {
            throw new IllegalStateException(error); // Avro's own
        }
    }
}
