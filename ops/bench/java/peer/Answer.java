package peer;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * What a fold holds, in a line that two folds share only where every period is the same.
 *
 * <p>Periods are given by child, number and position, in that order; each is digested as the
 * child's id, the positions from and until which it was held true (0: it is) in eight bytes each,
 * and its canonical Avro bytes.
 */
final class Answer {
    private final MessageDigest digest;
    private String last = "";
    private long children;
    private long periods;
    private long held;

    Answer() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException error) {
            throw new IllegalStateException(error); // every Java has it
        }
    }

    void add(String child, long knownFrom, long knownUntil, byte[] period) {
        if (!child.equals(last)) {
            last = child;
            children += 1;
        }
        periods += 1;
        held += knownUntil == 0 ? 1 : 0;
        digest.update(child.getBytes(StandardCharsets.UTF_8));
        digest.update(
                ByteBuffer.allocate(16).putLong(knownFrom).putLong(knownUntil).array());
        digest.update(period);
    }

    /** Children, periods, those held true, digest; to be asked for once. */
    @Override
    public String toString() {
        return children + " " + periods + " " + held + " " + HexFormat.of().formatHex(digest.digest());
    }
}
