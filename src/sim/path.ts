// One direction of the wire between two simulated nodes: its profile, its cuts, and what they do to one packet.

import { assert } from '../core/assert.ts';
import type { SeededRng } from './seeded-rng.ts';
import type { World } from './world.ts';

/** How one direction behaves. */
export interface LinkProfile {
  /** One-way delay in milliseconds. */
  readonly latencyMs: number;
  /** A further delay, uniform in [0, `jitterMs`). */
  readonly jitterMs: number;
  /** Probability (0 to below 1) that a packet is lost. A stream shows it as a retransmission delay. */
  readonly loss: number;
  /** Probability (0–1) that a datagram arrives twice. Streams never repeat. */
  readonly duplication: number;
  /** Probability (0–1) that a datagram is held back, so that later ones overtake it. Streams keep their order. */
  readonly reordering: number;
  /** Rate of the wire, shared by all links of this direction; `Infinity` for none. */
  readonly bytesPerSecond: number;
}

/** A quiet local network. */
export const LAN_PROFILE: LinkProfile = {
  latencyMs: 1,
  jitterMs: 0,
  loss: 0,
  duplication: 0,
  reordering: 0,
  bytesPerSecond: Infinity,
};

/** RFC 6298's lower bound of a retransmission timeout as Linux has it. */
const RETRANSMISSION_MS_MIN = 200;
/** Retransmissions of one packet, each after twice the time: 12.6 s in all; the last one always arrives. */
const RETRANSMISSIONS_MAX = 6;
/** A reordered datagram is held back by up to this many latencies, and at least a millisecond. */
const HELD_BACK_LATENCIES = 4;

export interface Path {
  readonly from: string;
  readonly to: string;
  profile: LinkProfile;
  /** Cut by the scenario. */
  cut: boolean;
  /** Virtual time at which the wire has sent everything that was handed to it. */
  busyUntilMs: number;
  readonly rng: SeededRng;
  /** What waits for the path to carry again; each is called once. */
  readonly waiting: Set<() => void>;
}

export function createPath(world: World, from: string, to: string, profile: LinkProfile): Path {
  checkProfile(profile);
  return {
    from,
    to,
    profile,
    cut: false,
    busyUntilMs: 0,
    rng: world.rng(`path ${from} → ${to}`),
    waiting: new Set(),
  };
}

/** Throws on a profile that no wire can have. */
export function checkProfile(profile: LinkProfile): void {
  const { latencyMs, jitterMs, loss, duplication, reordering, bytesPerSecond } = profile;
  assert(latencyMs >= 0 && jitterMs >= 0, 'delays are not negative');
  assert(loss >= 0 && loss < 1, 'loss is a probability below 1; for 1, cut the path');
  assert(duplication >= 0 && duplication <= 1, 'duplication is a probability');
  assert(reordering >= 0 && reordering <= 1, 'reordering is a probability');
  assert(bytesPerSecond > 0, 'a wire has a rate');
}

/** Virtual time at which `bytes` handed to the wire at `nowMs` have left; the wire is busy until then. */
export function departure(path: Path, nowMs: number, bytes: number): number {
  const startMs = Math.max(nowMs, path.busyUntilMs);
  path.busyUntilMs = startMs + (bytes * 1000) / path.profile.bytesPerSecond;
  return path.busyUntilMs;
}

/** One-way delay of a stream's packet, retransmissions included. */
export function streamDelayMs(path: Path): number {
  const { profile, rng } = path;
  let delayMs = profile.latencyMs + rng.unit() * profile.jitterMs;
  if (profile.loss === 0) return delayMs;
  let timeoutMs = Math.max(RETRANSMISSION_MS_MIN, 2 * profile.latencyMs + 4 * profile.jitterMs);
  for (let i = 0; i < RETRANSMISSIONS_MAX && rng.chance(profile.loss); i += 1) {
    delayMs += timeoutMs;
    timeoutMs *= 2;
  }
  return delayMs;
}

/** One-way delays of the copies of a datagram that arrive: none, one or two. */
export function datagramDelaysMs(path: Path): readonly number[] {
  const { profile, rng } = path;
  const delay = (): number => {
    const heldBackMs = rng.chance(profile.reordering)
      ? rng.unit() * Math.max(1, HELD_BACK_LATENCIES * profile.latencyMs)
      : 0;
    return profile.latencyMs + rng.unit() * profile.jitterMs + heldBackMs;
  };
  const copies = rng.chance(profile.duplication) ? 2 : 1;
  const delays: number[] = [];
  for (let i = 0; i < copies; i += 1) if (!rng.chance(profile.loss)) delays.push(delay());
  return delays;
}
