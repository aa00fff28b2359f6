// Flows that cross this gateway now: where their packets go on, looked up once and not with each packet. Part of the hot
// path (`npm run bench:gateway`): a look-up makes nothing. A table of fixed size; flows that share a place take it from
// each other, and cost what a first packet costs.

import { endsWord, ENDS_WORDS, packetFlowId } from '../wire/packet.ts';

/** Flows at once; a power of two. */
export const CROSSING_FLOWS_MAX = 4096;
/** Ways change with the state of the bridges, which counts versions, and with feedback and presence, which need not. */
const FRESH_MS = 100;
/** The flow id, then source and destination. */
const KEY_WORDS = 1 + ENDS_WORDS;
const GOLDEN = 0x9e37_79b1;

interface Entry<T> {
  readonly version: number;
  readonly untilMs: number;
  readonly value: T;
}

export class CrossingFlows<T> {
  readonly #keys = new Int32Array(KEY_WORDS * CROSSING_FLOWS_MAX);
  readonly #entries: (Entry<T> | null)[] = Array.from({ length: CROSSING_FLOWS_MAX }, () => null);

  /** What is known of the flow of the packet that begins at `at`, `null` if nothing that still holds. */
  find(bytes: Uint8Array, at: number, version: number, nowMs: number): T | null {
    const place = placeOf(bytes, at);
    const entry = this.#entries[place] ?? null;
    if (entry === null || entry.version !== version || entry.untilMs <= nowMs) return null;
    const keys = this.#keys;
    const from = KEY_WORDS * place;
    if (keys[from] !== packetFlowId(bytes, at)) return null;
    for (let word = 0; word < ENDS_WORDS; word += 1) {
      if (keys[from + 1 + word] !== endsWord(bytes, at, word)) return null;
    }
    return entry.value;
  }

  remember(bytes: Uint8Array, at: number, version: number, nowMs: number, value: T): void {
    const place = placeOf(bytes, at);
    const from = KEY_WORDS * place;
    this.#keys[from] = packetFlowId(bytes, at);
    for (let word = 0; word < ENDS_WORDS; word += 1) {
      this.#keys[from + 1 + word] = endsWord(bytes, at, word);
    }
    this.#entries[place] = { version, untilMs: nowMs + FRESH_MS, value };
  }
}

function placeOf(bytes: Uint8Array, at: number): number {
  const half = ENDS_WORDS / 2;
  let hash = Math.imul(packetFlowId(bytes, at) ^ endsWord(bytes, at, 0), GOLDEN);
  hash = Math.imul(hash ^ (hash >>> 15) ^ endsWord(bytes, at, half), GOLDEN);
  return (hash ^ (hash >>> 15)) & (CROSSING_FLOWS_MAX - 1);
}
