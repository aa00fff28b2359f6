// How fast packet headers are encoded and decoded on one core, beside a plain copy of as many bytes as the bound.

import { assert } from '../core/assert.ts';
import {
  decodePacketHeader,
  encodePacketHeader,
  PACKET_HEADER_BYTES_MIN,
  PacketType,
  type PacketHeader,
} from '../wire/packet.ts';
import { encodePorts } from '../wire/ports.ts';
import { bootstrapMedian, bootstrapRatio, type Interval } from './bootstrap.ts';
import { measure, nanosecondsPer } from './measure.ts';
import { benchRng } from './seed.ts';
import { summarize, type Summary } from './statistics.ts';

/** Operations per second over all rounds. */
export interface Rate extends Summary {
  /** Of the median. */
  readonly interval: Interval;
}

export interface PacketHeaderResult {
  readonly name: 'packet-header';
  /** One operation: encode one header, and decode one. */
  readonly operationsPerSecond: Rate;
  /** The same bytes read and written once each, without any fields. */
  readonly bound: { readonly name: 'memory-copy'; readonly operationsPerSecond: Rate };
  /** Median over the bound's median. */
  readonly ratio: number;
  readonly ratioInterval: Interval;
  readonly headerBytes: number;
  readonly rounds: number;
  readonly operationsPerRound: number;
}

export interface PacketHeaderOptions {
  readonly quick: boolean;
  readonly seed: number;
}

const ROUNDS = 15;
const ROUNDS_QUICK = 9;
const WARM_UP_ROUNDS = 2;
const OPERATIONS_PER_ROUND = 100_000;
/** Distinct packets, so that no value can be kept from the last call; together they fit the second-level cache. */
const PACKETS = 256;
/** Bodies are not touched; the header says there is none. */
const HOPS: readonly number[] = [3, 17, 130, 4, 99, 6];

/** Measures for about a second and a half, single-threaded. */
export async function benchPacketHeader({
  quick,
  seed,
}: PacketHeaderOptions): Promise<PacketHeaderResult> {
  const headers = Array.from({ length: PACKETS }, (_, index) => sampleHeader(index));
  const out = headers.map(
    (header) => new Uint8Array(PACKET_HEADER_BYTES_MIN + header.route.length),
  );
  const copies = out.map((packet) => new Uint8Array(packet.length));

  const encodeAndDecode = (index: number): number => {
    const header = headers[index];
    const packet = out[index];
    if (header === undefined || packet === undefined) return 0;
    encodePacketHeader(header, packet, 0);
    const decoded = decodePacketHeader(packet);
    if (!decoded.ok) throw decoded.error;
    const { packetId, source, destination, route, cursor } = decoded.value;
    return (
      Number(packetId & 0xffn) + (source[0] ?? 0) + (destination[31] ?? 0) + route.length + cursor
    );
  };
  const copyTwice = (index: number): number => {
    const [packet, copy] = [out[index], copies[index]];
    if (packet === undefined || copy === undefined) return 0;
    copy.set(packet);
    packet.set(copy);
    return copy[0] ?? 0;
  };

  const rounds = quick ? ROUNDS_QUICK : ROUNDS;
  const { ours, copy } = await measure(
    [
      { name: 'ours', round: () => measureRound(encodeAndDecode) },
      { name: 'copy', round: () => measureRound(copyTwice) },
    ],
    { rounds, warmUpRounds: WARM_UP_ROUNDS },
    benchRng(seed, 'order'),
  );
  const rng = benchRng(seed, 'bootstrap');
  const operationsPerSecond = { ...summarize(ours), interval: bootstrapMedian(ours, rng) };
  const bound = { ...summarize(copy), interval: bootstrapMedian(copy, rng) };
  return {
    name: 'packet-header',
    operationsPerSecond,
    bound: { name: 'memory-copy', operationsPerSecond: bound },
    ratio: operationsPerSecond.median / bound.median,
    ratioInterval: bootstrapRatio(ours, copy, rng),
    headerBytes: out[0]?.length ?? 0,
    rounds,
    operationsPerRound: OPERATIONS_PER_ROUND,
  };
}

function sampleHeader(index: number): PacketHeader {
  return {
    type: PacketType.data,
    flags: index & 7,
    ttl: 16,
    bodyBytes: 0,
    flowId: index * 7919,
    packetId: BigInt(index) << 32n,
    source: new Uint8Array(32).fill(index),
    destination: new Uint8Array(32).fill(255 - index),
    route: encodePorts(HOPS),
    cursor: 0,
  };
}

/** Operations per second of one round. */
function measureRound(operation: (index: number) => number): number {
  let checksum = 0;
  const nanoseconds = nanosecondsPer(OPERATIONS_PER_ROUND, () => {
    for (let i = 0; i < OPERATIONS_PER_ROUND; i += 1) checksum += operation(i % PACKETS);
  });
  // Using the sum keeps the compiler from dropping the work.
  assert(checksum >= 0, 'a checksum of bytes cannot be negative');
  return 1e9 / nanoseconds;
}
