// How running counts stand in the store: 64-bit numbers in a fixed order, under keys of their own.

import { concat, utf8 } from '../../core/bytes.ts';
import type { StoreWrite } from '../../env/store.ts';
import { flowKeyBytes, flowValueBytes, type FlowKey } from './record.ts';
import type { Flow, GatewayTally, PeerTally, Totals } from './tally.ts';

export const PEER_PREFIX: Uint8Array = utf8('relay/peer/');
export const GATEWAY_PREFIX: Uint8Array = utf8('relay/gate/');
export const DROP_PREFIX: Uint8Array = utf8('relay/drop/');
export const TOTALS_KEY: Uint8Array = utf8('relay/totals');

/** Where the keys end that begin with `prefix`. */
export function endOf(prefix: Uint8Array): Uint8Array {
  const end = prefix.slice();
  end[end.length - 1] = (end.at(-1) ?? 0) + 1;
  return end;
}

export function keyOfFlow(flow: Flow, epoch: number): FlowKey {
  const { direction, trafficClass, source, destination } = flow;
  const gateway = flow.gateway.gateway;
  return { epoch, direction, trafficClass, gateway, payer: source, destination };
}

export function flowWrite(flow: Flow, epoch: number): StoreWrite {
  return { kind: 'put', key: flowKeyBytes(keyOfFlow(flow, epoch)), value: flowValueBytes(flow) };
}

const PEER_FIELDS = [
  'packetsOut',
  'bytesOut',
  'packetsIn',
  'bytesIn',
  'carriedPackets',
  'carriedBytes',
  'ackedPackets',
  'ackedBytes',
  'droppedPackets',
  'droppedBytes',
] as const satisfies readonly (keyof PeerTally)[];

export function peerWrite(tally: PeerTally): StoreWrite {
  const { windowBytes, unpaidBytes } = tally.credit;
  const counts = PEER_FIELDS.map((field) => tally[field]);
  return {
    kind: 'put',
    key: concat(PEER_PREFIX, tally.peer),
    value: numbersBytes([...counts, windowBytes, unpaidBytes]),
  };
}

/** `windowBytesMax`: the window is no larger, whatever it was. */
export function restorePeer(tally: PeerTally, value: Uint8Array, windowBytesMax: number): void {
  const numbers = numbersOf(value);
  PEER_FIELDS.forEach((field, i) => {
    tally[field] = numbers[i] ?? 0;
  });
  const { credit } = tally;
  const window = numbers[PEER_FIELDS.length] ?? 0;
  credit.windowBytes = Math.min(windowBytesMax, Math.max(credit.windowBytes, window));
  credit.unpaidBytes = numbers[PEER_FIELDS.length + 1] ?? 0;
  tally.isStored = true;
}

const GATEWAY_FIELDS = [
  'packetsOut',
  'bytesOut',
  'ackedPackets',
  'ackedBytes',
  'packetsIn',
  'bytesIn',
] as const satisfies readonly (keyof GatewayTally)[];

export function gatewayWrite(tally: GatewayTally): StoreWrite {
  const { owedBytes, dueBytes } = tally.credit;
  const counts = GATEWAY_FIELDS.map((field) => tally[field]);
  return {
    kind: 'put',
    key: concat(GATEWAY_PREFIX, tally.gateway),
    value: numbersBytes([...counts, owedBytes, dueBytes]),
  };
}

export function restoreGateway(tally: GatewayTally, value: Uint8Array): void {
  const numbers = numbersOf(value);
  GATEWAY_FIELDS.forEach((field, i) => {
    tally[field] = numbers[i] ?? 0;
  });
  tally.credit.owedBytes = numbers[GATEWAY_FIELDS.length] ?? 0;
  tally.credit.dueBytes = numbers[GATEWAY_FIELDS.length + 1] ?? 0;
}

const TOTAL_FIELDS = [
  'packetsOut',
  'bytesOut',
  'packetsIn',
  'bytesIn',
  'prunedPackets',
  'prunedBytes',
  'epoch',
  'records',
  'storedPeers',
] as const satisfies readonly (keyof Totals)[];

export function totalsWrite(totals: Totals): StoreWrite {
  const value = numbersBytes(TOTAL_FIELDS.map((field) => totals[field]));
  return { kind: 'put', key: TOTALS_KEY, value };
}

export function restoreTotals(totals: Totals, value: Uint8Array): void {
  const numbers = numbersOf(value);
  TOTAL_FIELDS.forEach((field, i) => {
    totals[field] = numbers[i] ?? 0;
  });
}

/** What was not carried for one reason. */
export interface DropCount {
  packets: number;
  bytes: number;
}

export function dropWrite(code: string, { packets, bytes }: DropCount): StoreWrite {
  return {
    kind: 'put',
    key: concat(DROP_PREFIX, utf8(code)),
    value: numbersBytes([packets, bytes]),
  };
}

export function dropCountOf(value: Uint8Array): DropCount {
  const [packets = 0, bytes = 0] = numbersOf(value);
  return { packets, bytes };
}

export function numbersBytes(numbers: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(8 * numbers.length);
  const view = new DataView(bytes.buffer);
  numbers.forEach((number, i) => view.setBigUint64(8 * i, BigInt(number)));
  return bytes;
}

export function numbersOf(value: Uint8Array): readonly number[] {
  const view = new DataView(value.buffer, value.byteOffset);
  return Array.from({ length: Math.floor(value.length / 8) }, (_, i) =>
    Number(view.getBigUint64(8 * i)),
  );
}
