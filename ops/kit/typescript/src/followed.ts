// What a consumer of the feed follows: all that there is, or a subscription that the registry keeps,
// epoch by epoch; and the two calls about it.

import * as grpc from "@grpc/grpc-js";
import { Filter, Place } from "./feedCheck";

/** What is 0 is left out on the wire. */
export interface FeedPlace {
  position?: number;
  number?: number;
  link: Buffer;
}

interface Epoch {
  number: number;
  filter?: Filter;
  after?: number;
  until?: number;
  acknowledged?: FeedPlace;
}

/** What is followed: all that there is, or one epoch of a named subscription. */
export interface Followed {
  wanted: Filter;
  after: number;
  name: string;
  epoch: number;
}

// Where a server knows nobody by certificate (loopback); over TLS it is ignored.
export const WHO = new grpc.Metadata();
WHO.set("childregistry-authority", "bureau");
WHO.set("childregistry-office", "civil_affairs");

export function placeOf(message: FeedPlace): Place {
  const { position = 0, number = 0, link } = message;
  return { position, number, link: link.toString("hex") };
}

/** Makes one call; the services' methods are made from the contract when this runs. */
function called(client: grpc.Client, method: string, asked: unknown): Promise<unknown> {
  const call = (client as unknown as Record<string, Function>)[method] as Function;
  return new Promise((resolve, reject) => {
    call.call(client, asked, WHO, (error: unknown, got: unknown) => (error ? reject(error) : resolve(got)));
  });
}

/** Returns the first epoch of which something is left, undefined where none is. */
export async function nextEpoch(names: grpc.Client, name: string): Promise<Followed | undefined> {
  if (name === "") return { wanted: {}, after: 0, name, epoch: 0 };
  const got = (await called(names, "GetSubscription", { subscription: name })) as { subscription: { epochs: Epoch[] } };
  const left = ({ until = 0, acknowledged }: Epoch) => until === 0 || (acknowledged?.position ?? 0) < until;
  const found = got.subscription.epochs.find(left);
  return found && { wanted: found.filter ?? {}, after: found.after ?? 0, name, epoch: found.number };
}

export function requestOf({ name, epoch }: Followed, place: Place, until: number): Record<string, unknown> {
  const resume = place.link === "" ? undefined : messageOf(place);
  if (name !== "") return { until, named: { subscription: name, epoch, resume } };
  return resume === undefined ? { until, after: 0 } : { until, resume };
}

/** Says that all up to a place is safe here; on disk there unless at once. */
export async function acknowledge(names: grpc.Client, followed: Followed, place: Place, atOnce: boolean): Promise<void> {
  if (followed.name === "" || place.position <= followed.after) return;
  const { name: subscription, epoch } = followed;
  const asked = { subscription, epoch, place: messageOf(place), at_once: atOnce };
  await called(names, "AcknowledgeEvents", asked);
}

function messageOf(place: Place): FeedPlace {
  return { ...place, link: Buffer.from(place.link, "hex") };
}
