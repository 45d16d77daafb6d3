// What both checks share, and the file that keeps a place: whole, on disk, or as before.

import { createHash } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";

/** The topic or the feed is not complete, or not what was recorded. */
export class BrokenError extends Error {}

/** One event, checked; avro is its body. */
export interface Event {
  position: number;
  index: number;
  type: string;
  stream: string;
  schema: string;
  avro: Buffer;
}

/** The line that is shown. */
export function line({ position, index, type, stream }: Event): string {
  return `${JSON.stringify({ position, index, type, stream })}\n`;
}

export function sha256(...parts: Buffer[]): Buffer {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
}

export function eight(number: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(number));
  return bytes;
}

export function load<T>(path: string, otherwise: T): T {
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as T) : otherwise;
}

export function keep(path: string, told: unknown): void {
  const scratch = openSync(`${path}.next`, "w");
  writeSync(scratch, JSON.stringify(told));
  fsyncSync(scratch);
  closeSync(scratch);
  renameSync(`${path}.next`, path);
}

/** Writes lines, whole before it returns: the place is kept after them. */
export function show(events: Event[]): void {
  let rest = Buffer.from(events.map(line).join(""));
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
    }
  }
}
