// What is sent and what must arrive: messages with a number, the round they belong to, and a checksum over the rest,
// all of which the sink reads again. Bodies come from a pool that is made once, so that making a message costs little.

import { crc32 } from 'node:zlib';
import { benchRng } from '../../../src/bench/seed.ts';

const SEQUENCE_AT = 0;
const ROUND_AT = 4;
const CHECK_AT = 8;
/** Before the random bytes of a message. */
export const STAMP_BYTES = 12;
const POOL = 64;

/** Big-endian, unsigned. */
export function readU32(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] ?? 0) << 24) |
      ((bytes[at + 1] ?? 0) << 16) |
      ((bytes[at + 2] ?? 0) << 8) |
      (bytes[at + 3] ?? 0)) >>>
    0
  );
}

export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/** Makes the messages of one size. */
export class MessagePool {
  readonly #messages: readonly Uint8Array[];
  readonly #checks: readonly number[];

  /** `messageBytes`: of a whole message, its stamp included. */
  constructor(messageBytes: number, seed: number) {
    const rng = benchRng(seed, `messages of ${messageBytes}`);
    this.#messages = Array.from({ length: POOL }, () => {
      const message = new Uint8Array(messageBytes);
      for (let at = STAMP_BYTES; at < messageBytes; at += 1) message[at] = rng.uint32();
      return message;
    });
    this.#checks = this.#messages.map((message) => crc32(message.subarray(STAMP_BYTES)));
  }

  /** The message of this number; its bytes are used again. */
  message(round: number, sequence: number): Uint8Array {
    const index = sequence % POOL;
    const message = this.#messages[index] ?? new Uint8Array(0);
    writeU32(message, SEQUENCE_AT, sequence);
    writeU32(message, ROUND_AT, round);
    writeU32(message, CHECK_AT, ((this.#checks[index] ?? 0) ^ sequence ^ round) >>> 0);
    return message;
  }
}

/** Counts what arrives of one round, and checks every byte of it. */
export class Sink {
  received = 0;
  bytes = 0;
  /** Numbers that were passed over. Some of them may come later, and are counted as `late` then. */
  missing = 0;
  /** Came after a later one, or a second time. */
  late = 0;
  /** With a wrong checksum or of a wrong length. */
  corrupt = 0;
  readonly #round: number;
  readonly #messageBytes: number;
  readonly #arrived: ((sequence: number) => void) | null;
  #next = 0;

  constructor(round: number, messageBytes: number, arrived: ((sequence: number) => void) | null) {
    this.#round = round;
    this.#messageBytes = messageBytes;
    this.#arrived = arrived;
  }

  /** Messages of other rounds do not count. */
  take(message: Uint8Array): void {
    if (message.length < STAMP_BYTES || readU32(message, ROUND_AT) !== this.#round) return;
    const sequence = readU32(message, SEQUENCE_AT);
    const check = (readU32(message, CHECK_AT) ^ sequence ^ this.#round) >>> 0;
    if (message.length !== this.#messageBytes || crc32(message.subarray(STAMP_BYTES)) !== check) {
      this.corrupt += 1;
      return;
    }
    this.received += 1;
    this.bytes += message.length;
    if (sequence === this.#next) this.#next += 1;
    else if (sequence > this.#next) {
      this.missing += sequence - this.#next;
      this.#next = sequence + 1;
    } else this.late += 1;
    this.#arrived?.(sequence);
  }
}
