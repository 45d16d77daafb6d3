package kit;

import com.google.gson.Gson;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/** The checks against the kit's vectors: Vectors VECTORS.json. */
public final class Vectors {
    private record TopicRecord(Map<String, String> headers, String value) {}

    private record Topic(int partition, int partitions, List<TopicRecord> records, List<List<Object>> expected) {}

    private record Entry(long position, long number, String link, String record) {}

    private record Feed(
            Map<String, List<String>> filter,
            long after,
            String link,
            List<Entry> entries,
            List<List<Object>> expected) {}

    private record All(List<Topic> topic, List<Feed> feed) {}

    private Vectors() {}

    public static void main(String[] arguments) throws Exception {
        All all = new Gson().fromJson(Files.readString(Path.of(arguments[0])), All.class);
        for (Topic one : all.topic) {
            judge(leaveOut -> topic(one, leaveOut), one.records.size(), one.expected);
        }
        for (Feed one : all.feed) {
            judge(leaveOut -> feed(one, leaveOut), one.entries.size(), one.expected);
        }
        System.out.println("vectors hold");
    }

    private static void judge(IntFunction<List<Event>> events, int count, List<List<Object>> expected) {
        List<List<Object>> found = new ArrayList<>();
        for (Event one : events.apply(-1)) {
            found.add(List.of((double) one.position(), (double) one.index(), one.type(), one.stream()));
        }
        if (!found.equals(expected)) {
            throw new IllegalStateException("other events than expected");
        }
        for (int number = 0; number < count - 1; number++) {
            try {
                events.apply(number);
            } catch (BrokenException error) {
                continue;
            }
            throw new IllegalStateException("leaving out " + number + " was not found");
        }
    }

    private static List<Event> topic(Topic told, int leaveOut) {
        List<Event> found = new ArrayList<>();
        TopicCheck.Place place = null;
        for (int offset = 0; offset < told.records.size(); offset++) {
            if (offset != leaveOut) {
                TopicRecord one = told.records.get(offset);
                byte[] value = Base64.getDecoder().decode(one.value);
                place = TopicCheck.advance(
                        place,
                        new TopicCheck.Record(told.partition, told.partitions, offset, one.headers, value),
                        found::add);
            }
        }
        return found;
    }

    private static List<Event> feed(Feed told, int leaveOut) {
        List<Event> found = new ArrayList<>();
        FeedCheck.Place place = new FeedCheck.Place(told.after, 0, told.link);
        FeedCheck.Filter wanted = new FeedCheck.Filter(told.filter);
        for (int number = 0; number < told.entries.size(); number++) {
            if (number != leaveOut) {
                Entry one = told.entries.get(number);
                FeedCheck.Place next = new FeedCheck.Place(one.position, one.number, one.link);
                byte[] record = Base64.getDecoder().decode(one.record);
                place = FeedCheck.advance(place, wanted, told.after, next, record, found::add);
            }
        }
        return found;
    }
}
