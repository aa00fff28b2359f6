// One end of a simulated link. As a stream it behaves like TCP (order kept, loss shows as delay, a cut stalls it and
// then breaks it); as datagrams it shows loss, repetition and reordering. It implements `Link` of `src/env/link.ts`.

import { assert } from '../core/assert.ts';
import { BitcrapsError } from '../core/errors.ts';
import { peerIdShort } from '../core/peer-id.ts';
import type { Timer } from '../env/clock.ts';
import type { Link, LinkClose, LinkHandlers, SendResult } from '../env/link.ts';
import { datagramDelaysMs, departure, streamDelayMs, type Path } from './path.ts';
import { logLabel, type LogLabel } from './event-log.ts';
import type { World } from './world.ts';

/** Bounds and kind of the links of one endpoint. */
export interface SimLinkOptions {
  /** `true`: a stream; `false`: datagrams. */
  readonly reliable: boolean;
  readonly frameBytesMax: number;
  readonly queueBytesMax: number;
  /** A stream with something to deliver that makes no progress for so long breaks with `LINK_STALLED`. */
  readonly stallTimeoutMs: number;
  /** Frames that their sender hands over: they travel without a copy. Default: none. */
  readonly handedOver?: HandedOver;
}

export interface HandedOver {
  /** Whether nobody but the link holds the frame once it is sent. */
  includes(frame: Uint8Array): boolean;
  /** The receiver has read it, and holds nothing of it. */
  read(frame: Uint8Array): void;
}

export interface SimLinkCounters {
  framesSent: number;
  framesDelivered: number;
  framesLost: number;
  bytesDelivered: number;
}

export interface SimEndConfig {
  readonly world: World;
  readonly options: SimLinkOptions;
  readonly role: 'dialer' | 'listener';
  readonly localKey: Uint8Array;
  readonly remoteKey: Uint8Array;
  readonly remoteAddress: string;
  readonly channelBinding: Uint8Array;
  readonly out: Path;
  readonly back: Path;
  readonly blocked: (path: Path) => boolean;
  readonly counters: SimLinkCounters;
  /** Called once, when the end is over. */
  readonly onOver: (end: SimEnd) => void;
}

/** A frame, or `null` for the end of the stream. */
type Item = Uint8Array | null;

export class SimEnd implements Link {
  readonly transport: string;
  readonly role: 'dialer' | 'listener';
  readonly remoteKey: Uint8Array;
  readonly remoteAddress: string;
  readonly channelBinding: Uint8Array;
  readonly reliable: boolean;
  readonly frameBytesMax: number;
  readonly queueBytesMax: number;
  readonly #config: SimEndConfig;
  readonly #world: World;
  readonly #name: string;
  readonly #out: Path;
  readonly #frameLabel: LogLabel;
  /** What a stream carries just now, in order; each arrival takes the first. */
  readonly #travelling: Item[] = [];
  #peer: SimEnd | null = null;
  #handlers: LinkHandlers | null = null;
  /** Handlers are attached and the frames that came before them delivered. */
  #ready = false;
  #inbox: Uint8Array[] = [];
  #inboxBytes = 0;
  #queue: Item[] = [];
  #bufferedBytes = 0;
  #wantsDrain = false;
  #departing = false;
  /** Sent while the other end had no receiver: like a kernel's buffers, it takes `queueBytesMax` and then pushes back. */
  #unreadBytes = 0;
  /** Sent, and waiting where the cut caught it. */
  #stranded: Item[] = [];
  #stall: Timer | null = null;
  #lastArrivalMs = 0;
  #endSent = false;
  #endReceived = false;
  #ending = false;
  #over: LinkClose | null = null;
  /** The process of this end is gone: no handler is called any more. */
  #vanished = false;
  readonly #resume = (): void => this.#tryResume();
  readonly #arriveNext = (): void => this.#reach(this.#travelling.shift() ?? null);

  constructor(config: SimEndConfig) {
    const { options } = config;
    this.#config = config;
    this.#world = config.world;
    this.#out = config.out;
    this.#name = `${peerIdShort(config.localKey)} from ${peerIdShort(config.remoteKey)}`;
    this.#frameLabel = logLabel(`frame ${this.#name}`);
    this.transport = options.reliable ? 'sim' : 'sim-datagram';
    this.role = config.role;
    this.remoteKey = config.remoteKey;
    this.remoteAddress = config.remoteAddress;
    this.channelBinding = config.channelBinding;
    this.reliable = options.reliable;
    this.frameBytesMax = options.frameBytesMax;
    this.queueBytesMax = options.queueBytesMax;
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  get #other(): SimEnd {
    assert(this.#peer !== null, 'both ends are joined');
    return this.#peer;
  }

  /** Joins the two ends; called once, before anything is sent. */
  static join(a: SimEnd, b: SimEnd): void {
    a.#peer = b;
    b.#peer = a;
  }

  attach(handlers: LinkHandlers): void {
    assert(this.#handlers === null, 'a link has one receiver');
    this.#handlers = handlers;
    this.#soon(() => {
      for (let frame = this.#inbox.shift(); frame !== undefined; frame = this.#inbox.shift()) {
        this.#deliver(frame);
      }
      this.#ready = true;
      if (this.#over !== null) this.#tellClose(this.#over);
      else this.#other.#tryResume();
    });
  }

  send(frame: Uint8Array): SendResult {
    const { frameBytesMax } = this;
    assert(frame.length > 0, 'a frame has at least one byte');
    if (frame.length > frameBytesMax) {
      throw new BitcrapsError('LINK_FRAME_TOO_LONG', { bytes: frame.length, frameBytesMax });
    }
    if (this.#over !== null || this.#ending) return 'closed';
    if (this.#bufferedBytes >= this.queueBytesMax) {
      this.#wantsDrain = true;
      return 'full';
    }
    this.#config.counters.framesSent += 1;
    this.#bufferedBytes += frame.length;
    const isHandedOver = this.#config.options.handedOver?.includes(frame) === true;
    this.#queue.push(isHandedOver ? frame : frame.slice());
    this.#pump();
    return 'sent';
  }

  close(): void {
    if (this.#ending || this.#over !== null) return;
    this.#ending = true;
    this.#queue.push(null);
    this.#pump();
  }

  destroy(reason: LinkClose): void {
    this.#world.log(`destroy ${this.#name} ${reason.code ?? 'orderly'} ${reason.detail}`);
    this.#break(reason);
  }

  /** The process of this end is gone. `tellPeer`: its kernel still sends a reset. */
  vanish(tellPeer: boolean): void {
    if (this.#vanished) return;
    if (tellPeer && this.#over === null) this.#sendReset('the process ended');
    this.#vanished = true;
    this.#finish({ code: 'LINK_RESET', detail: 'the process ended' });
  }

  /** The other end is gone without a goodbye. */
  reset(detail: string): void {
    this.#finish({ code: 'LINK_RESET', detail });
  }

  /** Something of this stream cannot be delivered or acknowledged for now. */
  #suspectStall(): void {
    if (this.#over !== null) return;
    const { stallTimeoutMs } = this.#config.options;
    this.#stall ??= this.#world.clock.after(stallTimeoutMs, () => {
      this.#break({ code: 'LINK_STALLED', detail: `no progress for ${stallTimeoutMs} ms` });
    });
    this.#out.waiting.add(this.#resume);
    this.#config.back.waiting.add(this.#resume);
  }

  #tryResume(): void {
    if (this.#over !== null) return;
    if (this.#isStalled()) {
      if (this.#stall !== null || this.#queue.length > 0) this.#suspectStall();
      return;
    }
    this.#forgetStall();
    for (const item of this.#stranded.splice(0)) this.#transmit(item);
    this.#pump();
  }

  #forgetStall(): void {
    this.#stall?.cancel();
    this.#stall = null;
    this.#out.waiting.delete(this.#resume);
    this.#config.back.waiting.delete(this.#resume);
  }

  /** A stream needs both directions: one for the data, one for its acknowledgements. */
  #isStalled(): boolean {
    const { blocked, back } = this.#config;
    return this.reliable && (blocked(this.#out) || blocked(back) || this.#isUnread());
  }

  #isUnread(): boolean {
    return !this.#other.#ready && this.#unreadBytes >= this.queueBytesMax;
  }

  #pump(): void {
    while (!this.#departing && this.#over === null) {
      const item = this.#queue[0];
      if (item === undefined) return;
      if (this.#isStalled()) {
        this.#suspectStall();
        return;
      }
      const nowMs = this.#world.clock.now();
      const departMs = departure(this.#out, nowMs, item?.length ?? 0);
      if (departMs > nowMs) {
        this.#departing = true;
        this.#world.at(departMs, () => this.#departLater(item));
        return;
      }
      this.#depart(item);
    }
  }

  #departLater(item: Item): void {
    this.#departing = false;
    if (this.#over !== null) return;
    this.#depart(item);
    this.#pump();
  }

  #depart(item: Item): void {
    this.#queue.shift();
    this.#bufferedBytes -= item?.length ?? 0;
    if (!this.#other.#ready) this.#unreadBytes += item?.length ?? 0;
    this.#transmit(item);
    if (this.#wantsDrain && this.#bufferedBytes <= this.queueBytesMax / 2) {
      this.#wantsDrain = false;
      this.#soon(() => {
        if (this.#over === null && !this.#ending) this.#handlers?.drain();
      });
    }
    if (item !== null) return;
    this.#endSent = true;
    this.#checkEnded();
  }

  /** The item has left the queue and travels. */
  #transmit(item: Item): void {
    const { counters, blocked } = this.#config;
    if (this.reliable) {
      const arrivalMs = this.#world.clock.now() + streamDelayMs(this.#out);
      this.#lastArrivalMs = Math.max(arrivalMs, this.#lastArrivalMs);
      this.#travelling.push(item);
      this.#world.at(this.#lastArrivalMs, this.#arriveNext);
      return;
    }
    const delays = blocked(this.#out) ? [] : datagramDelaysMs(this.#out);
    if (delays.length === 0) counters.framesLost += 1;
    for (const delayMs of delays) {
      this.#world.clock.after(delayMs, () => {
        if (!blocked(this.#out)) this.#other.#arrive(item?.slice() ?? null);
        else counters.framesLost += 1;
      });
    }
  }

  /** An item of a stream comes to the other end, or to the place where the path is cut. */
  #reach(item: Item): void {
    const { blocked, back } = this.#config;
    if (this.#stranded.length > 0 || blocked(this.#out)) {
      if (this.#over !== null) return;
      this.#stranded.push(item);
      this.#suspectStall();
      return;
    }
    this.#other.#arrive(item);
    if (blocked(back)) this.#suspectStall();
  }

  #arrive(item: Item): void {
    if (this.#over !== null) {
      // Nobody is here any more; after an orderly end a late end needs no answer.
      if (item !== null || this.#over.code !== null) this.#sendReset('the other end is gone');
    } else if (item === null) {
      this.#endReceived = true;
      this.close();
      this.#checkEnded();
    } else if (this.#ready) {
      this.#deliver(item);
    } else if (this.reliable || this.#inboxBytes < this.queueBytesMax) {
      this.#inbox.push(item);
      this.#inboxBytes += item.length;
    } else {
      this.#config.counters.framesLost += 1;
    }
  }

  #deliver(frame: Uint8Array): void {
    const { counters } = this.#config;
    counters.framesDelivered += 1;
    counters.bytesDelivered += frame.length;
    this.#world.log(this.#frameLabel, frame);
    this.#handlers?.frame(frame);
    const { handedOver } = this.#config.options;
    if (handedOver?.includes(frame) === true) handedOver.read(frame);
  }

  #checkEnded(): void {
    if (!this.#endSent || (this.reliable && !this.#endReceived)) return;
    this.#finish({ code: null, detail: 'closed' });
  }

  #break(reason: LinkClose): void {
    if (this.#over !== null) return;
    this.#inbox = [];
    this.#finish(reason);
    this.#sendReset(reason.code ?? 'closed');
  }

  #sendReset(detail: string): void {
    const { blocked } = this.#config;
    if (blocked(this.#out)) return;
    this.#world.clock.after(streamDelayMs(this.#out), () => {
      if (!blocked(this.#out)) this.#other.reset(detail);
    });
  }

  #finish(reason: LinkClose): void {
    if (this.#over !== null) return;
    this.#over = reason;
    this.#queue = [];
    this.#stranded = [];
    this.#bufferedBytes = 0;
    this.#forgetStall();
    this.#config.onOver(this);
    this.#soon(() => {
      if (this.#ready) this.#tellClose(reason);
    });
  }

  #tellClose(reason: LinkClose): void {
    const handlers = this.#handlers;
    if (handlers === null) return;
    this.#handlers = null;
    this.#world.log(`close ${this.#name} ${reason.code ?? 'orderly'}`);
    handlers.close(reason);
  }

  #soon(run: () => void): void {
    this.#world.clock.after(0, () => {
      if (!this.#vanished) run();
    });
  }
}
