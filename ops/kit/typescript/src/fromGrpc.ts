// A consumer of the feed over gRPC: checks, shows, keeps its place, goes on.
//
//     node dist/fromGrpc.js SERVER STATE [UNTIL [SUBSCRIPTION]]
//
// Each new event is one line of JSON; with UNTIL (0: never) it ends when all up to that position
// was shown. The place is kept after the lines were written: after a kill the last ones may come
// again, with the same position and index, and none is left out.
//
// With SUBSCRIPTION, the name of one that the registry keeps, the filter is that one's, and what
// was shown is acknowledged; without a file it goes on behind what was acknowledged.

import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { BrokenError, keep, load, show } from "./common";
import { Place, advance, passed } from "./feedCheck";
import { FeedPlace, Followed, WHO, acknowledge, nextEpoch, placeOf, requestOf } from "./followed";

interface Response {
  signal: "confirmation" | "batch" | "checkpoint" | "caught_up" | "fell_behind" | "ended";
  confirmation?: { place: FeedPlace };
  batch?: { entries: { place: FeedPlace; record: Buffer }[] };
  checkpoint?: FeedPlace;
  caught_up?: FeedPlace;
  fell_behind?: FeedPlace;
  ended?: { place: FeedPlace; why: string };
}

/** What the file has: a place, and of which epoch. */
type Kept = Place & { epoch?: number };

/**
 * Of an acknowledgement, one after the other, before they are an error: a server that has just
 * started does not know yet what the one before it sent.
 */
const REFUSALS = 3;
const PROTO = process.env["CHILDREGISTRY_PROTO"] ?? join(__dirname, "..", "..", "proto");
const AGAIN = new Set([grpc.status.UNAVAILABLE, grpc.status.CANCELLED]);

function step(place: Place, followed: Followed, got: Response): Place {
  if (got.confirmation !== undefined) {
    const told = placeOf(got.confirmation.place);
    return place.link === "" ? told : passed(place, told); // judged with the first entry
  }
  if (got.batch === undefined) {
    const told = got.ended?.place ?? got.checkpoint ?? got.caught_up ?? got.fell_behind;
    return told === undefined ? place : passed(place, placeOf(told));
  }
  for (const entry of got.batch.entries) {
    const [next, events] = advance(place, followed.wanted, followed.after, placeOf(entry.place), entry.record);
    show(events);
    place = next;
  }
  return place;
}

async function follow(
  events: grpc.Client,
  names: grpc.Client,
  state: string,
  until: number,
  name: string,
): Promise<boolean> {
  const followed = await nextEpoch(names, name);
  if (followed === undefined) return true;
  const { epoch } = followed;
  const nowhere = { position: 0, number: 0, link: "" };
  const { epoch: keptOf = 0, ...kept } = load<Kept>(state, { ...nowhere, epoch });
  let place: Place = keptOf === epoch ? kept : nowhere;
  const subscribe = (events as unknown as Record<string, Function>)["SubscribeEvents"] as Function;
  const stream = subscribe.call(events, requestOf(followed, place, until), WHO) as AsyncIterable<Response>;
  for await (const got of stream) {
    place = step(place, followed, got);
    keep(state, { ...place, epoch });
    await acknowledge(names, followed, place, got.ended === undefined);
    if (got.ended?.why === "WHY_TAKEN_OVER") throw new Error(`${name}: is followed by another reader`);
    if (got.ended !== undefined) return got.ended.why === "WHY_UNTIL";
  }
  return false;
}

function clientOf(service: string, server: string): grpc.Client {
  const options = { longs: Number, enums: String, oneofs: true, keepCase: true, includeDirs: [PROTO] };
  const file = service.replace(/(?<=[a-z])[A-Z]/, "_$&").toLowerCase();
  const loaded = grpc.loadPackageDefinition(loadSync(`childregistry/v1/${file}.proto`, options));
  const v1 = (loaded["childregistry"] as grpc.GrpcObject)["v1"] as grpc.GrpcObject;
  const Service = v1[service] as grpc.ServiceClientConstructor;
  // Over loopback; elsewhere with credentials.createSsl and the bureau's certificate.
  return new Service(server, grpc.credentials.createInsecure());
}

async function main(): Promise<void> {
  const [server = "", state = "", until = "0", name = ""] = process.argv.slice(2);
  const events = clientOf("EventService", server);
  const names = clientOf("SubscriptionService", server);
  for (let refused = 0; ; ) {
    try {
      if (await follow(events, names, state, Number(until), name)) break;
      refused = 0;
    } catch (error) {
      const { code } = error as grpc.ServiceError;
      refused = name !== "" && code === grpc.status.INVALID_ARGUMENT ? refused + 1 : 0;
      if (!AGAIN.has(code) && (refused === 0 || refused >= REFUSALS)) throw error;
    }
    await sleep(500);
  }
  events.close();
  names.close();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(error instanceof BrokenError ? 7 : 1);
});
