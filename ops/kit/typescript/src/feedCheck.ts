// The completeness check of the feed over gRPC: entries numbered without a gap and chained, the
// frame under the hash that the chain has, bodies under the digests that the frame has. The
// bytes are those of events/feed.py and events/FORMAT.md.

import { BrokenError, Event, eight, sha256 } from "./common";

/** All up to position is passed, number entries were taken; link is in hex. */
export interface Place {
  position: number;
  number: number;
  link: string;
}

/** What a subscription is about, by the filter's own names; what is empty is met. */
export type Filter = Record<string, string[]>;

interface Header {
  stream: string;
  type: string;
  schema: string;
  concerns: string | undefined;
  jurisdiction: string | undefined;
  digest: Buffer;
}

interface Frame {
  registry: string;
  authority: string;
  cause: string;
  events: Header[];
}

/** Returns link 0 of a subscription. */
export function begin(registry: string, wanted: Filter, after: number): string {
  const lines = Object.entries(wanted).flatMap(([name, values]) => values.map((value) => `${name}=${value}`));
  const text = ["childregistry/feed/1", registry, lines.sort().join("\n"), ""].join("\0");
  return sha256(Buffer.from(text), eight(after)).toString("hex");
}

/** Returns the place after an entry, which must be told, and its events. */
export function advance(
  place: Place,
  wanted: Filter,
  after: number,
  told: Place,
  record: Buffer,
): [Place, Event[]] {
  const number = place.number + 1;
  const outer = new Reader(record, "c3017418bf868b9fbaa1");
  const framed = outer.sized();
  outer.optional(() => outer.body()); // the request's
  const bodies = outer.array(() => outer.optional(() => outer.body()));
  outer.end();
  const frame = frameOf(framed);
  if (place.number === 0 && place.link !== begin(frame.registry, wanted, after)) {
    throw new BrokenError("the chain does not begin where it must");
  }
  const before = Buffer.from(place.link, "hex");
  const link = sha256(before, eight(number), eight(told.position), sha256(framed)).toString("hex");
  if (told.position <= place.position || told.number !== number || told.link !== link) {
    throw new BrokenError(`number ${number}: is not the next`);
  }
  if (bodies.length !== frame.events.length) {
    throw new BrokenError(`number ${number}: has other bodies than events`);
  }
  const events: Event[] = [];
  for (const [index, one] of frame.events.entries()) {
    const body = bodies[index];
    if (takes(wanted, frame, one) !== (body !== undefined)) {
      throw new BrokenError(`number ${number}: shows other bodies than were asked for`);
    }
    if (body === undefined) continue;
    if (!sha256(body).equals(one.digest)) {
      throw new BrokenError(`number ${number}: has a body that is not the recorded one`);
    }
    const { type, stream, schema } = one;
    events.push({ position: told.position, index, type, stream, schema, avro: body.subarray(16) });
  }
  if (events.length === 0) throw new BrokenError(`number ${number}: was not asked for`);
  return [told, events];
}

/** Returns the place once nothing more was taken up to another. */
export function passed(place: Place, told: Place): Place {
  if (told.number !== place.number || told.link !== place.link) {
    throw new BrokenError(`number ${place.number + 1}: was left out`);
  }
  return { ...place, position: Math.max(place.position, told.position) };
}

function takes(wanted: Filter, frame: Frame, one: Header): boolean {
  const met = (name: string, value: string | undefined): boolean => {
    const values = wanted[name] ?? [];
    return values.length === 0 || (value !== undefined && values.includes(value));
  };
  return (
    met("types", one.type) &&
    met("children", one.concerns) &&
    met("jurisdictions", one.jurisdiction) &&
    met("submitters", frame.authority) &&
    met("causes", frame.cause)
  );
}

function frameOf(content: Buffer): Frame {
  const read = new Reader(content, "c301f913d430ff92a3ae");
  const registry = read.text();
  read.fixed(32); // previous
  const authority = read.text();
  read.text(); // request_id
  read.fixed(8 + 32); // the request's schema and digest
  read.long(); // how the submitter was known
  read.optional(() => read.fixed(32));
  read.array(() => [read.text(), read.sized()]); // attestations
  read.long(); // recorded_at
  read.long(); // provenance
  read.text(); // writer
  const cause = read.text();
  const events = read.array(() => headerOf(read));
  read.end();
  return { registry, authority, cause, events };
}

function headerOf(read: Reader): Header {
  const stream = read.text();
  read.long(); // version
  const type = read.text();
  const schema = read.fixed(8).toString("hex");
  const concerns = read.optional(() => read.text());
  const jurisdiction = read.optional(() => read.text());
  read.fixed(1); // urgent
  return { stream, type, schema, concerns, jurisdiction, digest: read.fixed(32) };
}

/** Avro, as far as records need it. */
class Reader {
  private at = 0;

  constructor(
    private readonly content: Buffer,
    mark: string,
  ) {
    if (this.fixed(mark.length / 2).toString("hex") !== mark) throw new BrokenError("not of this format");
  }

  fixed(size: number): Buffer {
    if (size < 0 || this.at + size > this.content.length) throw new BrokenError(`no ${size} bytes`);
    this.at += size;
    return this.content.subarray(this.at - size, this.at);
  }

  long(): number {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const one = this.fixed(1)[0] ?? 0;
      value |= BigInt(one & 0x7f) << shift;
      if (one < 0x80) return Number((value >> 1n) ^ -(value & 1n));
    }
    throw new BrokenError("no number of 64 bits");
  }

  sized(): Buffer {
    return this.fixed(this.long());
  }

  text(): string {
    return this.sized().toString("utf8");
  }

  /** Salt and content, as the digest is over them. */
  body(): Buffer {
    return Buffer.concat([this.fixed(16), this.sized()]);
  }

  optional<T>(read: () => T): T | undefined {
    return this.long() === 0 ? undefined : read();
  }

  array<T>(read: () => T): T[] {
    const count = this.long();
    if (count < 0 || count > this.content.length - this.at) throw new BrokenError(`no ${count} items`);
    const items = Array.from({ length: count }, read);
    if (count > 0 && this.long() !== 0) throw new BrokenError("more than one block");
    return items;
  }

  end(): void {
    if (this.at !== this.content.length) throw new BrokenError("bytes after the end");
  }
}
