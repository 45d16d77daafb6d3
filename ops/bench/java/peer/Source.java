package peer;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** A topic of one partition, and the folder with the schemas of what lies in it. */
record Source(String servers, String topic, Path schemas) {
    /** As large as a node asks for; both are far above the client's own. */
    private static final int FETCHED_BYTES = 4 * 1024 * 1024;

    private static final int POLLED_RECORDS = 5_000;

    TopicPartition partition() {
        return new TopicPartition(topic, 0);
    }

    /** What a consumer is told, whoever makes it. */
    Map<String, Object> reading() {
        Map<String, Object> settings = new HashMap<>();
        settings.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, FETCHED_BYTES);
        settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, POLLED_RECORDS);
        return settings;
    }

    /** A consumer of the topic, at its beginning. */
    KafkaConsumer<byte[], byte[]> consumer() {
        Map<String, Object> settings = reading();
        settings.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, servers);
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        KafkaConsumer<byte[], byte[]> made =
                new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        made.assign(List.of(partition()));
        made.seek(partition(), 0);
        return made;
    }

    /** The offset after the last record. */
    long end(KafkaConsumer<byte[], byte[]> consumer) {
        return consumer.endOffsets(List.of(partition())).get(partition());
    }
}
