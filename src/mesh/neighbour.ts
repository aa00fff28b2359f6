// One link from raw to established: the handshake and its timeout, goodbye, and what waits while the link is full;
// whether it still works is watched by `link-watch.ts`. Links of a mesh and bridges between gateways are both made of it.

import { BitcrapsError, fail, ok, type Result } from '../core/errors.ts';
import { peerIdShort, peerIdText } from '../core/peer-id.ts';
import type { Timer } from '../env/clock.ts';
import type { Link } from '../env/link.ts';
import { UNSTRETCHED } from '../resilience/power/power-plan.ts';
import type { Hello } from '../versioning/hello.ts';
import { createLinkHandshake, type LinkHandshake } from '../versioning/link-handshake.ts';
import type { LinkHandshakeOutput } from '../versioning/link-handshake.ts';
import { revisionOf, type Negotiation } from '../versioning/negotiate.ts';
import { decodeFrame, encodeFrame, frameAround, FrameType } from '../wire/frame.ts';
import { decodeGoodbye, encodeGoodbye } from '../wire/goodbye.ts';
import { readU32 } from '../wire/big-endian.ts';
import { markCongestion, packetIdBits } from '../wire/packet.ts';
import { CONTROL_BYTES_MAX, FrameQueue } from './frame-queue.ts';
import { FrameSlab } from './frame-slab.ts';
import { LinkWatch } from './link-watch.ts';
import { createLoadMark, type LoadMark } from './load-mark.ts';
import type { Neighbour, NeighbourConfig, SendErrorCode } from './neighbour-contract.ts';
import type { FrameCounters, NeighbourClose, PayloadFrameType } from './payload-frame.ts';
import { FifoPacketQueue, type PacketQueue } from './packet-queue.ts';
import type { ProofWaiter } from './proof-checks.ts';

export type { Neighbour, NeighbourConfig, SendErrorCode } from './neighbour-contract.ts';
export type { ControlFrameType, NeighbourClose, OutgoingFrame } from './payload-frame.ts';

/** From the raw link to both bindings: two round trips, a proof of work to check, and a busy machine. */
export const HANDSHAKE_TIMEOUT_MS = 10_000;
/** Loads of links need not be looked up more often. */
const RATE_FRESH_MS = 1;
const ERROR_FRESH_MS = 10;
/** Faulty frames after which the link is closed: versions may disagree once, not on and on. */
export const FAULTS_MAX = 3;

/** Takes the link over: attaches to it and starts the handshake. */
export function openNeighbour(link: Link, config: NeighbourConfig): Neighbour {
  const neighbour = new EstablishingNeighbour(link, config);
  neighbour.open();
  return neighbour;
}

const SENT: Result<void, SendErrorCode> = ok(undefined);

class EstablishingNeighbour implements Neighbour {
  readonly link: Link;
  state: 'opening' | 'established' | 'closed' = 'opening';
  negotiation: Negotiation | null = null;
  remote: Hello | null = null;
  readonly counters: FrameCounters = { framesIn: 0, framesOut: 0, bytesIn: 0, bytesOut: 0 };
  readonly #config: NeighbourConfig;
  readonly #handshake: LinkHandshake;
  readonly #control = new FrameQueue(CONTROL_BYTES_MAX);
  readonly #packets: PacketQueue;
  #handshakeTimer: Timer | null = null;
  #watch: LinkWatch | null = null;
  /** Made once the link was seen full. */
  #load: LoadMark | null = null;
  #fullError: Result<void, SendErrorCode> | null = null;
  #fullErrorAtMs = -Infinity;
  #rate: number | null = null;
  #rateAtMs = -Infinity;
  /** What the last packet waited here. */
  #queueMs = 0;
  readonly #short: string;
  #frameBytesMax: number;
  #full = false;
  /** Of the packet that waits for the window; 0 where none does. */
  #blockedBytes = 0;
  /** While packets wait that came over other links. */
  #slab: FrameSlab | null = null;
  /** A frame that the link did not take; the first to go. */
  #held: Uint8Array | null = null;
  #pingDue = false;
  /** The payload of the last ping to answer; an older one need not be. */
  #pongDue: Uint8Array | null = null;
  #faults = 0;

  constructor(link: Link, config: NeighbourConfig) {
    this.link = link;
    this.#config = config;
    this.#short = peerIdShort(link.remoteKey);
    this.#frameBytesMax = link.frameBytesMax;
    this.#packets = config.packetQueue?.(link) ?? new FifoPacketQueue();
    const { checkProof } = config;
    const waiter: ProofWaiter = {
      isGone: () => this.state !== 'opening',
      answer: (verdict) => this.#perform(this.#handshake.proofChecked(verdict)),
    };
    this.#handshake = createLinkHandshake({
      primitives: config.primitives,
      identity: config.identity,
      role: link.role,
      remoteKey: link.remoteKey,
      channelBinding: link.channelBinding,
      hello: config.hello,
      proofBits: config.proofBits,
      ...(checkProof === undefined
        ? {}
        : { checkProof: (publicKey, proof) => checkProof(publicKey, proof, waiter) }),
    });
  }

  get roundTripMs(): number | null {
    return this.#watch?.roundTripMs ?? null;
  }

  get heardAtMs(): number | null {
    return this.#watch?.heardAtMs ?? null;
  }

  get suspect(): boolean {
    return this.#watch?.suspect === true;
  }

  get phi(): number | null {
    return this.state === 'established' ? (this.#watch?.phi ?? null) : null;
  }

  get pendingBytes(): number {
    return this.#control.bytes + this.#packets.bytes + (this.#held?.length ?? 0);
  }

  open(): void {
    this.link.attach({
      frame: (bytes, nowMs = this.#config.clock.now()) => this.#receive(bytes, nowMs),
      drain: () => this.#drained(),
      close: ({ code, detail }) => this.#end({ code, detail, by: 'transport' }),
    });
    this.#packets.onReady(() => this.wake());
    this.#packets.onDrop?.((frame) => this.#config.handlers.gaveUp?.(frame));
    const timeoutMs = this.#config.handshakeTimeoutMs ?? HANDSHAKE_TIMEOUT_MS;
    this.#handshakeTimer = this.#config.clock.after(timeoutMs, () =>
      this.close(new BitcrapsError('MESH_HANDSHAKE_TIMEOUT', { timeoutMs })),
    );
    // The first outputs may be a failure, which must not reach the caller before it has the neighbour.
    const first = this.#handshake.start();
    if (first.every(({ kind }) => kind === 'send')) this.#perform(first);
    else this.#config.clock.after(0, () => this.#perform(first));
  }

  send(type: PayloadFrameType, payload: Uint8Array): Result<void, SendErrorCode> {
    const neighbour = this.#short;
    if (this.state !== 'established') return fail('MESH_LINK_CLOSED', { neighbour });
    const bytes = payload.length + 1;
    if (bytes > this.#frameBytesMax) {
      return fail('MESH_FRAME_TOO_LONG', { bytes, bytesMax: this.#frameBytesMax, neighbour });
    }
    const isPacket = type === FrameType.packet;
    const queue = isPacket ? this.#packets : this.#control;
    if (!queue.push(encodeFrame(type, payload), this.#config.clock.now())) {
      const data = { neighbour, bytes: queue.bytes };
      if (isPacket) return fail('MESH_QUEUE_FULL', data);
      const overrun = new BitcrapsError('MESH_CONTROL_OVERRUN', data);
      this.close(overrun);
      return { ok: false, error: overrun };
    }
    this.wake();
    return ok(undefined);
  }

  pass(frame: Uint8Array, nowMs: number): Result<void, SendErrorCode> {
    if (this.state !== 'established') return fail('MESH_LINK_CLOSED', { neighbour: this.#short });
    if (frame.length > this.#frameBytesMax) {
      const data = { bytes: frame.length, bytesMax: this.#frameBytesMax, neighbour: this.#short };
      return fail('MESH_FRAME_TOO_LONG', data);
    }
    const packets = this.#packets;
    const goes = this.#isFree() && this.#watch?.mayCarry(frame.length) === true;
    if (goes && packets.pass?.(frame, nowMs) === true) {
      this.#queueMs = 0;
      if (this.#isLoaded(frame, nowMs)) markCongestion(frame, 1);
      this.#transmit(frame, nowMs);
      return SENT;
    }
    // What waits is copied: a view would hold the whole piece of the stream that it came in.
    const copied = goes || packets.copies === true;
    const kept = copied ? frame : (this.#slab ??= new FrameSlab()).copy(frame);
    if (!packets.push(kept, nowMs)) return this.#queueFull(nowMs);
    // Behind a packet that waits for the window, one that is no smaller changes nothing.
    if (this.#blockedBytes === 0 || frame.length < this.#blockedBytes) this.wake();
    return SENT;
  }

  /** Made now and then: a relay that is overrun must drop a packet for less than it forwards one for. */
  #queueFull(nowMs: number): Result<void, SendErrorCode> {
    if (this.#fullError === null || nowMs - this.#fullErrorAtMs >= ERROR_FRESH_MS) {
      const { bytes } = this.#packets;
      this.#fullError = fail('MESH_QUEUE_FULL', { neighbour: this.#short, bytes });
      this.#fullErrorAtMs = nowMs;
    }
    return this.#fullError;
  }

  /** The link takes frames, and none waits. Link state calls `wake` when it has one, so it has none. */
  #isFree(): boolean {
    if (this.#full || this.#held !== null || this.#packets.bytes > 0) return false;
    return this.#pongDue === null && !this.#pingDue && this.#control.bytes === 0;
  }

  wake(): void {
    if (this.state !== 'established' || this.#full) return;
    const nowMs = this.#config.clock.now();
    while (this.state === 'established' && !this.#full) {
      const frame = this.#next(nowMs);
      if (frame === null) return;
      this.#transmit(frame, nowMs);
    }
  }

  handOver(takes: (packet: Uint8Array) => boolean): void {
    const offer = (frame: Uint8Array): boolean => {
      if (!takes(frame.subarray(1))) return false;
      this.#config.handlers.gaveUp?.(frame);
      return true;
    };
    this.#watch?.underWay.handOver(offer);
    if (this.#held !== null && isPacket(this.#held) && offer(this.#held)) this.#held = null;
    this.#packets.handOver(offer);
  }

  nudge(): void {
    if (this.state === 'established') this.#watch?.nudge();
  }

  probe(timeoutMs: number): void {
    if (this.state === 'established') this.#watch?.probe(timeoutMs);
  }

  fault(error: BitcrapsError): void {
    if (this.state === 'closed') return;
    this.#faults += 1;
    const { logger } = this.#config;
    logger.warn('neighbour-fault', {
      neighbour: this.#short,
      code: error.code,
      detail: error.message,
    });
    if (this.#faults < FAULTS_MAX) return;
    this.close(
      new BitcrapsError('MESH_FAULTS_EXCEEDED', { faults: this.#faults, code: error.code }),
    );
  }

  close(error: BitcrapsError | null): void {
    if (this.state === 'closed') return;
    // A full link drops the goodbye: the transport's end then says enough.
    this.link.send(encodeGoodbye(error?.code ?? 'UNSPECIFIED'));
    this.link.close();
    this.#end({ code: error?.code ?? null, detail: error?.message ?? '', by: 'local' });
  }

  #receive(bytes: Uint8Array, nowMs: number): void {
    if (this.state === 'closed') return;
    this.#watch?.heard(nowMs);
    this.counters.framesIn += 1;
    this.counters.bytesIn += bytes.length;
    if (this.state === 'opening') this.#perform(this.#handshake.receive(bytes));
    else this.#dispatch(bytes, nowMs);
  }

  #perform(outputs: readonly LinkHandshakeOutput[]): void {
    for (const output of outputs) {
      if (this.state === 'closed') return;
      switch (output.kind) {
        case 'send':
          this.#transmit(output.frame, this.#config.clock.now());
          break;
        case 'established':
          this.#established(output.negotiation, output.remote);
          break;
        case 'failed': {
          const { code, message } = output.error;
          this.link.close();
          const by = code === 'HELLO_REFUSED' ? 'remote' : 'local';
          this.#end({ code, detail: message, by });
          break;
        }
      }
    }
  }

  #established(negotiation: Negotiation, remote: Hello): void {
    this.#handshakeTimer?.cancel();
    this.state = 'established';
    this.negotiation = negotiation;
    this.remote = remote;
    this.#frameBytesMax = Math.min(this.link.frameBytesMax, remote.frameBytesMax);
    this.#watch = this.#createWatch(negotiation);
    this.#config.handlers.established(negotiation, remote);
    this.#watch.start();
  }

  #createWatch(negotiation: Negotiation): LinkWatch {
    const { clock, handlers, detectors, localHealth } = this.#config;
    return new LinkWatch({
      clock,
      detector: detectors.watch(clock.now()),
      localHealth,
      timings: this.#config,
      role: this.link.role,
      shares: revisionOf(negotiation, 'EnhancedRouting') >= 2,
      bufferedBytes: () => this.link.bufferedBytes,
      rate: () => handlers.rate?.() ?? null,
      stretch: () => handlers.stretch?.() ?? UNSTRETCHED,
      pingDue: () => this.#ping(),
      measured: (roundTripMs) => {
        this.#packets.measured(roundTripMs, clock.now());
        handlers.roundTrip?.(roundTripMs, this.#queueMs);
      },
      arrived: handlers.acknowledged ?? null,
      delivered: (bytes, ms) => handlers.delivered?.(bytes, ms),
      suspected: handlers.suspected === undefined ? null : (cause) => handlers.suspected?.(cause),
      recovered: () => {
        handlers.recovered?.();
        this.wake();
      },
      silent: (timeoutMs) => this.#silent(timeoutMs),
    });
  }

  #dispatch(bytes: Uint8Array, nowMs: number): void {
    const { handlers } = this.#config;
    if (bytes[0] === FrameType.packet && handlers.packet !== undefined) {
      handlers.packet(bytes, nowMs);
      return;
    }
    const frame = decodeFrame(bytes);
    if (!frame.ok) {
      this.fault(frame.error);
      return;
    }
    const { type, payload } = frame.value;
    switch (type) {
      case FrameType.ping:
        if (this.#watch?.pinged(payload) !== true) {
          this.fault(new BitcrapsError('MESH_FRAME_MALFORMED', { frame: 'ping' }));
          return;
        }
        this.#pongDue = payload;
        this.wake();
        return;
      case FrameType.pong:
        this.#receivePong(payload);
        return;
      case FrameType.goodbye: {
        const code = decodeGoodbye(payload);
        this.link.close();
        const reason = code === 'UNSPECIFIED' ? null : code;
        this.#end({ code: reason, detail: 'the neighbour said goodbye', by: 'remote' });
        return;
      }
      case FrameType.hello:
      case FrameType.helloBinding:
        this.fault(new BitcrapsError('MESH_FRAME_UNEXPECTED', { type }));
        return;
      case FrameType.linkState:
      case FrameType.linkStateDigest:
      case FrameType.linkStateUpdate:
      case FrameType.packet:
      case FrameType.presence:
        handlers.frame(type, payload);
    }
  }

  #receivePong(payload: Uint8Array): void {
    if (this.#watch?.ponged(payload) === true) this.wake();
    else this.fault(new BitcrapsError('MESH_FRAME_MALFORMED', { frame: 'pong' }));
  }

  #ping(): void {
    this.#pingDue = true;
    this.wake();
  }

  /** The next frame to send, in order of urgency. */
  #next(nowMs: number): Uint8Array | null {
    if (this.#held !== null) {
      const held = this.#held;
      this.#held = null;
      return held;
    }
    if (this.#pongDue !== null) {
      const pong = encodeFrame(FrameType.pong, this.#pongDue);
      this.#pongDue = null;
      return pong;
    }
    if (this.#pingDue && this.#watch !== null) {
      this.#pingDue = false;
      return encodeFrame(FrameType.ping, this.#watch.ping());
    }
    const control = this.#control.shift();
    if (control !== null) return control;
    const pulled = this.#config.handlers.nextControl?.() ?? null;
    if (pulled !== null) {
      const { type, payload, hasHeadroom } = pulled;
      return hasHeadroom ? frameAround(type, payload) : encodeFrame(type, payload);
    }
    return this.#nextPacket(nowMs);
  }

  /** Packets wait here and not in the transport: what waits here can still go another way. */
  #nextPacket(nowMs: number): Uint8Array | null {
    this.#blockedBytes = 0;
    if (this.#packets.bytes === 0) {
      this.#slab = null;
      return null;
    }
    const first = this.#packets.first(nowMs);
    if (first === null) return null;
    if (this.#watch?.mayCarry(first.length) !== true) {
      this.#blockedBytes = first.length;
      return null;
    }
    const frame = this.#packets.shift(nowMs);
    this.#queueMs = this.#packets.waitedMs;
    if (frame !== null && this.#isLoaded(frame, nowMs)) markCongestion(frame, 1);
    return frame;
  }

  /** Asked of every packet that leaves, marked or not: it counts the load. */
  #isLoaded(frame: Uint8Array, nowMs: number): boolean {
    if (nowMs - this.#rateAtMs >= RATE_FRESH_MS) {
      this.#rateAtMs = nowMs;
      this.#rate = this.#config.handlers.rate?.() ?? null;
    }
    const rate = this.#rate;
    if (rate !== null) this.#load ??= createLoadMark(readU32(this.link.channelBinding, 0));
    return this.#load?.leaves(frame.length, packetIdBits(frame, 1), rate, nowMs) === true;
  }

  #transmit(frame: Uint8Array, nowMs: number): void {
    // Packets do not change once they are sent.
    switch (this.link.send(frame, isPacket(frame))) {
      case 'sent':
        this.counters.framesOut += 1;
        this.counters.bytesOut += frame.length;
        this.#sent(frame, nowMs);
        break;
      case 'full':
        this.#full = true;
        this.#held = frame;
        break;
      case 'closed':
        // The transport tells why in a moment; a packet can then go another way.
        this.#full = true;
        this.#held = frame;
        break;
    }
  }

  #sent(frame: Uint8Array, nowMs: number): void {
    const watch = this.#watch;
    if (!isPacket(frame)) {
      this.#packets.charge(frame.length);
      watch?.sent(frame.length);
      return;
    }
    const kept = this.link.lastSent;
    if (kept !== undefined) watch?.sentPacket(kept.bytes, kept.offset, frame.length, nowMs);
    else watch?.sentPacket(ownMemory(frame), 0, frame.length, nowMs);
  }

  #drained(): void {
    this.#full = false;
    this.wake();
  }

  #silent(timeoutMs: number): void {
    const { code, message } = new BitcrapsError('MESH_LINK_SILENT', { timeoutMs });
    // Nothing would arrive any more: an orderly close might wait for ever.
    this.link.destroy({ code, detail: message });
    this.#end({ code, detail: message, by: 'local' });
  }

  #end(reason: NeighbourClose): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    this.#handshakeTimer?.cancel();
    this.#watch?.stop();
    this.#config.logger.debug('neighbour-closed', {
      neighbour: peerIdText(this.link.remoteKey),
      code: reason.code,
      by: reason.by,
    });
    this.#config.handlers.closed(reason);
    this.#packets.close();
  }
}

/** The frame in memory that is not much more than its own. */
function ownMemory(frame: Uint8Array): Uint8Array {
  return 2 * frame.byteLength < frame.buffer.byteLength ? frame.slice() : frame;
}

function isPacket(frame: Uint8Array): boolean {
  return frame[0] === FrameType.packet;
}
