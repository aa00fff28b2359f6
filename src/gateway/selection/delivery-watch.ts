// Whether a destination or the gateway to it is at fault when nothing arrives. Losses alone cannot tell; the comparison can:
// a destination that was not reached through one gateway and is reached through another shows that the first one swallows
// packets, whatever it answers to probes. A destination that is not reached through any says nothing about gateways.

import type { CarriedTraffic } from './gateway-measurement.ts';

/** Destinations that are watched; the one heard of longest ago goes first. */
const WATCHED_MAX = 4_096;
/** Packets in a row that were lost before another gateway is tried. */
export const SWALLOWED_PACKETS = 3;
/** Reached so soon through another gateway, it was not away before. */
const COMPARED_MS = 30_000;
/** Reports of packets that went through the gateway before come until then: four seconds and a round trip. */
const SETTLING_MS = 5_000;

export type DeliveryVerdict =
  | { readonly kind: 'none' }
  /** Try another gateway for this destination. */
  | { readonly kind: 'try-another' }
  /** This gateway swallows packets. */
  | { readonly kind: 'swallows'; readonly key: string };

interface Watched {
  lostInARow: number;
  suspect: { readonly key: string; readonly atMs: number } | null;
}

const NOTHING: DeliveryVerdict = { kind: 'none' };
const NO_MEANING = { counts: false, verdict: NOTHING } as const;

export class DeliveryWatch {
  /** By destination, the one heard of longest ago first. */
  readonly #watched = new Map<string, Watched>();

  /**
   * Takes what became of packets to a destination that has had the gateway `key` since `sinceMs`. `counts`: whether it says
   * something about that gateway.
   */
  heard(
    destination: string,
    { key, sinceMs }: { readonly key: string; readonly sinceMs: number },
    { delivered, lost }: Pick<CarriedTraffic, 'delivered' | 'lost'>,
    nowMs: number,
  ): { readonly counts: boolean; readonly verdict: DeliveryVerdict } {
    const watched = this.#use(destination);
    const isSettled = nowMs - sinceMs >= SETTLING_MS;
    if (delivered > 0) {
      watched.lostInARow = 0;
      return { counts: isSettled || lost === 0, verdict: compare(watched, key, nowMs) };
    }
    // Where nothing arrived the destination may be away.
    if (!isSettled) return NO_MEANING;
    watched.lostInARow += lost;
    if (watched.lostInARow < SWALLOWED_PACKETS) return NO_MEANING;
    watched.lostInARow = 0;
    // The first one in a row is the one that the others are compared with.
    if (watched.suspect === null || nowMs - watched.suspect.atMs >= COMPARED_MS) {
      watched.suspect = { key, atMs: nowMs };
    }
    return { counts: false, verdict: { kind: 'try-another' } };
  }

  #use(destination: string): Watched {
    const watched = this.#watched.get(destination) ?? {
      lostInARow: 0,
      suspect: null,
    };
    this.#watched.delete(destination);
    this.#watched.set(destination, watched);
    const oldest = this.#watched.keys().next().value;
    if (this.#watched.size > WATCHED_MAX && oldest !== undefined) this.#watched.delete(oldest);
    return watched;
  }
}

function compare(watched: Watched, key: string, nowMs: number): DeliveryVerdict {
  const { suspect } = watched;
  if (suspect === null) return NOTHING;
  watched.suspect = null;
  if (suspect.key === key || nowMs - suspect.atMs >= COMPARED_MS) return NOTHING;
  return { kind: 'swallows', key: suspect.key };
}
