package peer;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.state.KeyValueBytesStoreSupplier;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import org.apache.kafka.streams.state.Stores;

/**
 * A Kafka Streams application of one thread with a state store of its own: RocksDB, or memory.
 *
 * <p>The store's records are cached as the library does by default. They have no changelog: the
 * topic is kept for ever, so a lost store is folded anew. A fold ends when the last record was
 * processed, and is not asked to be durable then.
 */
final class StreamsPeer implements Peer {
    private static final String STORE = "periods";

    private final Source source;
    private final Path state;
    private final boolean onDisk;
    private int folds;
    private KafkaStreams running;

    StreamsPeer(Source source, Path state, boolean onDisk) {
        this.source = source;
        this.state = state;
        this.onDisk = onDisk;
    }

    @Override
    public long fold() throws IOException, InterruptedException {
        close();
        folds += 1;
        long end;
        try (KafkaConsumer<byte[], byte[]> consumer = source.consumer()) {
            end = source.end(consumer);
        }
        PeriodsProcessor.Progress progress = new PeriodsProcessor.Progress(end, new CountDownLatch(1));
        AtomicReference<Throwable> failed = new AtomicReference<>();
        running = new KafkaStreams(topology(progress), new StreamsConfig(settings()));
        running.setUncaughtExceptionHandler(error -> {
            failed.set(error);
            progress.ended().countDown();
            return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
        running.start();
        progress.ended().await();
        if (failed.get() != null) {
            throw new IOException(failed.get());
        }
        return progress.events();
    }

    @Override
    public Answer answer() {
        Answer answer = new Answer();
        var store = running.store(
                StoreQueryParameters.fromNameAndType(STORE, QueryableStoreTypes.<byte[], byte[]>keyValueStore()));
        try (KeyValueIterator<byte[], byte[]> all = store.all()) {
            while (all.hasNext()) {
                KeyValue<byte[], byte[]> one = all.next();
                PeriodsProcessor.tell(one.key, one.value, answer);
            }
        }
        return answer;
    }

    @Override
    public void close() {
        if (running != null) {
            running.close();
            running.cleanUp();
            running = null;
        }
    }

    private Topology topology(PeriodsProcessor.Progress progress) throws IOException {
        KeyValueBytesStoreSupplier kept =
                onDisk ? Stores.persistentKeyValueStore(STORE) : Stores.inMemoryKeyValueStore(STORE);
        Entries entries = new Entries(source.schemas());
        return new Topology()
                .addSource("topic", source.topic())
                .addProcessor("fold", () -> new PeriodsProcessor(STORE, entries, progress), "topic")
                .addStateStore(
                        Stores.keyValueStoreBuilder(kept, Serdes.ByteArray(), Serdes.ByteArray())
                                .withLoggingDisabled()
                                .withCachingEnabled(),
                        "fold");
    }

    private Map<String, Object> settings() {
        Map<String, Object> settings = new HashMap<>();
        source.reading().forEach((name, value) -> settings.put(StreamsConfig.consumerPrefix(name), value));
        settings.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest");
        settings.put(
                StreamsConfig.APPLICATION_ID_CONFIG,
                "peer-" + ProcessHandle.current().pid() + "-" + folds);
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, source.servers());
        settings.put(StreamsConfig.STATE_DIR_CONFIG, state.toString());
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
        settings.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.ByteArraySerde.class);
        settings.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.ByteArraySerde.class);
        return settings;
    }
}
