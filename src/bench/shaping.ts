// What shaping costs a packet: into the queue of a bridge and out of it, for one source and for as many as a gateway
// knows, without limits and with them, beside the plain queue of a mesh link. Time stands still but for what the benchmark
// makes of it, so that nothing waits for tokens.

import { assert } from '../core/assert.ts';
import type { Clock } from '../env/clock.ts';
import type { ShapingLimits } from '../gateway/shaping/limits.ts';
import { createShaper } from '../gateway/shaping/shaper.ts';
import { FifoPacketQueue, type PacketQueue } from '../mesh/packet-queue.ts';
import { FrameType } from '../wire/frame.ts';
import { encodePacket, PacketType } from '../wire/packet.ts';
import { benchDocument, row, type BenchDocument, type Row } from './benchmark.ts';
import { bootstrapMedian } from './bootstrap.ts';
import { measure, processorNanosecondsPer } from './measure.ts';
import { benchRng } from './seed.ts';
import { summarize } from './statistics.ts';
import type { Threshold } from './verdict.ts';

/** A gateway that relays 0.6 million packets in a second of a processor has 1.7 µs for each; a fifth may go here. */
const WANTED: Threshold = { kind: 'at-most', value: 300 };
const FRAME_BYTES = 256;
const PACKETS_PER_ROUND = 1_000_000;
const PACKETS_PER_ROUND_QUICK = 200_000;
const ROUNDS = 15;
const ROUNDS_QUICK = 5;
/** Packets that wait at once: what a burst leaves. */
const DEPTH = 64;
/** Of virtual time, after each burst: the limits have tokens again. */
const PAUSE_MS = 1;
const SOURCES = [1, 100, 10_000] as const;
/** In force, and never reached: 64 packets take 16 KiB of a millisecond's 25 MB. */
const LIMITED: Partial<ShapingLimits> = { internetMbpsMax: 200_000, peerMbpsMax: 200_000 };

export interface ShapingBenchOptions {
  readonly quick: boolean;
  readonly seed: number;
}

/** Single-threaded; where quick, about ten seconds. */
export async function benchShaping({ quick, seed }: ShapingBenchOptions): Promise<BenchDocument> {
  const rows: Row[] = [];
  for (const sources of SOURCES) rows.push(...(await rowsFor(sources, quick, seed)));
  return benchDocument('shaping', seed, rows, []);
}

async function rowsFor(sources: number, quick: boolean, seed: number): Promise<readonly Row[]> {
  const rng = benchRng(seed, `shaping ${sources}`);
  const frames = framesOf(sources, (out) => rng.fill(out));
  const clock: Clock = { now: () => 0, wallMs: () => 0, after: () => ({ cancel: () => {} }) };
  const queue = (limits: Partial<ShapingLimits>): PacketQueue =>
    createShaper({ clock, rng }, limits).queue('internet', { remoteKey: new Uint8Array(32) });
  const packets = quick ? PACKETS_PER_ROUND_QUICK : PACKETS_PER_ROUND;
  const costs = await measure(
    [
      { name: 'plain', round: rounds(new FifoPacketQueue(), frames, packets) },
      { name: 'shaped', round: rounds(queue({}), frames, packets) },
      { name: 'limited', round: rounds(queue(LIMITED), frames, packets) },
      { name: 'passed', round: passing(queue({}), frames, packets) },
    ],
    { rounds: quick ? ROUNDS_QUICK : ROUNDS, warmUpRounds: 2 },
    benchRng(seed, 'order'),
  );
  const plain = summarize(costs.plain).median;
  const figure = (name: 'shaped' | 'limited' | 'passed', title: string): Row => {
    const summary = summarize(costs[name]);
    return row({
      name: `${name}-${sources}`,
      title: `${title}, sources: ${sources}`,
      unit: 'ns/packet',
      value: summary.median,
      interval: bootstrapMedian(costs[name], benchRng(seed, 'bootstrap')),
      summary,
      bound: { name: 'plain queue', value: plain },
      threshold: WANTED,
    });
  };
  return [
    figure('shaped', 'in and out'),
    figure('limited', 'with limits'),
    figure('passed', 'past an empty one'),
  ];
}

/** In turn of the sources, so that with many of them none is in a cache. */
function framesOf(sources: number, fill: (out: Uint8Array) => void): readonly Uint8Array[] {
  return Array.from({ length: Math.max(sources, DEPTH) }, (_, i) => {
    const source = new Uint8Array(32);
    fill(source);
    const packet = encodePacket(
      {
        type: PacketType.data,
        flags: 0,
        ttl: 16,
        flowId: i,
        packetId: BigInt(i),
        source,
        destination: new Uint8Array(32),
        route: new Uint8Array(0),
        cursor: 0,
      },
      new Uint8Array(FRAME_BYTES - 87),
    );
    const frame = new Uint8Array(1 + packet.length);
    frame[0] = FrameType.packet;
    frame.set(packet, 1);
    return frame;
  }).map((frame, i, all) => {
    // As many PeerIds as sources.
    const one = all[i % sources];
    if (one !== undefined) frame.set(one.subarray(21, 53), 21);
    return frame;
  });
}

function rounds(queue: PacketQueue, frames: readonly Uint8Array[], packets: number): () => number {
  let nowMs = 0;
  let at = 0;
  return () =>
    processorNanosecondsPer(packets, () => {
      for (let done = 0; done < packets; done += DEPTH) {
        nowMs += PAUSE_MS;
        for (let i = 0; i < DEPTH; i += 1) {
          const frame = frames[at];
          if (frame !== undefined) queue.push(frame, nowMs);
          at = at + 1 === frames.length ? 0 : at + 1;
        }
        for (let i = 0; i < DEPTH; i += 1) {
          queue.first(nowMs);
          queue.shift(nowMs);
        }
      }
      assert(queue.bytes === 0, 'all that went in came out');
    });
}

/** What a link that is free costs: nothing waits, and each packet goes at once. */
function passing(queue: PacketQueue, frames: readonly Uint8Array[], packets: number): () => number {
  let nowMs = 0;
  let at = 0;
  return () =>
    processorNanosecondsPer(packets, () => {
      let passed = 0;
      for (let done = 0; done < packets; done += 1) {
        nowMs += PAUSE_MS / DEPTH;
        const frame = frames[at];
        if (frame !== undefined && queue.pass?.(frame, nowMs) === true) passed += 1;
        at = at + 1 === frames.length ? 0 : at + 1;
      }
      assert(passed === packets, 'all of them went');
    });
}
