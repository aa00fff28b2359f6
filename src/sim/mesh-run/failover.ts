// A link under a running flow is cut, and an idle one: how soon that is noticed, and what of the flow is lost.

import type { Fleet } from './fleet.ts';
import type { Direction, FleetLink } from './fleet-link.ts';
import type { Oracle } from './oracle.ts';
import type { WatchedPacket } from './packet-watch.ts';
import { PacketType } from '../../wire/packet.ts';
import type { Pair, Prober } from './probes.ts';

/** 50 messages a second, as a game or a call has. */
const FLOW_INTERVAL_MS = 20;
const FLOW_BEFORE_MS = 2_000;
/** What the flow crosses just before the cut is its way: it may have gone another one at first. */
const FLOW_SEEN_MS = 500;
/** Pairs that are tried until one has a way around. */
const PAIRS_TRIED_MAX = 50;
/** What is under way arrives within this time. */
const FLOW_AFTER_MS = 2_000;

export interface FailoverResult {
  readonly detectMs: number | null;
  readonly packetsLost: number | null;
  readonly idleDetectMs: number | null;
}

const NOTHING_CUT: FailoverResult = { detectMs: null, packetsLost: null, idleDetectMs: null };

/** Cuts two links and lets `failureTimeoutMs` and some pass. Links stay cut. */
export function measureFailover(
  fleet: Fleet,
  oracle: Oracle,
  prober: Prober,
  pairs: readonly Pair[],
  failureTimeoutMs: number,
): FailoverResult {
  for (const pair of pairs.slice(0, PAIRS_TRIED_MAX)) {
    const crossed = wayOf(fleet, prober, pair);
    const mayFail = (direction: Direction): boolean => hasWayAround(fleet, oracle, pair, direction);
    if (!crossed.some(mayFail)) continue;
    return cutUnderFlow(fleet, prober, pair, mayFail, failureTimeoutMs);
  }
  return NOTHING_CUT;
}

/** The links that a message takes just now, those in the middle first. */
function wayOf(fleet: Fleet, prober: Prober, pair: Pair): readonly Direction[] {
  const crossed: Direction[] = [];
  fleet.watch.onLeave = (packet, direction) => {
    if (isOf(packet, pair)) crossed.push(direction);
  };
  const [probe] = prober.sendAll([pair], 0, FLOW_BEFORE_MS);
  fleet.watch.onLeave = null;
  return probe?.arrivedAtMs === null ? [] : middleFirst(crossed);
}

function middleFirst(crossed: readonly Direction[]): readonly Direction[] {
  const middle = (crossed.length - 1) / 2;
  return crossed
    .map((direction, at) => ({ direction, off: Math.abs(at - middle) }))
    .toSorted((x, y) => x.off - y.off)
    .map(({ direction }) => direction);
}

function isOf({ source, destination, type }: WatchedPacket, { from, to }: Pair): boolean {
  return source === from && destination === to && type === PacketType.data;
}

function hasWayAround(fleet: Fleet, oracle: Oracle, pair: Pair, { from, to }: Direction): boolean {
  const link = fleet.between(from, to);
  return link !== undefined && oracle.reachesWithout(pair.from, pair.to, link);
}

function cutUnderFlow(
  fleet: Fleet,
  prober: Prober,
  pair: Pair,
  mayFail: (direction: Direction) => boolean,
  failureTimeoutMs: number,
): FailoverResult {
  const { clock } = fleet.world;
  const doubtedAtMs = new Map<FleetLink, number>();
  fleet.onLinkDoubted = (down) => {
    if (!doubtedAtMs.has(down)) doubtedAtMs.set(down, clock.now());
  };
  const first = prober.results.length;
  const flowMs = FLOW_BEFORE_MS + failureTimeoutMs + FLOW_AFTER_MS;
  for (let atMs = 0; atMs < flowMs; atMs += FLOW_INTERVAL_MS) {
    clock.after(atMs, () => prober.send(pair));
  }
  fleet.run(FLOW_BEFORE_MS - FLOW_SEEN_MS);
  const crossed = new Set<Direction>();
  fleet.watch.onLeave = (packet, direction) => {
    if (isOf(packet, pair)) crossed.add(direction);
  };
  fleet.run(FLOW_SEEN_MS);
  const victim = middleFirst([...crossed]).find(mayFail);
  const link = victim === undefined ? undefined : fleet.between(victim.from, victim.to);
  if (victim === undefined || link === undefined) return NOTHING_CUT;
  const idle = idleLink(fleet, [...crossed]);
  const cutAtMs = clock.now();
  let turnedAtMs: number | null = null;
  fleet.watch.onLeave = (packet, direction) => {
    if (!isOf(packet, pair) || direction.from !== victim.from || direction === victim) return;
    turnedAtMs ??= clock.now();
  };
  fleet.cut(link);
  if (idle !== null) fleet.cut(idle);
  fleet.run(failureTimeoutMs + FLOW_AFTER_MS);
  fleet.run(FLOW_AFTER_MS);
  fleet.watch.onLeave = null;
  fleet.onLinkDoubted = null;
  const flow = prober.results.slice(first);
  const noticedAtMs = Math.min(turnedAtMs ?? Infinity, doubtedAtMs.get(link) ?? Infinity);
  const idleAtMs = idle === null ? undefined : doubtedAtMs.get(idle);
  return {
    detectMs: noticedAtMs === Infinity ? null : noticedAtMs - cutAtMs,
    packetsLost: flow.filter(({ arrivedAtMs }) => arrivedAtMs === null).length,
    idleDetectMs: idleAtMs === undefined ? null : idleAtMs - cutAtMs,
  };
}

/** A link that the flow does not touch; `null` if there is none. */
function idleLink(fleet: Fleet, crossed: readonly Direction[]): FleetLink | null {
  const touched = new Set(crossed.flatMap(({ from, to }) => [from, to]));
  const free = fleet.links.filter(
    (link) => fleet.isTrue(link) && !touched.has(link.a) && !touched.has(link.b),
  );
  return free[Math.floor(fleet.world.rng('idle').unit() * free.length)] ?? null;
}
