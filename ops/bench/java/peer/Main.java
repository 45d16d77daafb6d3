package peer;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Runs a peer as its caller asks, a line for a line, so that the caller measures it from outside.
 *
 * <p>Main plain|rocksdb|memory SERVERS TOPIC SCHEMAS STATE
 *
 * <p>"fold" folds the topic from its beginning to its end of that moment, anew each time, and
 * answers with the number of events; "answer" tells the result of the last fold.
 */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) throws Exception {
        String kind = arguments[0];
        Source source = new Source(arguments[1], arguments[2], Path.of(arguments[3]));
        try (Peer peer = kind.equals("plain")
                ? new PlainPeer(source)
                : new StreamsPeer(source, Path.of(arguments[4]), kind.equals("rocksdb"))) {
            obey(peer);
        }
    }

    private static void obey(Peer peer) throws IOException, InterruptedException {
        BufferedReader asked = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        String line;
        while ((line = asked.readLine()) != null) {
            switch (line) {
                case "fold" -> System.out.println(peer.fold());
                case "answer" -> System.out.println(peer.answer());
                default -> throw new IllegalArgumentException(line);
            }
        }
    }
}
