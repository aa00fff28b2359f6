// What the failure detector costs: a heartbeat of one of many peers, heard in turn, beside a bare loop that touches the same
// memory and computes nothing; and the bytes that each watched peer takes.

import { assert } from '../core/assert.ts';
import { RESILIENCE_DEFAULTS } from '../resilience/config.ts';
import { PhiDetectors, type PhiDetector } from '../resilience/detector/phi-accrual.ts';
import { presets } from '../resilience/presets.ts';
import { benchDocument, row, type BenchDocument, type Row } from './benchmark.ts';
import { bootstrapMedian, exactly } from './bootstrap.ts';
import { heldBytes } from './held-bytes.ts';
import { measure, processorNanosecondsPer } from './measure.ts';
import { benchRng } from './seed.ts';
import { summarize } from './statistics.ts';
import type { Threshold } from './verdict.ts';

/** Five million heartbeats in a second of one core. */
const WANTED: Threshold = { kind: 'at-most', value: 200 };
const WANTED_BYTES: Threshold = { kind: 'at-most', value: 256 };
/** As many neighbours as a node may have, about; and more than any cache holds. */
const PEERS = [1_024, 131_072] as const;
const BYTES_PEERS = 16_384;
/** Enough for the steps in which kernels count processor time. */
const BEATS_PER_ROUND = 8_388_608;
const BEATS_PER_ROUND_QUICK = 1_048_576;
const ROUNDS = 15;
const ROUNDS_QUICK = 5;
const TIMINGS = { ...presets.lan, phiThreshold: RESILIENCE_DEFAULTS.phiThreshold };
/** Between frames of one peer where traffic flows. */
const TRAFFIC_MS = 20;
const LATE_MS_MAX = 16;
/** Entries of the bare loop's window, as the detector has them. */
const WINDOW = 64;

export interface DetectorBenchOptions {
  readonly quick: boolean;
  readonly seed: number;
}

/** Single-threaded; where quick, about ten seconds. */
export async function benchDetector({ quick, seed }: DetectorBenchOptions): Promise<BenchDocument> {
  const rows: Row[] = [];
  for (const peers of PEERS) rows.push(...(await rowsFor(peers, quick, seed)));
  const held = await heldBytes(
    () => watchMany(BYTES_PEERS),
    ({ length }) => length,
  );
  const value = held.bytes / held.told;
  rows.push(
    row({
      name: 'bytes',
      title: 'memory of a watched peer',
      unit: 'B/peer',
      value,
      interval: exactly(value),
      threshold: WANTED_BYTES,
    }),
  );
  return benchDocument('detector', seed, rows, []);
}

async function rowsFor(peers: number, quick: boolean, seed: number): Promise<readonly Row[]> {
  const beats = quick ? BEATS_PER_ROUND_QUICK : BEATS_PER_ROUND;
  const costs = await measure(
    [
      { name: 'bare', round: bareRounds(peers, beats) },
      { name: 'beat', round: hearing(peers, beats, TIMINGS.heartbeatMs) },
      { name: 'traffic', round: hearing(peers, beats, TRAFFIC_MS) },
    ],
    { rounds: quick ? ROUNDS_QUICK : ROUNDS, warmUpRounds: 2 },
    benchRng(seed, 'order'),
  );
  const bare = summarize(costs.bare).median;
  const figure = (name: 'beat' | 'traffic', title: string): Row => {
    const summary = summarize(costs[name]);
    return row({
      name: `${name}-${peers}`,
      title: `${title}, peers: ${peers}`,
      unit: 'ns/heartbeat',
      value: summary.median,
      interval: bootstrapMedian(costs[name], benchRng(seed, 'bootstrap')),
      summary,
      bound: { name: 'the same memory', value: bare },
      threshold: WANTED,
    });
  };
  return [figure('beat', 'a beat of an idle link'), figure('traffic', 'a frame of a busy one')];
}

function watchMany(peers: number): PhiDetector[] {
  const pool = new PhiDetectors(TIMINGS);
  const all = Array.from<PhiDetector>({ length: peers });
  for (let i = 0; i < peers; i += 1) all[i] = pool.watch(0);
  return all;
}

/** Each peer is heard once in `everyMs` of made-up time, a little later each time. */
function hearing(peers: number, beats: number, everyMs: number): () => number {
  const all = watchMany(peers);
  let nowMs = 0;
  let lateMs = 0;
  return () => {
    const cost = processorNanosecondsPer(beats, () => {
      for (let done = 0; done < beats; done += peers) {
        lateMs = (lateMs + 7) % LATE_MS_MAX;
        nowMs += everyMs + lateMs;
        for (const one of all) one.heard(nowMs);
      }
    });
    const known = all[0]?.estimate.beats ?? 0;
    assert(known > 0 === everyMs >= TIMINGS.heartbeatMs, 'beats are kept, and traffic is not');
    return cost;
  };
}

function bareRounds(peers: number, beats: number): () => number {
  const heardAtMs = new Float64Array(peers);
  const squares = new Float64Array(peers);
  const sums = new Uint32Array(peers);
  const ticks = new Uint16Array(peers * WINDOW);
  let next = 0;
  let nowMs = 0;
  return () =>
    processorNanosecondsPer(beats, () => {
      for (let done = 0; done < beats; done += peers) {
        nowMs += 1_000;
        next = (next + 1) % WINDOW;
        for (let at = 0; at < peers; at += 1) {
          const before = heardAtMs[at] ?? 0;
          const old = ticks[at * WINDOW + next] ?? 0;
          heardAtMs[at] = nowMs;
          ticks[at * WINDOW + next] = before;
          sums[at] = (sums[at] ?? 0) + old;
          squares[at] = (squares[at] ?? 0) + old;
        }
      }
    });
}
