// How much a gateway carries on trust. Bytes that are under way or unpaid use up a peer's window; acknowledgements, or
// payments where they are what counts, give it back, and acknowledged traffic enlarges it up to a bound. What goes over
// one bridge is bounded as well, and shared so that nobody takes the room of others: a peer may use as much as it leaves
// free (dynamic thresholds, Choudhury and Hahne 1998, with α = 1), so n greedy peers leave 1/(n + 1) to who comes next.

import { assert } from '../../core/assert.ts';
import { PACKET_BYTES_MAX } from '../../wire/packet.ts';

export interface CreditLimits {
  /** The window of a peer that is new; it grows by what is acknowledged. */
  readonly bytesMin: number;
  /** It grows no further. */
  readonly bytesMax: number;
  /** Under way or unpaid over one bridge, of all peers together; and what either gateway may owe the other. */
  readonly gatewayBytesMax: number;
  /** What gives credit back: `settlement` where acknowledged traffic is to be paid for, too. */
  readonly returns: 'acknowledgement' | 'settlement';
}

/** A new peer may fill a quarter of a link's queue; nobody holds more than 32 queues' worth of megabytes. */
export const CREDIT: CreditLimits = {
  bytesMin: 1024 * 1024,
  bytesMax: 32 * 1024 * 1024,
  gatewayBytesMax: 64 * 1024 * 1024,
  returns: 'acknowledgement',
};

export function checkCredit({ bytesMin, bytesMax, gatewayBytesMax }: CreditLimits): void {
  assert(bytesMin >= PACKET_BYTES_MAX, 'a new peer may send a packet of the longest kind');
  assert(bytesMax >= bytesMin, 'a window does not shrink');
  assert(gatewayBytesMax >= 2 * bytesMin, 'a bridge has room for more than one new peer');
}

/** Of one payer. */
export class PeerCredit {
  /** Carried, neither acknowledged nor given up. */
  underWayBytes = 0;
  /** Acknowledged and not settled; 0 where acknowledgements suffice. */
  unpaidBytes = 0;
  windowBytes: number;
  readonly #limits: CreditLimits;

  constructor(limits: CreditLimits) {
    this.#limits = limits;
    this.windowBytes = limits.bytesMin;
  }

  get usedBytes(): number {
    return this.underWayBytes + this.unpaidBytes;
  }

  /** `freeBytes`: of the bridge. */
  mayTake(bytes: number, freeBytes: number): boolean {
    return this.usedBytes + bytes <= Math.min(this.windowBytes, freeBytes);
  }

  acknowledged(bytes: number): void {
    const { bytesMax, returns } = this.#limits;
    this.underWayBytes -= bytes;
    if (returns === 'settlement') this.unpaidBytes += bytes;
    if (this.windowBytes < bytesMax) {
      this.windowBytes = Math.min(bytesMax, this.windowBytes + bytes);
    }
  }

  /** Returns what of the payment was owed. */
  settle(bytes: number): number {
    const settled = Math.min(bytes, this.unpaidBytes);
    this.unpaidBytes -= settled;
    return settled;
  }
}

/** Between this gateway and another one. */
export class GatewayCredit {
  /** To the other one, neither acknowledged nor given up. */
  underWayBytes = 0;
  /** Acknowledged by the other one and not paid for by this one. */
  owedBytes = 0;
  /** Came from the other one, and was not paid for. */
  dueBytes = 0;
  readonly #limits: CreditLimits;

  constructor(limits: CreditLimits) {
    this.#limits = limits;
  }

  /** What the other one owes, less what is owed to it. */
  get balanceBytes(): number {
    return this.dueBytes - this.owedBytes;
  }

  get freeBytes(): number {
    const used = this.underWayBytes + Math.max(0, -this.balanceBytes);
    return Math.max(0, this.#limits.gatewayBytesMax - used);
  }

  acknowledged(bytes: number): void {
    this.underWayBytes -= bytes;
    if (this.#limits.returns === 'settlement') this.owedBytes += bytes;
  }

  /** `false`: the other one owes too much. */
  came(bytes: number): boolean {
    if (this.#limits.returns === 'acknowledgement') return true;
    if (this.balanceBytes + bytes > this.#limits.gatewayBytesMax) return false;
    this.dueBytes += bytes;
    return true;
  }

  /** The other one paid; returns what of it was owed. */
  settle(bytes: number): number {
    const settled = Math.min(bytes, this.dueBytes);
    this.dueBytes -= settled;
    return settled;
  }

  /** This one paid; returns what of it was owed. */
  paid(bytes: number): number {
    const settled = Math.min(bytes, this.owedBytes);
    this.owedBytes -= settled;
    return settled;
  }
}
