// Which gateway each destination's packets take. A new destination is placed by weighted rendezvous hashing (Schindelhauer
// and Schomaker, "Weighted distributed hash tables", 2005, the logarithmic method), so that the share of each gateway is
// that of its weight, and that those that come and go move nobody between the others; of the first two in that order
// the second is taken where the first is clearly more loaded (two choices, as in Byers et al., "Simple load balancing for
// distributed hash tables", 2003). Then it stays: until its gateway is no choice any more, or for a time no good one; and
// then destinations leave one after the other, so that a gateway that is a little too loaded is not deserted at once.

import type { Rng } from '../../env/rng.ts';
import { rendezvous } from '../../routing/policies/weighted-rendezvous.ts';

/** Destinations that are remembered; the one used longest ago goes first. */
export const PLACEMENTS_MAX = 4_096;
/** Loads that differ by no more count as equal. */
const LOAD_DIFFERENCE_MIN = 0.1;
/** A destination leaves a gateway that is no good one after so long, and after up to so much more by chance. */
export const LEAVE_MS_MIN = 5_000;
export const LEAVE_MS_SPREAD = 15_000;
/** A gateway through which a destination was not reached is avoided for it so long; twice as long each time. */
export const AVOID_MS_MIN = 10_000;
const AVOID_MS_MAX = 300_000;
/** Gateways that are avoided for one destination; the oldest goes first. */
const AVOIDED_MAX = 8;

export interface Place {
  /** Of the gateway. */
  readonly key: string;
  /** The same as 32 bits. */
  readonly name: number;
  /** Whether new destinations are placed there. */
  readonly takes: boolean;
  /** Whether those that are there stay. */
  readonly keeps: 'yes' | 'for-now' | 'no';
  readonly weight: number;
  /** 0–1. */
  readonly load: number;
}

/** `unknown`: the gateway said that it does not reach the destination. `swallowed`: nothing that it took arrived. */
export type AvoidReason = 'unknown' | 'swallowed';

interface Avoided {
  readonly key: string;
  reason: AvoidReason;
  untilMs: number;
  times: number;
}

interface Placement {
  readonly destination: Uint8Array;
  key: string | null;
  /** Made when nothing was known; made anew when something is. */
  provisional: boolean;
  movedAtMs: number;
  leaveAtMs: number | null;
  avoided: Avoided[];
}

export class StickyPlacements {
  readonly #rng: Rng;
  readonly #self: Uint8Array;
  /** By `byteKey` of the destination, the one used longest ago first. */
  readonly #placements = new Map<string, Placement>();
  #moves = 0;

  /** `self` (PeerId) is part of every hash: two nodes place one destination independently. */
  constructor(self: Uint8Array, rng: Rng) {
    this.#self = self;
    this.#rng = rng;
  }

  /** How often a destination moved from one gateway to another. */
  get moves(): number {
    return this.#moves;
  }

  /**
   * The key of the gateway for a destination, of whose PeerId `id` is the `byteKey`; `null` where there is none.
   * `provisional`: nothing is known of the places but the way there, and the first that takes is the nearest.
   */
  choose(
    id: string,
    destination: Uint8Array,
    places: readonly Place[],
    provisional: boolean,
    nowMs: number,
  ): string | null {
    const placement = this.#use(id, destination, nowMs);
    const held = places.find(({ key }) => key === placement.key);
    if (held !== undefined && this.#stays(placement, held, provisional, nowMs)) return held.key;
    const key = this.#place(placement, places, provisional, nowMs);
    if (key !== placement.key) {
      if (placement.key !== null) this.#moves += 1;
      placement.key = key;
      placement.movedAtMs = nowMs;
    }
    placement.provisional = provisional;
    placement.leaveAtMs = null;
    return key;
  }

  /** The gateway that a destination has, and since when. */
  at(id: string): { readonly key: string; readonly sinceMs: number } | null {
    const placement = this.#placements.get(id);
    const key = placement?.key ?? null;
    return key === null ? null : { key, sinceMs: placement?.movedAtMs ?? 0 };
  }

  /** The destination was not reached through this gateway: another one is tried, and this one after a while. */
  avoid(id: string, key: string, reason: AvoidReason, nowMs: number): void {
    const placement = this.#placements.get(id);
    if (placement === undefined) return;
    const known = placement.avoided.find((one) => one.key === key);
    const avoided = known ?? { key, reason, untilMs: 0, times: 0 };
    if (known !== undefined && known.untilMs > nowMs) return;
    const ms = Math.min(AVOID_MS_MAX, AVOID_MS_MIN * 2 ** avoided.times);
    avoided.untilMs = nowMs + ms;
    avoided.times += 1;
    avoided.reason = reason;
    if (known === undefined)
      placement.avoided = [...placement.avoided, avoided].slice(-AVOIDED_MAX);
  }

  /** What was the reason to avoid this gateway for the destination is so no more. */
  clear(id: string, key: string, reason: AvoidReason): void {
    const placement = this.#placements.get(id);
    if (placement === undefined || placement.avoided.length === 0) return;
    placement.avoided = placement.avoided.filter((one) => one.key !== key || one.reason !== reason);
  }

  /** The destinations used last, the last one first. */
  recent(count: number): readonly Uint8Array[] {
    return [...this.#placements.values()]
      .slice(-count)
      .toReversed()
      .map(({ destination }) => destination);
  }

  /** How many destinations each gateway has. */
  counts(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { key } of this.#placements.values()) {
      if (key !== null) counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    return counts;
  }

  #use(id: string, destination: Uint8Array, nowMs: number): Placement {
    const placement = this.#placements.get(id) ?? {
      destination: destination.slice(),
      key: null,
      provisional: false,
      movedAtMs: nowMs,
      leaveAtMs: null,
      avoided: [],
    };
    this.#placements.delete(id);
    this.#placements.set(id, placement);
    const oldest = this.#placements.keys().next().value;
    if (this.#placements.size > PLACEMENTS_MAX && oldest !== undefined) {
      this.#placements.delete(oldest);
    }
    return placement;
  }

  #stays(placement: Placement, held: Place, provisional: boolean, nowMs: number): boolean {
    if (held.keeps === 'no' || isAvoided(placement, held.key, nowMs)) return false;
    if (placement.provisional && !provisional) return false;
    if (held.keeps === 'yes') {
      placement.leaveAtMs = null;
      return true;
    }
    placement.leaveAtMs ??= nowMs + LEAVE_MS_MIN + (LEAVE_MS_SPREAD * this.#rng.uint32()) / 2 ** 32;
    return nowMs < placement.leaveAtMs;
  }

  #place(
    placement: Placement,
    places: readonly Place[],
    provisional: boolean,
    nowMs: number,
  ): string | null {
    const taking = places.filter(({ takes }) => takes);
    const open = taking.filter(({ key }) => !isAvoided(placement, key, nowMs));
    // Where the best ones do not lead there, others may.
    const others = places.filter(
      ({ key, keeps }) => keeps !== 'no' && !isAvoided(placement, key, nowMs),
    );
    const choices = open.length > 0 ? open : others.length > 0 ? others : taking;
    if (provisional) return choices[0]?.key ?? null;
    const flow = hashOf(this.#self, placement.destination);
    const names = choices.map(({ name }) => name);
    const weights = choices.map(({ weight }) => weight);
    const first = choices[rendezvous(flow, names, weights)];
    if (first === undefined) return choices[0]?.key ?? null;
    weights[choices.indexOf(first)] = 0;
    const second = choices[rendezvous(flow, names, weights)];
    if (second === undefined) return first.key;
    return first.load - second.load > LOAD_DIFFERENCE_MIN ? second.key : first.key;
  }
}

function isAvoided({ avoided }: Placement, key: string, nowMs: number): boolean {
  return avoided.some((one) => one.key === key && one.untilMs > nowMs);
}

/** 32 bits of runs of bytes (FNV-1a). */
export function hashOf(...runs: readonly Uint8Array[]): number {
  let hash = 0x811c_9dc5;
  for (const run of runs) for (const byte of run) hash = Math.imul(hash ^ byte, 0x0100_0193) >>> 0;
  return hash;
}
