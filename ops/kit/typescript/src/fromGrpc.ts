// A consumer of the feed over gRPC: checks, shows, keeps its place, goes on.
//
//     node dist/fromGrpc.js SERVER STATE [UNTIL]
//
// Each new event is one line of JSON; with UNTIL it ends when all up to that position was
// shown. The place is kept after the lines were written: after a kill the last ones may come
// again, with the same position and index, and none is left out.

import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { BrokenError, keep, load, show } from "./common";
import { Filter, Place, advance, passed } from "./feedCheck";

/** What is 0 is left out on the wire. */
interface FeedPlace {
  position?: number;
  number?: number;
  link: Buffer;
}

interface Response {
  signal: "confirmation" | "batch" | "checkpoint" | "caught_up" | "fell_behind" | "ended";
  confirmation?: { place: FeedPlace };
  batch?: { entries: { place: FeedPlace; record: Buffer }[] };
  checkpoint?: FeedPlace;
  caught_up?: FeedPlace;
  fell_behind?: FeedPlace;
  ended?: { place: FeedPlace; why: string };
}

const WANTED: Filter = {};
const PROTO = process.env["CHILDREGISTRY_PROTO"] ?? join(__dirname, "..", "..", "proto");
const AGAIN = new Set([grpc.status.UNAVAILABLE, grpc.status.CANCELLED]);

function placeOf(message: FeedPlace): Place {
  const { position = 0, number = 0, link } = message;
  return { position, number, link: link.toString("hex") };
}

function step(place: Place, got: Response): Place {
  if (got.confirmation !== undefined) {
    const told = placeOf(got.confirmation.place);
    return place.link === "" ? told : passed(place, told); // judged with the first entry
  }
  if (got.batch === undefined) {
    const told = got.ended?.place ?? got.checkpoint ?? got.caught_up ?? got.fell_behind;
    return told === undefined ? place : passed(place, placeOf(told));
  }
  for (const entry of got.batch.entries) {
    const [next, events] = advance(place, WANTED, 0, placeOf(entry.place), entry.record);
    show(events);
    place = next;
  }
  return place;
}

async function follow(client: grpc.Client, state: string, until: number): Promise<boolean> {
  let place = load<Place>(state, { position: 0, number: 0, link: "" });
  const asked: Record<string, unknown> = { until, after: 0 };
  if (place.link !== "") {
    delete asked["after"];
    asked["resume"] = { ...place, link: Buffer.from(place.link, "hex") };
  }
  // Where a server knows nobody by certificate (loopback); over TLS it is ignored.
  const who = new grpc.Metadata();
  who.set("childregistry-authority", "bureau");
  who.set("childregistry-office", "civil_affairs");
  const subscribe = (client as unknown as Record<string, Function>)["SubscribeEvents"] as Function;
  const stream = subscribe.call(client, asked, who) as AsyncIterable<Response>;
  for await (const got of stream) {
    place = step(place, got);
    keep(state, place);
    if (got.ended !== undefined) return got.ended.why === "WHY_UNTIL";
  }
  return false;
}

async function main(): Promise<void> {
  const [server = "", state = "", until = "0"] = process.argv.slice(2);
  const options = { longs: Number, enums: String, oneofs: true, keepCase: true, includeDirs: [PROTO] };
  const loaded = grpc.loadPackageDefinition(loadSync("childregistry/v1/event_service.proto", options));
  const v1 = (loaded["childregistry"] as grpc.GrpcObject)["v1"] as grpc.GrpcObject;
  const Service = v1["EventService"] as grpc.ServiceClientConstructor;
  // Over loopback; elsewhere with credentials.createSsl and the bureau's certificate.
  const client = new Service(server, grpc.credentials.createInsecure());
  for (;;) {
    try {
      if (await follow(client, state, Number(until))) break;
    } catch (error) {
      if (!AGAIN.has((error as grpc.ServiceError).code)) throw error;
    }
    await sleep(500);
  }
  client.close();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(error instanceof BrokenError ? 7 : 1);
});
