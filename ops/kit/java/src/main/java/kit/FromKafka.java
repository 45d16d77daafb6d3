package kit;

import com.google.gson.reflect.TypeToken;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * A consumer of the published topic: checks, shows, keeps its place, goes on.
 *
 * <p>FromKafka SERVERS TOPIC STATE [UNTIL]
 *
 * <p>Each new event is one line of JSON; with UNTIL it ends when all up to that position was shown.
 * The place is kept after the lines were written: after a kill the last ones may come again, with
 * the same position and index, and none is left out.
 */
public final class FromKafka {
    private FromKafka() {}

    public static void main(String[] arguments) throws Exception {
        long until = arguments.length > 3 ? Long.parseLong(arguments[3]) : 0;
        while (true) {
            try {
                follow(arguments[0], arguments[1], Path.of(arguments[2]), until);
                return;
            } catch (RetriableException error) {
                System.err.println(error + "; again");
            }
        }
    }

    private static void follow(String servers, String topic, Path state, long until) throws Exception {
        Map<Integer, TopicCheck.Place> places = Places.load(
                state, new TypeToken<Map<Integer, TopicCheck.Place>>() {}.getType(), new HashMap<>());
        PrintStream out = new PrintStream(new java.io.FileOutputStream(java.io.FileDescriptor.out), false, "UTF-8");
        // No group, and no jump where an offset is gone: the place is our own.
        Map<String, Object> settings = Map.of(
                "bootstrap.servers", servers, "enable.auto.commit", "false", "auto.offset.reset", "none");
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> all = consumer.partitionsFor(topic).stream()
                    .map(one -> new TopicPartition(topic, one.partition()))
                    .toList();
            consumer.assign(all);
            for (TopicPartition one : all) {
                TopicCheck.Place kept = places.get(one.partition());
                consumer.seek(one, kept == null ? 0 : kept.offset());
            }
            while (until == 0 || TopicCheck.completeUpTo(places, all.size()) < until) {
                ConsumerRecords<byte[], byte[]> polled = consumer.poll(Duration.ofMillis(500));
                for (ConsumerRecord<byte[], byte[]> one : polled) {
                    TopicCheck.Record record = record(one, all.size());
                    places.put(
                            one.partition(),
                            TopicCheck.advance(
                                    places.get(one.partition()), record, event -> out.print(event.line() + "\n")));
                }
                if (!polled.isEmpty()) {
                    out.flush();
                    Places.keep(state, places);
                }
            }
        }
    }

    private static TopicCheck.Record record(ConsumerRecord<byte[], byte[]> one, int partitions) {
        Map<String, String> headers = new HashMap<>();
        for (Header header : one.headers()) {
            headers.put(header.key(), new String(header.value(), StandardCharsets.UTF_8));
        }
        byte[] value = one.value() == null ? new byte[0] : one.value();
        return new TopicCheck.Record(one.partition(), partitions, one.offset(), headers, value);
    }
}
