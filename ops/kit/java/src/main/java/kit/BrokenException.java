package kit;

/** The topic or the feed is not complete, or not what was recorded. */
public class BrokenException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BrokenException(String format, Object... values) {
        super(String.format(format, values));
    }
}
