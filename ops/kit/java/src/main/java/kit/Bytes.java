package kit;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Bytes put together, and their SHA-256. */
final class Bytes {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Bytes text(String text) {
        return bytes(text.getBytes(StandardCharsets.UTF_8));
    }

    Bytes bytes(byte[] content) {
        out.writeBytes(content);
        return this;
    }

    Bytes hex(String text) {
        return bytes(HexFormat.of().parseHex(text));
    }

    Bytes eight(long number) {
        return bytes(ByteBuffer.allocate(8).putLong(number).array());
    }

    Bytes zero() {
        out.write(0);
        return this;
    }

    byte[] digest() {
        return sha256(out.toByteArray());
    }

    String hashed() {
        return HexFormat.of().formatHex(digest());
    }

    static byte[] sha256(byte[] content) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(content);
        } catch (NoSuchAlgorithmException error) {
            throw new IllegalStateException(error); // every Java has it
        }
    }
}
