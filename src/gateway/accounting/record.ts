// What a gateway keeps of the traffic that it carried, as it stands in the store: for each payer, destination, direction,
// class, other gateway and epoch one record. A closed epoch's records no longer change and order bytewise by their keys,
// so that receipts can commit to them.

import { concat, utf8 } from '../../core/bytes.ts';
import { PEER_ID_BYTES } from '../../core/peer-id.ts';
import type { StoreEntry } from '../../env/store.ts';
import type { TrafficClass } from '../../wire/traffic-class.ts';

/** `out`: over a bridge to the other gateway, `in`: from it. A packet in transit is in both. */
export type Direction = 'out' | 'in';

/** Payer and destination of a record that sums up flows beyond the bounds. */
export const OTHERS: Uint8Array = new Uint8Array(PEER_ID_BYTES);

export interface FlowKey {
  readonly epoch: number;
  readonly direction: Direction;
  readonly trafficClass: TrafficClass;
  /** PeerIds; the payer is the packets' source. */
  readonly gateway: Uint8Array;
  readonly payer: Uint8Array;
  readonly destination: Uint8Array;
}

export interface FlowRecord extends FlowKey {
  readonly packets: number;
  readonly bytes: number;
  /** By the other gateway where the direction is `out`, by this one where it is `in`. */
  readonly ackedPackets: number;
  readonly ackedBytes: number;
  /** Wall clock, to the second or so. */
  readonly firstMs: number;
  readonly lastMs: number;
  /** Acknowledged bytes times the price per MiB at that time, summed: units × 2^20. 0 where the direction is `in`. */
  readonly due: bigint;
}

export const FLOW_PREFIX: Uint8Array = utf8('relay/flow/');
const KEY_BYTES: number = FLOW_PREFIX.length + 6 + 3 * PEER_ID_BYTES;
const VALUE_BYTES = 64;
const U64_MASK: bigint = 2n ** 64n - 1n;

/** All keys of an epoch begin with it. */
export function epochPrefix(epoch: number): Uint8Array {
  const prefix = concat(FLOW_PREFIX, new Uint8Array(4));
  new DataView(prefix.buffer).setUint32(FLOW_PREFIX.length, epoch);
  return prefix;
}

export function flowKeyBytes(key: FlowKey): Uint8Array {
  const kind = Uint8Array.of(key.direction === 'out' ? 0 : 1, key.trafficClass);
  return concat(epochPrefix(key.epoch), kind, key.gateway, key.payer, key.destination);
}

export function flowValueBytes(record: Omit<FlowRecord, keyof FlowKey>): Uint8Array {
  const value = new Uint8Array(VALUE_BYTES);
  const view = new DataView(value.buffer);
  const numbers = [
    record.packets,
    record.bytes,
    record.ackedPackets,
    record.ackedBytes,
    Math.floor(record.firstMs),
    Math.floor(record.lastMs),
  ];
  numbers.forEach((number, i) => view.setBigUint64(8 * i, BigInt(number)));
  view.setBigUint64(48, record.due >> 64n);
  view.setBigUint64(56, record.due & U64_MASK);
  return value;
}

/** The record of an entry; `null` if it is none. */
export function flowRecordOf({ key, value }: StoreEntry): FlowRecord | null {
  if (key.length !== KEY_BYTES) return null;
  const counts = flowCountsOf(value);
  if (counts === null) return null;
  const at = FLOW_PREFIX.length;
  const peer = (i: number): Uint8Array =>
    key.slice(at + 6 + i * PEER_ID_BYTES, at + 6 + (i + 1) * PEER_ID_BYTES);
  return {
    epoch: new DataView(key.buffer, key.byteOffset).getUint32(at),
    direction: key[at + 4] === 0 ? 'out' : 'in',
    trafficClass: ((key[at + 5] ?? 0) & 3) as TrafficClass,
    gateway: peer(0),
    payer: peer(1),
    destination: peer(2),
    ...counts,
  };
}

/** `null` if the value is none of a record. */
export function flowCountsOf(value: Uint8Array): Omit<FlowRecord, keyof FlowKey> | null {
  if (value.length !== VALUE_BYTES) return null;
  const view = new DataView(value.buffer, value.byteOffset);
  const number = (i: number): number => Number(view.getBigUint64(8 * i));
  return {
    packets: number(0),
    bytes: number(1),
    ackedPackets: number(2),
    ackedBytes: number(3),
    firstMs: number(4),
    lastMs: number(5),
    due: (view.getBigUint64(48) << 64n) | view.getBigUint64(56),
  };
}
