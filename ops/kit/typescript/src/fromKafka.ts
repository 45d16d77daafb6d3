// A consumer of the published topic: checks, shows, keeps its place, goes on.
//
//     node dist/fromKafka.js SERVERS TOPIC STATE [UNTIL]
//
// Each new event is one line of JSON; with UNTIL it ends when all up to that position was
// shown. The place is kept after the lines were written: after a kill the last ones may come
// again, with the same position and index, and none is left out.
//
// This client knows no reading without a group: the group is a new one at each start and
// commits nothing; whenever it was joined, reading goes on from our own place.

import { randomUUID } from "node:crypto";
import { EachBatchPayload, Kafka, logLevel } from "kafkajs";
import { BrokenError, Event, keep, load, show } from "./common";
import { Place, advance, completeUpTo } from "./topicCheck";

async function main(): Promise<void> {
  const [servers = "", topic = "", state = "", until = "0"] = process.argv.slice(2);
  const places = load<Record<number, Place>>(state, {});
  const kafka = new Kafka({
    brokers: servers.split(","),
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 200, maxRetryTime: 2_000, retries: 1_000 },
  });
  const admin = kafka.admin();
  await admin.connect();
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  await admin.disconnect();
  const partitions = topics[0]?.partitions.length ?? 0;
  const consumer = kafka.consumer({
    groupId: `kit-${randomUUID()}`,
    allowAutoTopicCreation: false,
    maxWaitTimeInMs: 500,
  });
  consumer.on(consumer.events.GROUP_JOIN, () => {
    for (let partition = 0; partition < partitions; partition++) {
      consumer.seek({ topic, partition, offset: String(places[partition]?.offset ?? 0) });
    }
  });
  const done = new Promise<void>((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (!payload.restart) reject(payload.error);
    });
    const eachBatch = async ({ batch }: EachBatchPayload): Promise<void> => {
      try {
        take(batch, partitions, places);
      } catch (error) {
        reject(error instanceof BrokenError ? error : new Error(String(error)));
        return;
      }
      keep(state, places);
      if (Number(until) && completeUpTo(places, partitions) >= Number(until)) resolve();
    };
    consumer
      .connect()
      .then(() => consumer.subscribe({ topic, fromBeginning: true }))
      .then(() => consumer.run({ autoCommit: false, eachBatch }))
      .catch(reject);
    if (Number(until) && completeUpTo(places, partitions) >= Number(until)) resolve();
  });
  await done;
  process.exit(0); // what the client still has under way is nobody's
}

function take(batch: EachBatchPayload["batch"], partitions: number, places: Record<number, Place>): void {
  const { partition } = batch;
  const events: Event[] = [];
  let place = places[partition];
  for (const message of batch.messages) {
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(message.headers ?? {})) headers[name] = String(value);
    const offset = Number(message.offset);
    const value = message.value ?? Buffer.alloc(0);
    const [next, event] = advance(place, { partition, partitions, offset, headers, value });
    place = next;
    if (event !== undefined) events.push(event);
  }
  show(events);
  if (place !== undefined) places[partition] = place;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(error instanceof BrokenError ? 7 : 1);
});
