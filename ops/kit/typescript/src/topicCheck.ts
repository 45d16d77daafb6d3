// The completeness check of the published topic, one partition at a time: numbers without a
// gap, chained from the opening, bodies under the digest that the chain has. The bytes are
// those of events/published.py.

import { BrokenError, Event, eight, sha256 } from "./common";

/** Keep it, and go on from offset. All up to position is passed; link is in hex. */
export interface Place {
  offset: number;
  position: number;
  number: number;
  link: string;
  rule: string;
}

/** A record as every client of Kafka gives it. */
export interface TopicRecord {
  partition: number;
  partitions: number;
  offset: number;
  headers: Record<string, string>;
  value: Buffer;
}

/** Returns the place after a record, and its event where it is a new one. */
export function advance(place: Place | undefined, record: TopicRecord): [Place, Event?] {
  const number = integer(record, "ce_number");
  const position = integer(record, "ce_position");
  const type = header(record, "ce_type");
  if (type === "childregistry.topic.opened") return [opened(place, record)];
  if (place === undefined) throw broken(record, "does not begin with its opening");
  const here = { ...place, offset: record.offset + 1 };
  const checkpoint = type === "childregistry.topic.checkpoint";
  if (number > place.number + (checkpoint ? 0 : 1)) throw broken(record, `number ${place.number + 1} is missing`);
  if (checkpoint) {
    if (number < place.number || position <= place.position) return [here]; // an old one, sent twice
    same(header(record, "ce_link"), place.link, record);
    return [{ ...here, position }];
  }
  if (number <= place.number) return [here]; // sent twice, under its own number
  const framed = place.rule.split("\n").includes("wire=confluent");
  if (framed && record.value.length < 5) throw broken(record, "has no schema id");
  const avro = framed ? record.value.subarray(5) : record.value;
  const index = integer(record, "ce_index");
  const link = sha256(
    Buffer.from(place.link, "hex"),
    eight(number),
    eight(position),
    eight(index),
    Buffer.from(header(record, "ce_hash"), "hex"),
    sha256(Buffer.from(header(record, "ce_salt"), "hex"), avro),
  ).toString("hex");
  same(header(record, "ce_link"), link, record);
  const event = {
    position,
    index,
    type: type.replace(/^childregistry\.event\./, ""),
    stream: header(record, "ce_subject"),
    schema: header(record, "ce_schema"),
    avro,
  };
  // The entry may have more events in this partition: only those before are complete.
  return [{ ...here, position: Math.max(place.position, position - 1), number, link }, event];
}

/** Returns the position up to which nothing more comes in any partition. */
export function completeUpTo(places: Record<number, Place>, partitions: number): number {
  const all = Object.values(places);
  return all.length < partitions ? 0 : Math.min(...all.map((one) => one.position));
}

function opened(place: Place | undefined, record: TopicRecord): Place {
  const content = Buffer.concat([
    Buffer.from("childregistry/published/1\0"),
    record.value,
    Buffer.from("\0"),
    eight(record.partition),
  ]);
  const link = sha256(content).toString("hex");
  same(header(record, "ce_link"), link, record);
  const rule = record.value.toString("utf8");
  if (!rule.split("\n").includes(`partitions=${record.partitions}`)) {
    throw broken(record, "the topic was made with other partitions");
  }
  const offset = record.offset + 1;
  if (place === undefined) return { offset, position: 0, number: 0, link, rule };
  same(rule, place.rule, record);
  return { ...place, offset };
}

function header(record: TopicRecord, name: string): string {
  const found = record.headers[name];
  if (found === undefined) throw broken(record, "no record of a published topic");
  return found;
}

function integer(record: TopicRecord, name: string): number {
  const found = header(record, name);
  if (!/^\d{1,15}$/.test(found)) throw broken(record, `${name} is no number`);
  return Number(found);
}

function same(found: string, expected: string, record: TopicRecord): void {
  if (found !== expected) throw broken(record, `offset ${record.offset} is not what was published`);
}

function broken(record: TopicRecord, what: string): BrokenError {
  return new BrokenError(`partition ${record.partition}: ${what}`);
}
