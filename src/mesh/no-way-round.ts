// Where no way round a full link was found a moment ago: a relay that is overrun drops many packets, and looking for ways
// round for each costs more than forwarding it would. A table of fixed size; a destination that loses its place is
// looked for once more.

import { destinationWord } from '../wire/packet.ts';

/** Ways come and go with link state, which takes longer. */
const FRESH_MS = 20;
/** A power of two. */
const PLACES = 256;
const GOLDEN = 0x9e37_79b1;

export class NoWayRound {
  readonly #keys = new Int32Array(PLACES);
  readonly #ports = new Int32Array(PLACES);
  readonly #untilMs = new Float64Array(PLACES);

  /** Whether just now nothing led to the packet's destination but the link of `port`. */
  isKnown(packet: Uint8Array, port: number, nowMs: number): boolean {
    const key = destinationWord(packet, 0);
    const place = placeOf(key, port);
    if ((this.#untilMs[place] ?? 0) <= nowMs) return false;
    return this.#keys[place] === key && this.#ports[place] === port;
  }

  remember(packet: Uint8Array, port: number, nowMs: number): void {
    const key = destinationWord(packet, 0);
    const place = placeOf(key, port);
    this.#keys[place] = key;
    this.#ports[place] = port;
    this.#untilMs[place] = nowMs + FRESH_MS;
  }
}

function placeOf(key: number, port: number): number {
  const mixed = Math.imul(key ^ Math.imul(port + 1, GOLDEN), GOLDEN);
  return (mixed ^ (mixed >>> 15)) & (PLACES - 1);
}
