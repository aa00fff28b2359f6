// The sending end of reliable messages to one peer: what is not acknowledged is sent again after a time that follows the
// measured round trip (RFC 6298), or as soon as later ones came (RFC 9002 section 6.1.1), until its time is out.

import { createRoundTrip } from '../../resilience/round-trip.ts';
import { ACK_BITS, type AckFrame } from './delivery-frame.ts';

/** Messages, and bytes of them, that wait for acknowledgements from one peer. */
export const WINDOW_MESSAGES = 64;
export const WINDOW_BYTES: number = 1024 * 1024;
/** Until a message is sent again: at least, at the start, and at most after doubling. */
export const RESEND_MS_MIN = 200;
export const RESEND_MS_FIRST = 1_000;
export const RESEND_MS_MAX = 4_000;
/** A message that this many later ones overtook is taken for lost. */
const OVERTAKEN = 3;
/** Of one stream; the next one goes by another. */
export const SEQUENCE_MAX = 0xffff_ffff;

interface Pending {
  readonly id: number;
  readonly sequence: number;
  readonly payload: Uint8Array;
  readonly begunAtMs: number;
  sentAtMs: number;
  tries: number;
  /** `Infinity` while it is held. */
  dueAtMs: number;
  /**
   * The receiver keeps it until those before it have come. It may die before it has handed it over, so it is not delivered
   * yet, and is sent again once the receiver no longer tells of it.
   */
  isHeld: boolean;
}

export interface OutgoingMessage {
  readonly id: number;
  readonly sequence: number;
  readonly payload: Uint8Array;
}

export class OutgoingStream {
  readonly stream: bigint;
  #next = 0;
  /** By sequence, ascending. */
  readonly #pending = new Map<number, Pending>();
  #bytes = 0;
  readonly #roundTrip = createRoundTrip();
  /** When the latest of the acknowledged messages was sent. */
  #provedMs = -Infinity;
  usedAtMs: number;

  constructor(stream: bigint, nowMs: number) {
    this.stream = stream;
    this.usedAtMs = nowMs;
  }

  /** Below it nothing waits. */
  get base(): number {
    const first = this.#pending.keys().next();
    return first.done === true ? this.#next : first.value;
  }

  get isIdle(): boolean {
    return this.#pending.size === 0;
  }

  get isSpent(): boolean {
    return this.#next > SEQUENCE_MAX;
  }

  /** When something is to be sent again; `Infinity` if nothing waits. */
  get dueAtMs(): number {
    let atMs = Infinity;
    for (const { dueAtMs } of this.#pending.values()) atMs = Math.min(atMs, dueAtMs);
    return atMs;
  }

  fits(bytes: number): boolean {
    if (this.#pending.size === 0) return true;
    // A receiver keeps no more beyond what it waits for.
    const spread = this.#next - this.base;
    return spread < WINDOW_MESSAGES && this.#bytes + bytes <= WINDOW_BYTES;
  }

  /** Takes a message that `fits`; it counts as sent now. */
  add(id: number, payload: Uint8Array, nowMs: number): OutgoingMessage {
    const dueAtMs = nowMs + this.#resendMs(1, nowMs);
    const sequence = this.#next;
    this.#next += 1;
    const message = {
      id,
      sequence,
      payload,
      begunAtMs: nowMs,
      sentAtMs: nowMs,
      tries: 1,
      dueAtMs,
      isHeld: false,
    };
    this.#pending.set(sequence, message);
    this.#bytes += payload.length;
    this.usedAtMs = nowMs;
    return message;
  }

  /** Ids of the messages that were handed over, as the acknowledgement tells for the first time. */
  acknowledged(ack: AckFrame, nowMs: number): readonly number[] {
    if (ack.next > this.#next) return [];
    const handedOver: number[] = [];
    let last = -1;
    for (const message of this.#pending.values()) {
      const told = toldOf(message.sequence, ack);
      if (told === 'handed-over' || told === 'held') {
        this.#came(message, nowMs);
        last = message.sequence;
      }
      if (told === 'handed-over') {
        this.#remove(message);
        handedOver.push(message.id);
      }
      // Who held it is gone, or the acknowledgement is an old one: sent twice it does no harm.
      if (told === 'missing' && message.isHeld) this.#release(message, nowMs);
    }
    for (const message of this.#pending.values()) {
      if (message.sequence + OVERTAKEN > last) break;
      // Once: what was sent again has not been overtaken yet.
      if (message.tries === 1 && !message.isHeld) message.dueAtMs = nowMs;
    }
    if (last >= 0) this.usedAtMs = nowMs;
    return handedOver;
  }

  /**
   * When the oldest message was sent that has waited for its whole time, while none that went later was acknowledged: its
   * way is silent. `null` if there is none.
   */
  silentSinceMs(nowMs: number): number | null {
    for (const { sentAtMs, dueAtMs } of this.#pending.values()) {
      if (dueAtMs <= nowMs && sentAtMs >= this.#provedMs) return sentAtMs;
    }
    return null;
  }

  /** All that waits is to be sent again. */
  allDue(nowMs: number): void {
    for (const message of this.#pending.values()) {
      if (!message.isHeld) message.dueAtMs = Math.min(message.dueAtMs, nowMs);
    }
  }

  /** What is to be sent again now; it counts as sent. */
  takeDue(nowMs: number): readonly OutgoingMessage[] {
    const due = [...this.#pending.values()].filter(({ dueAtMs }) => dueAtMs <= nowMs);
    for (const message of due) {
      message.tries += 1;
      message.sentAtMs = nowMs;
      message.dueAtMs = nowMs + this.#resendMs(message.tries, nowMs);
    }
    return due;
  }

  /** Gives up what has waited for `expireMs`; their ids. */
  takeExpired(nowMs: number, expireMs: number): readonly number[] {
    const expired = [...this.#pending.values()].filter(
      ({ begunAtMs }) => nowMs - begunAtMs >= expireMs,
    );
    for (const message of expired) this.#remove(message);
    // With all before it given up, nothing else would tell the receiver to wait no more.
    const [first] = this.#pending.values();
    if (first?.isHeld === true) this.#release(first, nowMs);
    return expired.map(({ id }) => id);
  }

  /** The receiver has it. */
  #came(message: Pending, nowMs: number): void {
    if (message.isHeld) return;
    message.isHeld = true;
    message.dueAtMs = Infinity;
    this.#provedMs = Math.max(this.#provedMs, message.sentAtMs);
    if (message.tries === 1) this.#roundTrip.measured(nowMs - message.sentAtMs, nowMs);
  }

  #release(message: Pending, nowMs: number): void {
    message.isHeld = false;
    message.dueAtMs = nowMs;
  }

  #remove({ sequence, payload }: Pending): void {
    this.#pending.delete(sequence);
    this.#bytes -= payload.length;
  }

  #resendMs(tries: number, nowMs: number): number {
    const { smoothedMs } = this.#roundTrip;
    const firstMs =
      smoothedMs === null
        ? RESEND_MS_FIRST
        : this.#roundTrip.timeoutMs(RESEND_MS_MIN, RESEND_MS_MAX, nowMs);
    return Math.min(RESEND_MS_MAX, firstMs * 2 ** (tries - 1));
  }
}

/** What an acknowledgement says of a message. */
function toldOf(
  sequence: number,
  { next, bits }: AckFrame,
): 'handed-over' | 'held' | 'missing' | 'nothing' {
  if (sequence < next) return 'handed-over';
  const bit = sequence - next - 1;
  if (bit >= ACK_BITS) return 'nothing';
  return bit >= 0 && ((bits >>> bit) & 1) === 1 ? 'held' : 'missing';
}
