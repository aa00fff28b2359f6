// One QUIC connection between an engine without sockets and timers and those of this process: datagrams in, datagrams
// out, the timer in between, and the one stream that a link has.

import type { Clock, Timer } from '../../../env/clock.ts';
import type { DatagramPath, QuicheConnection } from './quiche.ts';

/** Handed to the socket and not yet taken; more waits in the engine, which then takes no more from us. */
const DATAGRAMS_IN_FLIGHT_MAX = 256;
/** Received before the identities are proved, in bytes; a handshake of ours takes some 5 KiB. */
const HANDSHAKE_BYTES_MAX = 32 * 1024;
/**
 * Received beyond what made the stream advance, in bytes: what waits in the window, and what a connection says about
 * itself. The engine keeps some of the latter, and how much of it is the sender's choice, so it is rationed.
 */
const OVERHEAD_BYTES_MAX = 6 * 1024 * 1024;
/** A short header, an acknowledgement, a stream frame's head and the cipher's tag. */
const DATAGRAM_WRAPPING_BYTES = 64;
/** The lone stream: the first that a dialer opens. */
const STREAM = 0;
const NOTHING = new Uint8Array(0);

/** Which addresses a connection has is the socket's business; towards the engine they never change. */
export const LOCAL = { host: '127.0.0.1', port: 1 } as const;
export const REMOTE = { host: '127.0.0.1', port: 2 } as const;
const PATH: DatagramPath = { from: REMOTE, to: LOCAL };

/** Told within a `CONNECTION_CLOSE`: an orderly end. */
export const CLOSE_ORDERLY = 0;
/** The other end gave up. */
export const CLOSE_BROKEN = 1;
/** RFC 9000 section 20.1: the server does not take connections. */
export const CONNECTION_REFUSED = 2;

/** How the other end, or silence, ended a connection. */
export type QuicEnd =
  | { readonly kind: 'closed'; readonly application: boolean; readonly code: number }
  | { readonly kind: 'silent' }
  | { readonly kind: 'broken'; readonly detail: string };

/** What the owner of a connection is told; never within a call of its own. */
export interface QuicOwner {
  /** Once, when the handshake is over: certificates can be looked at. */
  established(): void;
  /** Something may have come: `read` until it gives `null`. */
  readable(): void;
  /** About to send: `write` what waits. */
  writable(): void;
  /** Once. Not after a `close` of our own. */
  ended(end: QuicEnd): void;
}

export interface QuicConnectionConfig {
  readonly engine: QuicheConnection;
  readonly clock: Clock;
  readonly datagramBytesMax: number;
  readonly keepAliveMs: number;
  /** Sends a datagram; `done` is called once the system has taken it, never synchronously. */
  readonly transmit: (datagram: Uint8Array, done: () => void) => void;
  /** Once: the engine is finished with this connection. */
  readonly onGone: () => void;
}

export class QuicConnection {
  readonly engine: QuicheConnection;
  readonly #config: QuicConnectionConfig;
  #owner: QuicOwner | null = null;
  #established = false;
  #ended = false;
  #gone = false;
  #turnPlanned = false;
  #flushPlanned = false;
  #inFlight = 0;
  #receivedBytes = 0;
  #usefulBytes = 0;
  #heard = false;
  #timer: Timer | null = null;
  #dueMs = Infinity;
  #keepAlive: Timer | null = null;

  constructor(config: QuicConnectionConfig) {
    this.#config = config;
    this.engine = config.engine;
  }

  get gone(): boolean {
    return this.#gone;
  }

  /** Anything came from the other end. */
  get answered(): boolean {
    return this.#receivedBytes > 0;
  }

  /** Hands the connection to `owner`, who is told what came before as well. */
  own(owner: QuicOwner): void {
    this.#owner = owner;
    this.plan();
  }

  /** Takes a datagram that came for this connection; it is spoilt. */
  receive(datagram: Uint8Array): void {
    if (this.#gone) return;
    this.#heard = true;
    this.#receivedBytes += datagram.length;
    const most = this.#established ? OVERHEAD_BYTES_MAX + this.#usefulBytes : HANDSHAKE_BYTES_MAX;
    if (this.#receivedBytes > most) {
      this.#end({ kind: 'broken', detail: 'more datagrams than what they carry needs' });
      this.close(true, CLOSE_BROKEN);
      return;
    }
    try {
      this.engine.recv(datagram, PATH);
    } catch {
      // The engine then closes the connection itself, or ignores the datagram; the turn below sees which.
    }
    this.plan();
  }

  /** Looks after the connection soon: once for all datagrams that came together. */
  plan(): void {
    if (this.#turnPlanned || this.#gone) return;
    this.#turnPlanned = true;
    setImmediate(() => {
      this.#turnPlanned = false;
      this.#turn();
    });
  }

  /** Sends at the end of this turn of the event loop what is there by then. */
  planFlush(): void {
    if (this.#flushPlanned || this.#gone) return;
    this.#flushPlanned = true;
    process.nextTick(() => {
      this.#flushPlanned = false;
      this.#flush();
    });
  }

  /** Reads into `into`; `null`: nothing there. `end`: nothing follows. */
  read(into: Uint8Array): { readonly bytes: number; readonly end: boolean } | null {
    if (this.#gone) return null;
    try {
      const got = this.engine.streamRecv(STREAM, into);
      if (got === null) return null;
      // Each byte that arrives pays for itself and for one of wrapping.
      this.#usefulBytes += 2 * got[0];
      return { bytes: got[0], end: got[1] };
    } catch {
      return null;
    }
  }

  /** The owner got `frames` whole frames: each pays for the wrapping of a datagram of its own. */
  gotFrames(frames: number): void {
    this.#usefulBytes += frames * DATAGRAM_WRAPPING_BYTES;
  }

  /** How much of `bytes` was taken for sending. */
  write(bytes: Uint8Array): number {
    if (this.#gone) return 0;
    try {
      return this.engine.streamSend(STREAM, bytes, false) ?? 0;
    } catch {
      return 0;
    }
  }

  /** Nothing follows on the stream. */
  finish(): void {
    try {
      this.engine.streamSend(STREAM, NOTHING, true);
    } catch {
      // The stream is over already.
    }
    this.planFlush();
  }

  /** Everything was read, and everything sent has arrived. */
  get streamOver(): boolean {
    try {
      this.engine.streamCapacity(STREAM);
      return false;
    } catch {
      return true;
    }
  }

  /** Tells the other end that it is over; the owner hears no more. */
  close(application: boolean, code: number): void {
    this.#ended = true;
    this.#owner = null;
    if (this.#gone) return;
    try {
      this.engine.close(application, code, NOTHING);
    } catch {
      // It was closing already.
    }
    this.planFlush();
  }

  /** Sends what is there at once and forgets the connection: its socket goes away. */
  abandon(): void {
    if (this.#gone) return;
    this.#transmit();
    this.#disappear();
  }

  #turn(): void {
    if (this.#gone) return;
    if (!this.#established && this.engine.isEstablished()) {
      this.#established = true;
      this.#startKeepAlive();
      this.#owner?.established();
    }
    if (this.#established) this.#owner?.readable();
    this.planFlush();
  }

  #flush(): void {
    if (this.#gone) return;
    if (this.#established) this.#owner?.writable();
    this.#transmit();
    this.#lookForEnd();
    if (!this.#gone) this.#armTimer();
  }

  #transmit(): void {
    const { datagramBytesMax, transmit } = this.#config;
    while (this.#inFlight < DATAGRAMS_IN_FLIGHT_MAX) {
      const datagram = Buffer.allocUnsafe(datagramBytesMax);
      let bytes: number;
      try {
        const made = this.engine.send(datagram);
        if (made === null) return;
        [bytes] = made;
      } catch {
        return;
      }
      this.#inFlight += 1;
      // Sending earns room as well: what we send is acknowledged.
      this.#usefulBytes += bytes;
      transmit(datagram.subarray(0, bytes), this.#taken);
    }
  }

  readonly #taken = (): void => {
    this.#inFlight -= 1;
    if (this.#inFlight === DATAGRAMS_IN_FLIGHT_MAX / 2) this.planFlush();
  };

  #lookForEnd(): void {
    const { engine } = this;
    const closed = engine.isClosed();
    if (!closed && !engine.isDraining()) return;
    if (!this.#ended) this.#end(endOf(engine));
    if (closed) this.#disappear();
  }

  #end(end: QuicEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    const owner = this.#owner;
    this.#owner = null;
    owner?.ended(end);
  }

  #disappear(): void {
    this.#gone = true;
    this.#timer?.cancel();
    this.#keepAlive?.cancel();
    this.#config.onGone();
  }

  /** An armed timer that comes too early looks again; only an earlier due time needs a new one. */
  #armTimer(): void {
    const waitMs = this.engine.timeout();
    if (waitMs === null || waitMs === undefined) return;
    const { clock } = this.#config;
    const dueMs = clock.now() + waitMs;
    if (dueMs >= this.#dueMs) return;
    this.#timer?.cancel();
    this.#dueMs = dueMs;
    this.#timer = clock.after(waitMs + 1, () => this.#fired());
  }

  #fired(): void {
    this.#dueMs = Infinity;
    if (this.engine.timeout() === 0) this.engine.onTimeout();
    this.#flush();
  }

  #startKeepAlive(): void {
    const { clock, keepAliveMs } = this.#config;
    const check = (): void => {
      if (!this.#heard && !this.#ended) {
        this.engine.sendAckEliciting();
        this.planFlush();
      }
      this.#heard = false;
      this.#keepAlive = clock.after(keepAliveMs, check);
    };
    this.#keepAlive = clock.after(keepAliveMs, check);
  }
}

function endOf(engine: QuicheConnection): QuicEnd {
  const told = engine.peerError();
  if (told !== null && told !== undefined) {
    return { kind: 'closed', application: told.isApp, code: told.errorCode };
  }
  if (engine.isTimedOut()) return { kind: 'silent' };
  return { kind: 'broken', detail: 'the other end broke the protocol' };
}
