package peer;

import java.io.IOException;

/** Another way to fold the topic's periods. */
interface Peer extends AutoCloseable {
    /** Folds all that the topic holds now, from nothing; returns the number of events in it. */
    long fold() throws IOException, InterruptedException;

    /** Tells what the last fold holds. */
    Answer answer() throws IOException;

    @Override
    void close();
}
