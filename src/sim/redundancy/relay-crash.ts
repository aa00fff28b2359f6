// A relay under application traffic loses its power, in a mesh with three disjoint ways between two ends that talk through
// reliable messages: how long the application waits, and what of its messages is lost or comes twice. The meshes are
// production code; ways, delays, the relay and the moment are drawn from the seed.

import { assert } from '../../core/assert.ts';
import type { Compressor } from '../../env/compressor.ts';
import type { Primitives } from '../../env/primitives.ts';
import { createDelivery, type Delivery } from '../../mesh/delivery/delivery.ts';
import { presets } from '../../resilience/presets.ts';
import { readU32, writeU32 } from '../../wire/big-endian.ts';
import { PacketType } from '../../wire/packet.ts';
import { bytesBetween } from '../mesh-run/byte-meter.ts';
import type { Direction } from '../mesh-run/fleet-link.ts';
import { Fleet, type FleetNode } from '../mesh-run/fleet.ts';
import { LAN_PROFILE } from '../path.ts';
import type { SeededRng } from '../seeded-rng.ts';
import type { LinkDirection } from '../topology/topology.ts';
import { createWorld } from '../world.ts';

const PROTOCOL = 2;
const WAYS = 3;
/** Relays on each way. */
const RELAYS_MAX = 4;
/** One way, of each link. */
const LATENCY_MS_MIN = 1;
const LATENCY_MS_SPREAD = 24;
/** Links between relays of different ways, as a share of relays: meshes are no bundles of lines. */
const CHORDS = 0.3;
/** Both ends send this often: 10 to 100 messages in a second. */
const INTERVAL_MS_MIN = 10;
const INTERVAL_MS_SPREAD = 90;
const SETTLE_MS = 6_000;
const TRAFFIC_BEFORE_MS = 4_000;
const TRAFFIC_AFTER_MS = 4_000;
/** What is under way arrives, and is repeated if need be. */
const LAST_MS = 15_000;
const PAYLOAD_BYTES = 64;
const QUIET_MS = 60_000;
const QUIET_INTERVAL_MS = 1_000;
const UNKNOWN: LinkDirection = { quality: null, cost: null, bytesPerSecond: null };

export interface RelayCrash {
  readonly seed: number;
  /** On the way in use: its relays, and which of them crashed, from 1. */
  readonly relays: number;
  readonly position: number;
  /** From the crash until the source left the way, or somebody doubted a link to the relay. */
  readonly detectMs: number;
  /** Which was first. */
  readonly noticedBy: 'acknowledgements' | 'detector';
  /** From the crash until the next message reached the application at the destination. */
  readonly stallMs: number;
  /** The part of it after the way was left. */
  readonly stallAfterDetectionMs: number;
  /** Of the way that the messages took then, there and back. */
  readonly roundTripMs: number;
  /** Messages of both ends. */
  readonly messages: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly outOfOrder: number;
  /** That the two ends sent by other ways than the policy's. */
  readonly switchedPackets: number;
}

export interface RelayCrashDeps {
  readonly primitives: Primitives;
  readonly compressor: Compressor;
  /** Ways that are kept to each destination; default 3. With 1 its source waits for the detector. */
  readonly redundancy?: number;
}

interface Lines {
  readonly fleet: Fleet;
  readonly latencyOf: (a: number, b: number) => number;
}

/** One end of the talk. */
interface End {
  readonly delivery: Delivery;
  sent: number;
  readonly got: { readonly value: number; readonly atMs: number }[];
}

export function crashRelay(seed: number, deps: RelayCrashDeps): RelayCrash {
  const { fleet, latencyOf } = threeWays(seed, deps);
  const [source, target] = fleet.nodes;
  assert(source !== undefined && target !== undefined, 'a fleet of two ends and relays');
  const rng = fleet.world.rng('crash');
  const { clock } = fleet.world;
  fleet.run(SETTLE_MS);
  assert(source.mesh.disjointRoutes(target.key).length === WAYS, 'three disjoint ways');
  const [here, there] = [openEnd(fleet, source), openEnd(fleet, target)];
  const intervalMs = INTERVAL_MS_MIN + rng.unit() * INTERVAL_MS_SPREAD;
  const untilMs = clock.now() + TRAFFIC_BEFORE_MS + TRAFFIC_AFTER_MS;
  talk(fleet, here, target, intervalMs, untilMs);
  talk(fleet, there, source, intervalMs, untilMs);
  fleet.run(TRAFFIC_BEFORE_MS * (0.5 + rng.unit() / 2));

  const way = hopsTo(fleet, source, target).slice(0, -1);
  const position = Math.floor(rng.unit() * way.length);
  const victim = fleet.nodes[way[position] ?? -1];
  assert(victim !== undefined, 'the way has a relay');
  const crashedAtMs = clock.now();
  const noticed = firstNotice(fleet, source, victim);
  fleet.kill(victim);
  const taken = followFirst(fleet, () => noticed().by !== null);
  fleet.run(Math.max(0, untilMs - clock.now()) + LAST_MS);

  const { atMs: leftAtMs, by: noticedBy } = noticed();
  assert(noticedBy !== null, 'the crash was noticed');
  const next = there.got.find(({ atMs }) => atMs >= leftAtMs);
  assert(next !== undefined, 'messages arrive again');
  const oneWayMs = taken.reduce((sum, { from, to }) => sum + latencyOf(from, to), 0);
  return {
    seed,
    relays: way.length,
    position: position + 1,
    detectMs: leftAtMs - crashedAtMs,
    noticedBy,
    stallMs: stallAfter(there, crashedAtMs),
    stallAfterDetectionMs: next.atMs - leftAtMs,
    roundTripMs: 2 * oneWayMs,
    messages: here.sent + there.sent,
    lost: missing(here, there) + missing(there, here),
    duplicated: twice(here) + twice(there),
    outOfOrder: disordered(here) + disordered(there),
    switchedPackets:
      source.mesh.redundancy().switchedByAcknowledgement +
      target.mesh.redundancy().switchedByAcknowledgement,
  };
}

/** The links that the first message of the source takes once `begins`. */
function followFirst(fleet: Fleet, begins: () => boolean): readonly Direction[] {
  const taken: Direction[] = [];
  let first: bigint | null = null;
  fleet.watch.onLeave = (packet, direction) => {
    const { source, destination, type, id } = packet;
    if (source !== 0 || destination !== 1 || type !== PacketType.data || !begins()) return;
    first ??= id;
    if (id === first) taken.push(direction);
  };
  return taken;
}

interface Notice {
  readonly atMs: number;
  readonly by: RelayCrash['noticedBy'] | null;
}

/** When the crash was first noticed, and by what. */
function firstNotice(fleet: Fleet, source: FleetNode, victim: FleetNode): () => Notice {
  const { clock } = fleet.world;
  let notice: Notice = { atMs: Infinity, by: null };
  const first = (by: RelayCrash['noticedBy']): void => {
    if (notice.by === null) notice = { atMs: clock.now(), by };
  };
  const brokenBefore = source.mesh.redundancy().left.broken;
  source.mesh.onWayLeft(() => {
    const isBroken = source.mesh.redundancy().left.broken > brokenBefore;
    first(isBroken ? 'detector' : 'acknowledgements');
  });
  fleet.onLinkDoubted = ({ a, b }) => {
    if (a === victim.index || b === victim.index) first('detector');
  };
  return () => notice;
}

/** Bytes per second on all links, headers included, while both ends say something once in a second. */
export function quietTalkBytes(seed: number, deps: RelayCrashDeps): number {
  const { fleet } = threeWays(seed, deps);
  const [source, target] = fleet.nodes;
  assert(source !== undefined && target !== undefined, 'a fleet of two ends and relays');
  fleet.run(SETTLE_MS);
  const untilMs = fleet.world.clock.now() + SETTLE_MS + QUIET_MS;
  talk(fleet, openEnd(fleet, source), target, QUIET_INTERVAL_MS, untilMs);
  talk(fleet, openEnd(fleet, target), source, QUIET_INTERVAL_MS, untilMs);
  fleet.run(SETTLE_MS);
  const before = fleet.meter.totals();
  fleet.run(QUIET_MS);
  const kinds = Object.values(bytesBetween(before, fleet.meter.totals()));
  const bytes = kinds.reduce((sum, { payload, headers }) => sum + payload + headers, 0);
  return (1_000 * bytes) / QUIET_MS;
}

/** Ends 0 and 1, and between them three ways of relays, with chords. */
function threeWays(seed: number, deps: RelayCrashDeps): Lines {
  const world = createWorld({ seed, primitives: deps.primitives });
  const rng = world.rng('ways');
  const ways: number[][] = [];
  let nodes = 2;
  for (let way = 0; way < WAYS; way += 1) {
    const count = 1 + Math.floor(rng.unit() * RELAYS_MAX);
    ways.push(Array.from({ length: count }, (_, i) => nodes + i));
    nodes += count;
  }
  const fleet = new Fleet({
    world,
    nodes,
    timings: presets.lan,
    compressor: deps.compressor,
    nodeConfig: () => ({ redundancy: deps.redundancy ?? WAYS }),
    trace: null,
  });
  const latencies = new Map<number, number>();
  const join = (x: number, y: number): void => {
    const [a, b] = [Math.min(x, y), Math.max(x, y)];
    if (fleet.between(a, b) !== undefined) return;
    const latencyMs = LATENCY_MS_MIN + rng.unit() * LATENCY_MS_SPREAD;
    latencies.set(a * nodes + b, latencyMs);
    const profile = { ...LAN_PROFILE, latencyMs };
    const truth = { weightToA: 1, weightToB: 1, toA: profile, toB: profile };
    fleet.add({ a, b, latencyMs, kind: 'other', toB: UNKNOWN, toA: UNKNOWN }, truth);
  };
  for (const relays of ways) {
    const line = [0, ...relays, 1];
    for (let i = 1; i < line.length; i += 1) join(line[i - 1] ?? 0, line[i] ?? 0);
  }
  addChords(ways, rng, join);
  return {
    fleet,
    latencyOf: (x, y) => latencies.get(Math.min(x, y) * nodes + Math.max(x, y)) ?? 0,
  };
}

function addChords(
  ways: readonly (readonly number[])[],
  rng: SeededRng,
  join: (x: number, y: number) => void,
): void {
  for (const [w, relays] of ways.entries()) {
    const other = ways[(w + 1) % ways.length] ?? [];
    for (const relay of relays) {
      const to = other[Math.floor(rng.unit() * other.length)];
      if (rng.unit() < CHORDS && to !== undefined) join(relay, to);
    }
  }
}

function openEnd(fleet: Fleet, node: FleetNode): End {
  const got: { readonly value: number; readonly atMs: number }[] = [];
  const delivery = createDelivery({
    mesh: node.mesh,
    clock: node.clock,
    bootEpoch: 1,
    protocol: PROTOCOL,
    receive: (_, payload) =>
      void got.push({ value: readU32(payload, 0), atMs: fleet.world.clock.now() }),
  });
  return { delivery, sent: 0, got };
}

function talk(fleet: Fleet, end: End, to: FleetNode, intervalMs: number, untilMs: number): void {
  const { clock } = fleet.world;
  const payload = new Uint8Array(PAYLOAD_BYTES);
  const say = (): void => {
    if (clock.now() >= untilMs) return;
    writeU32(payload, 0, end.sent);
    // Refused only while too much waits: then the next one is tried.
    if (end.delivery.send(to.key, payload).ok) end.sent += 1;
    clock.after(intervalMs, say);
  };
  say();
}

function hopsTo(fleet: Fleet, from: FleetNode, to: FleetNode): readonly number[] {
  const route = from.mesh.route(to.key);
  assert(route !== null, 'there is a way');
  return route.hops.map(({ peer }) => fleet.watch.indexOf(peer));
}

/** The longest time that the application got nothing, from the crash on and while there was traffic. */
function stallAfter({ got }: End, crashedAtMs: number): number {
  let longest = 0;
  let lastMs = crashedAtMs;
  for (const { atMs } of got) {
    if (atMs < crashedAtMs) continue;
    longest = Math.max(longest, atMs - lastMs);
    lastMs = atMs;
  }
  return longest;
}

function missing(from: End, to: End): number {
  return from.sent - new Set(to.got.map(({ value }) => value)).size;
}

function twice({ got }: End): number {
  return got.length - new Set(got.map(({ value }) => value)).size;
}

function disordered({ got }: End): number {
  return got.filter(({ value }, i) => i > 0 && value < (got[i - 1]?.value ?? 0)).length;
}
