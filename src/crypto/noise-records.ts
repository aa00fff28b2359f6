// What is said over a Noise session on a reliable, ordered transport: sealed records under counters that both ends
// count for themselves (revision 34, section 5.1), and a fresh key every so many (section 11.3).

import type { Primitives } from '../env/primitives.ts';
import { NOISE_MESSAGE_BYTES_MAX } from './noise.ts';
import { nextTransportKey, openTransport, sealTransport } from './transport-cipher.ts';

const NOTHING = new Uint8Array(0);
const TAG_BYTES = 16;
/** What one record carries at most. */
export const RECORD_CONTENT_BYTES_MAX: number = NOISE_MESSAGE_BYTES_MAX - TAG_BYTES;
/** One key seals so many records, 4 GiB at most; both ends must agree on it. */
export const RECORDS_PER_KEY = 65_536n;

export interface RecordSealer {
  /** One record of 0…`RECORD_CONTENT_BYTES_MAX` bytes of content. */
  seal(content: Uint8Array): Uint8Array;
  wipe(): void;
}

export interface RecordOpener {
  /** The content of the next record, in memory of its own; `null` for anything else than that: the stream is lost. */
  open(record: Uint8Array): Uint8Array | null;
  wipe(): void;
}

/** A key, and how often it was used. */
class Turn {
  counter = 0n;
  readonly #primitives: Primitives;
  #key: Uint8Array;

  constructor(primitives: Primitives, key: Uint8Array) {
    this.#primitives = primitives;
    this.#key = key.slice();
  }

  get key(): Uint8Array {
    return this.#key;
  }

  used(): void {
    this.counter += 1n;
    if (this.counter % RECORDS_PER_KEY !== 0n) return;
    const next = nextTransportKey(this.#primitives, this.#key);
    this.wipe();
    this.#key = next;
  }

  wipe(): void {
    this.#primitives.wipe(this.#key);
  }
}

/** `key` is copied. */
export function createRecordSealer(primitives: Primitives, key: Uint8Array): RecordSealer {
  const turn = new Turn(primitives, key);
  return {
    seal(content) {
      const record = sealTransport(primitives, turn.key, turn.counter, NOTHING, content);
      turn.used();
      return record;
    },
    wipe: () => turn.wipe(),
  };
}

/** `key` is copied. */
export function createRecordOpener(primitives: Primitives, key: Uint8Array): RecordOpener {
  const turn = new Turn(primitives, key);
  return {
    open(record) {
      if (record.length > NOISE_MESSAGE_BYTES_MAX) return null;
      const content = openTransport(primitives, turn.key, turn.counter, NOTHING, record);
      if (content !== null) turn.used();
      return content;
    },
    wipe: () => turn.wipe(),
  };
}
