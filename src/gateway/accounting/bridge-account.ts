// The account of one bridge: counts what goes over it, what the other gateway acknowledges, what comes, and refuses what
// is beyond somebody's credit. On the path of every packet, so it allocates nothing (`scripts/bench-accounting.ts`).

import { BitcrapsError, type ErrorCode } from '../../core/errors.ts';
import { peerIdShort } from '../../core/peer-id.ts';
import type { LinkAccount, LinkArrivals } from '../../mesh/link-account.ts';
import { PACKET_HEADER_BYTES_MIN } from '../../wire/packet.ts';
import type { FlowBook } from './flow-book.ts';
import type { Flow, GatewayTally } from './tally.ts';

export class BridgeAccount implements LinkAccount, LinkArrivals {
  readonly gateway: GatewayTally;
  readonly #book: FlowBook;
  #isClosed = false;

  constructor(book: FlowBook, gateway: GatewayTally) {
    this.#book = book;
    this.gateway = gateway;
  }

  take(bytes: Uint8Array, at: number): BitcrapsError | null {
    const { gateway } = this;
    const flow = this.#book.flowOf(bytes, at, gateway, 'out');
    const length = bytes.length - at;
    const { payer } = flow;
    if (!payer.credit.mayTake(length, gateway.credit.freeBytes)) return refusalOf(flow);
    this.#carried(flow, 1, length);
    this.#book.touch(flow);
    return null;
  }

  retract(bytes: Uint8Array, at: number): void {
    const length = bytes.length - at;
    const flow = this.#underWay(bytes, at, length);
    if (flow !== null) this.#carried(flow, -1, -length);
  }

  acknowledged(bytes: Uint8Array, at: number, length: number): void {
    const flow = this.#underWay(bytes, at, length);
    if (flow === null) return;
    const { gateway } = this;
    const { payer } = flow;
    flow.ackedPackets += 1;
    flow.ackedBytes += length;
    flow.underWayPackets -= 1;
    flow.underWayBytes -= length;
    gateway.ackedPackets += 1;
    gateway.ackedBytes += length;
    gateway.underWayPackets -= 1;
    gateway.credit.acknowledged(length);
    payer.ackedPackets += 1;
    payer.ackedBytes += length;
    payer.credit.acknowledged(length);
    payer.refusal = null;
    this.#book.touch(flow);
  }

  gaveUp(bytes: Uint8Array, at: number): void {
    const length = bytes.length - at;
    const flow = this.#underWay(bytes, at, length);
    if (flow !== null) this.#released(flow, 1, length);
  }

  came(bytes: Uint8Array, at: number): BitcrapsError | null {
    const length = bytes.length - at;
    // What is shorter is no packet; the switch says so.
    if (length < PACKET_HEADER_BYTES_MIN) return null;
    const { gateway } = this;
    const flow = this.#book.flowOf(bytes, at, gateway, 'in');
    flow.packets += 1;
    flow.bytes += length;
    // The link acknowledges it from here.
    flow.ackedPackets += 1;
    flow.ackedBytes += length;
    gateway.packetsIn += 1;
    gateway.bytesIn += length;
    this.#book.touch(flow);
    return gateway.credit.came(length) ? null : refusalOf(flow);
  }

  dropped(source: Uint8Array | null, bytes: number, code: ErrorCode): void {
    this.#book.dropped(source, bytes, code);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const flow of this.#book.flows.entries()) {
      if (flow.gateway !== this.gateway || flow.underWayPackets === 0) continue;
      this.#released(flow, flow.underWayPackets, flow.underWayBytes);
    }
  }

  /** The flow that the packet was counted in when it was taken; `null` once the account is closed. */
  #underWay(bytes: Uint8Array, at: number, length: number): Flow | null {
    if (this.#isClosed) return null;
    const flow = this.#book.find(bytes, at, this.gateway, 'out');
    if (flow !== null && hasUnderWay(flow, length)) return flow;
    // Taken while there was no room for its flow.
    const others = this.#book.othersOf(bytes, at, this.gateway);
    return hasUnderWay(others, length) ? others : null;
  }

  #carried(flow: Flow, packets: number, bytes: number): void {
    const { gateway } = this;
    const { payer } = flow;
    flow.packets += packets;
    flow.bytes += bytes;
    flow.underWayPackets += packets;
    flow.underWayBytes += bytes;
    gateway.packetsOut += packets;
    gateway.bytesOut += bytes;
    gateway.underWayPackets += packets;
    gateway.credit.underWayBytes += bytes;
    payer.carriedPackets += packets;
    payer.carriedBytes += bytes;
    payer.credit.underWayBytes += bytes;
  }

  #released(flow: Flow, packets: number, bytes: number): void {
    const { gateway } = this;
    flow.underWayPackets -= packets;
    flow.underWayBytes -= bytes;
    gateway.underWayPackets -= packets;
    gateway.credit.underWayBytes -= bytes;
    flow.payer.credit.underWayBytes -= bytes;
    flow.payer.refusal = null;
  }
}

function hasUnderWay(flow: Flow, bytes: number): boolean {
  return flow.underWayPackets > 0 && flow.underWayBytes >= bytes;
}

/** Made once for each time that the payer's credit is used up: a flood is refused in passing. */
function refusalOf({ payer, gateway }: Flow): BitcrapsError {
  payer.refusal ??= new BitcrapsError('GATEWAY_CREDIT_EXHAUSTED', {
    peer: peerIdShort(payer.peer),
    bytes: payer.credit.usedBytes,
    bytesMax: Math.min(payer.credit.windowBytes, gateway.credit.freeBytes),
  });
  return payer.refusal;
}
