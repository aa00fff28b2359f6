// Messages from node to node that measure delivery: real ones, sealed end to end, counted where they arrive.

import { readU32, writeU32 } from '../../wire/big-endian.ts';
import type { SeededRng } from '../seeded-rng.ts';
import { PROBE_PROTOCOL, type Fleet, type Probe } from './fleet.ts';
import type { Oracle } from './oracle.ts';

/** Four bytes number it; 28 more make it as long as a small game message. */
const PROBE_BYTES = 32;
/** Random draws for each pair that is wanted, before the sampler gives up on finding new ones. */
const DRAWS_PER_PAIR = 200;

export interface Pair {
  readonly from: number;
  readonly to: number;
}

export interface ProbeResult {
  readonly pair: Pair;
  readonly sentAtMs: number;
  /** What `Mesh.send` refused it with, `null` if it did not. */
  readonly refused: string | null;
  arrivedAtMs: number | null;
  /** Cost of the way that its packet took; `null` until one arrived. */
  cost: number | null;
}

/**
 * Ordered pairs of nodes with a path between them: all if there are at most `pairsMax`, else so many different ones,
 * drawn evenly.
 */
export function samplePairs(
  fleet: Fleet,
  oracle: Oracle,
  rng: SeededRng,
  pairsMax: number,
): readonly Pair[] {
  const { length } = fleet.nodes;
  const pairs: Pair[] = [];
  if (oracle.reachablePairs <= pairsMax) {
    for (let from = 0; from < length; from += 1) {
      for (let to = 0; to < length; to += 1) {
        if (from !== to && oracle.reaches(from, to)) pairs.push({ from, to });
      }
    }
    return pairs;
  }
  const drawn = new Set<number>();
  for (let i = 0; i < DRAWS_PER_PAIR * pairsMax && pairs.length < pairsMax; i += 1) {
    const from = Math.floor(rng.unit() * length);
    const to = Math.floor(rng.unit() * length);
    const key = from * length + to;
    if (from === to || drawn.has(key) || !oracle.reaches(from, to)) continue;
    drawn.add(key);
    pairs.push({ from, to });
  }
  return pairs;
}

/** Sends probes and keeps what became of each. */
export class Prober {
  readonly results: ProbeResult[] = [];
  readonly #fleet: Fleet;

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
    fleet.onProbe = (probe) => this.#arrived(probe);
  }

  /** Sends one now. */
  send(pair: Pair): ProbeResult {
    const payload = new Uint8Array(PROBE_BYTES);
    writeU32(payload, 0, this.results.length);
    const from = this.#fleet.nodes[pair.from];
    const to = this.#fleet.nodes[pair.to];
    const sentAtMs = this.#fleet.world.clock.now();
    let refused: string | null = 'MESH_STOPPED';
    if (from?.alive === true && to !== undefined) {
      const sent = from.mesh.send(to.key, PROBE_PROTOCOL, payload);
      refused = sent.ok ? null : sent.error.code;
    }
    const result: ProbeResult = { pair, sentAtMs, refused, arrivedAtMs: null, cost: null };
    this.results.push(result);
    return result;
  }

  /** Sends one for each pair, evenly over `spreadMs`, and lets `waitMs` pass after the last one. */
  sendAll(pairs: readonly Pair[], spreadMs: number, waitMs: number): readonly ProbeResult[] {
    const first = this.results.length;
    const { clock } = this.#fleet.world;
    for (const [i, pair] of pairs.entries()) {
      clock.after((i * spreadMs) / pairs.length, () => this.send(pair));
    }
    this.#fleet.run(spreadMs + waitMs);
    return this.results.slice(first);
  }

  #arrived({ from, to, payload }: Probe): void {
    const result = this.results[readU32(payload, 0)];
    if (result === undefined || result.pair.from !== from || result.pair.to !== to) return;
    result.arrivedAtMs ??= this.#fleet.world.clock.now();
    result.cost ??= this.#fleet.watch.lastArrived?.cost ?? null;
  }
}
