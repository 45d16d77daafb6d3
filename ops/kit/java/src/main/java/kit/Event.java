package kit;

/** One event, checked; avro is its body. */
public record Event(long position, long index, String type, String stream, String schema, byte[] avro) {
    /** The line that is shown. */
    String line() {
        return String.format(
                "{\"position\":%d,\"index\":%d,\"type\":\"%s\",\"stream\":\"%s\"}", position, index, type, stream);
    }
}
