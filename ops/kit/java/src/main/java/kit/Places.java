package kit;

import com.google.gson.Gson;
import java.io.IOException;
import java.lang.reflect.Type;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** A file that keeps the place of a reader: whole, on disk, or as it was before. */
final class Places {
    private static final Gson JSON = new Gson();

    private Places() {}

    /** Returns what was kept, or what is given where nothing was. */
    static <T> T load(Path path, Type type, T otherwise) throws IOException {
        return Files.exists(path) ? JSON.fromJson(Files.readString(path), type) : otherwise;
    }

    /** Keeps it; durable on return. */
    static void keep(Path path, Object told) throws IOException {
        Path scratch = path.resolveSibling(path.getFileName() + ".next");
        try (FileChannel out = FileChannel.open(
                scratch,
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING)) {
            ByteBuffer content = ByteBuffer.wrap(JSON.toJson(told).getBytes(StandardCharsets.UTF_8));
            while (content.hasRemaining()) {
                out.write(content);
            }
            out.force(true);
        }
        Files.move(scratch, path, StandardCopyOption.ATOMIC_MOVE);
    }
}
