// Whole messages over a pipe of small values: cut and put together, and held back by credit. An end may send as many values
// with content as the other one granted; it grants more as its own receiver takes messages, so that what waits here is
// bounded whatever the other end does, and the radio's buffers never decide who is slow.

import type { Clock, Timer } from '../../../env/clock.ts';
import type { GattPipe } from '../../../env/gatt.ts';
import type { MessagePipe, PipeHandlers } from '../websocket/message-pipe.ts';
import {
  cutFragment,
  decodeFragment,
  encodeClose,
  encodeCredit,
  valueBytesAt,
  type Fragment,
} from './fragment.ts';
import { createReassembly } from './reassembly.ts';

/** Values that an end may send before the first grant, and the most that wait unread: at 512 bytes each, 32 KiB. */
export const CREDIT_AT_FIRST = 64;
/** So many read values are granted together. */
const GRANT = CREDIT_AT_FIRST / 2;
/** Both ends say that nothing follows before one disconnects; who hears nothing disconnects after this. */
const CLOSE_WAIT_MS = 2000;

type Content = Fragment & { readonly kind: 'first' | 'middle' };

/** Takes `gatt` over; nobody else may write to it or listen. */
export function messagesOver(gatt: GattPipe, clock: Clock): MessagePipe {
  return new FragmentPipe(gatt, clock);
}

class FragmentPipe implements MessagePipe {
  readonly remoteAddress: string;
  bufferedBytes = 0;
  readonly #gatt: GattPipe;
  readonly #clock: Clock;
  readonly #reassembly = createReassembly();
  #handlers: PipeHandlers | null = null;
  /** Messages that wait; the first may be cut up to `#at`. */
  readonly #outgoing: Uint8Array[] = [];
  #at = 0;
  #sequence = 0;
  #credit = CREDIT_AT_FIRST;
  /** A value is with the stack. */
  #writing = false;
  /** Came and was not read. */
  readonly #incoming: Content[] = [];
  #ungranted = 0;
  #paused = false;
  #reading = false;
  #ending = false;
  #endSent = false;
  #endHeard = false;
  #closeTimer: Timer | null = null;
  /** Disconnected, and why; what came before is still read. */
  #gone: string | null = null;
  #over = false;
  /** Why this end disconnects. */
  #reason: string | null = null;

  constructor(gatt: GattPipe, clock: Clock) {
    this.#gatt = gatt;
    this.#clock = clock;
    this.remoteAddress = gatt.remoteAddress;
    gatt.attach({
      value: (bytes) => this.#arrived(bytes),
      closed: (detail) => this.#disconnected(detail),
    });
  }

  attach(handlers: PipeHandlers): void {
    this.#handlers = handlers;
    this.#readSoon();
  }

  send(message: Uint8Array): void {
    if (this.#gone !== null || this.#ending) return;
    this.#outgoing.push(message);
    this.bufferedBytes += message.length;
    this.#write();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#readSoon();
  }

  end(): void {
    if (this.#gone !== null || this.#ending) return;
    this.#ending = true;
    this.#closeTimer = this.#clock.after(CLOSE_WAIT_MS, () => this.#gatt.close());
    this.#write();
  }

  destroy(): void {
    if (this.#over) return;
    this.#break('destroyed');
    if (this.#gone !== null) this.#clock.after(0, () => this.#finish('destroyed'));
  }

  /** The next value, if there is one and the stack has room: a grant before content, the end after all. */
  #write(): void {
    if (this.#gone !== null || this.#writing) return;
    const value = this.#nextValue();
    if (value === null) {
      if (this.#endSent && this.#endHeard) this.#gatt.close();
      return;
    }
    this.#writing = true;
    this.#gatt.write(value, () => {
      this.#writing = false;
      if (this.#gone !== null) return;
      this.#handlers?.written();
      this.#write();
    });
  }

  #nextValue(): Uint8Array | null {
    if (this.#ungranted >= GRANT) {
      const credit = this.#ungranted;
      this.#ungranted = 0;
      return encodeCredit(credit);
    }
    const [message] = this.#outgoing;
    if (message !== undefined) return this.#credit > 0 ? this.#cut(message) : null;
    if (!this.#ending || this.#endSent) return null;
    this.#endSent = true;
    return encodeClose();
  }

  #cut(message: Uint8Array): Uint8Array {
    const valueBytes = valueBytesAt(this.#gatt.mtuBytes);
    const { value, next } = cutFragment(message, this.#at, this.#sequence, valueBytes);
    this.bufferedBytes -= next - this.#at;
    this.#at = next;
    this.#sequence += 1;
    this.#credit -= 1;
    if (next === message.length) {
      this.#outgoing.shift();
      this.#at = 0;
    }
    return value;
  }

  #arrived(bytes: Uint8Array): void {
    if (this.#gone !== null) return;
    const fragment = decodeFragment(bytes);
    if (fragment === null) this.#break('a value that is none of ours');
    else if (fragment.kind === 'credit') {
      // More than was ever taken from it is no credit.
      if (this.#credit + fragment.credit > CREDIT_AT_FIRST) this.#break('credit for nothing');
      else {
        this.#credit += fragment.credit;
        this.#write();
      }
    } else if (fragment.kind === 'close') {
      this.#endHeard = true;
      this.#read();
    } else if (this.#endHeard || this.#incoming.length + this.#ungranted >= CREDIT_AT_FIRST) {
      this.#break('a value without credit');
    } else {
      this.#incoming.push(fragment);
      this.#read();
    }
  }

  /** Not within a call of the owner: handlers may run. */
  #readSoon(): void {
    if (this.#incoming.length > 0 || this.#gone !== null) this.#clock.after(0, () => this.#read());
  }

  #read(): void {
    // A handler may pause, resume, or send while a message is being handed to it.
    if (this.#reading || this.#over) return;
    this.#reading = true;
    while (!this.#paused && this.#reason === null && this.#handlers !== null) {
      const fragment = this.#incoming.shift();
      if (fragment === undefined) break;
      this.#ungranted += 1;
      const got = this.#reassembly.push(fragment);
      if (got.kind === 'broken') this.#break(got.detail);
      else if (got.kind === 'message') this.#handlers.message(got.bytes);
    }
    this.#reading = false;
    const isRead = this.#incoming.length === 0;
    if (isRead && this.#gone !== null) this.#finish(this.#gone);
    else if (isRead && this.#endHeard) this.end();
    this.#write();
  }

  /** Disconnects at once; nothing more is read. */
  #break(reason: string): void {
    this.#reason ??= reason;
    this.#incoming.length = 0;
    this.#gatt.close();
  }

  #disconnected(detail: string): void {
    this.#gone ??= this.#reason ?? (this.#endHeard ? 'the other end closed' : detail);
    this.#closeTimer?.cancel();
    this.#outgoing.length = 0;
    this.bufferedBytes = 0;
    // What came before is read first, if anybody ever reads.
    if (this.#incoming.length === 0) this.#finish(this.#gone);
  }

  #finish(detail: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#handlers?.closed(detail);
  }
}
