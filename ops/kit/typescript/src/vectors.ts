// The checks against the kit's vectors: node dist/vectors.js VECTORS.json.

import { isDeepStrictEqual } from "node:util";
import { readFileSync } from "node:fs";
import { BrokenError, Event } from "./common";
import * as feedCheck from "./feedCheck";
import * as topicCheck from "./topicCheck";

interface Topic {
  partition: number;
  partitions: number;
  records: { headers: Record<string, string>; value: string }[];
  expected: unknown[];
}

interface Feed {
  filter: feedCheck.Filter;
  after: number;
  link: string;
  entries: { position: number; number: number; link: string; record: string }[];
  expected: unknown[];
}

function topic(told: Topic, leaveOut: number): Event[] {
  const found: Event[] = [];
  let place: topicCheck.Place | undefined;
  for (const [offset, { headers, value }] of told.records.entries()) {
    if (offset === leaveOut) continue;
    const { partition, partitions } = told;
    const record = { partition, partitions, offset, headers, value: Buffer.from(value, "base64") };
    const [next, event] = topicCheck.advance(place, record);
    place = next;
    if (event !== undefined) found.push(event);
  }
  return found;
}

function feed(told: Feed, leaveOut: number): Event[] {
  const found: Event[] = [];
  let place: feedCheck.Place = { position: told.after, number: 0, link: told.link };
  for (const [number, one] of told.entries.entries()) {
    if (number === leaveOut) continue;
    const next = { position: one.position, number: one.number, link: one.link };
    const record = Buffer.from(one.record, "base64");
    const [after, events] = feedCheck.advance(place, told.filter, told.after, next, record);
    place = after;
    found.push(...events);
  }
  return found;
}

function judge(events: (leaveOut: number) => Event[], count: number, expected: unknown[]): void {
  const found = events(-1).map((one) => [one.position, one.index, one.type, one.stream]);
  if (!isDeepStrictEqual(found, expected)) throw new Error("other events than expected");
  for (let number = 0; number < count - 1; number++) {
    try {
      events(number);
    } catch (error) {
      if (error instanceof BrokenError) continue;
      throw error;
    }
    throw new Error(`leaving out ${number} was not found`);
  }
}

const all = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as { topic: Topic[]; feed: Feed[] };
for (const one of all.topic) judge((leaveOut) => topic(one, leaveOut), one.records.length, one.expected);
for (const one of all.feed) judge((leaveOut) => feed(one, leaveOut), one.entries.length, one.expected);
console.log("vectors hold");
