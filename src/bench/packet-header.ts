// How fast packet headers are encoded and decoded on one core, beside a plain copy of as many bytes as the bound.

import {
  decodePacketHeader,
  encodePacketHeader,
  PACKET_HEADER_BYTES_MIN,
  PacketType,
  type PacketHeader,
} from '../wire/packet.ts';
import { encodePorts } from '../wire/ports.ts';

/** Operations per second over all rounds. */
export interface Rate {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export interface PacketHeaderResult {
  readonly name: 'packet-header';
  /** One operation: encode one header, and decode one. */
  readonly operationsPerSecond: Rate;
  /** The same bytes read and written once each, without any fields. */
  readonly bound: { readonly name: 'memory-copy'; readonly operationsPerSecond: Rate };
  /** Median over the bound's median. */
  readonly ratio: number;
  readonly headerBytes: number;
  readonly rounds: number;
  readonly operationsPerRound: number;
}

const ROUNDS = 15;
const OPERATIONS_PER_ROUND = 100_000;
/** Distinct packets, so that no value can be kept from the last call; together they fit the second-level cache. */
const PACKETS = 256;
/** Bodies are not touched; the header says there is none. */
const HOPS: readonly number[] = [3, 17, 130, 4, 99, 6];

/** Measures for about a second and a half, single-threaded. */
export function benchPacketHeader(): PacketHeaderResult {
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

  // One warm-up round each, then the two in turns, so that a change of clock rate meets both.
  measureRound(encodeAndDecode);
  measureRound(copyTwice);
  const rates: number[] = [];
  const bounds: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    rates.push(measureRound(encodeAndDecode));
    bounds.push(measureRound(copyTwice));
  }
  const operationsPerSecond = summarize(rates);
  const bound = summarize(bounds);
  return {
    name: 'packet-header',
    operationsPerSecond,
    bound: { name: 'memory-copy', operationsPerSecond: bound },
    ratio: operationsPerSecond.median / bound.median,
    headerBytes: out[0]?.length ?? 0,
    rounds: ROUNDS,
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
  const begun = performance.now();
  for (let i = 0; i < OPERATIONS_PER_ROUND; i += 1) checksum += operation(i % PACKETS);
  const seconds = (performance.now() - begun) / 1000;
  // Using the sum keeps the compiler from dropping the work.
  if (checksum < 0) throw new Error('a checksum of bytes cannot be negative');
  return OPERATIONS_PER_ROUND / seconds;
}

function summarize(rates: readonly number[]): Rate {
  const sorted = rates.toSorted((a, b) => a - b);
  return {
    median: sorted[sorted.length >> 1] ?? 0,
    min: sorted[0] ?? 0,
    max: sorted.at(-1) ?? 0,
  };
}
