// The packets that wait for one link of a gateway, in the order in which they deserve it: control before game before bulk
// up to their caps, sources of one class by deficit round robin, each source's packets in order and under CoDel; and each
// only once there are tokens for the link, the interface and the source. The neighbour asks; nothing here is sent.

import type { Timer } from '../../env/clock.ts';
import { peerIdText } from '../../core/peer-id.ts';
import type { PacketQueue } from '../../mesh/packet-queue.ts';
import { FLAGS_AT, markCongestion, PacketType, SOURCE_AT, TYPE_AT } from '../../wire/packet.ts';
import { AdaptiveRate } from './adaptive-rate.ts';
import { USAGE_WINDOW_MS, type DropReason, type LinkUsage } from './bandwidth-usage.ts';
import { ByteBucket } from './byte-bucket.ts';
import { BULK, CLASSES, ClassCaps, CONTROL, GAME, type ClassRank } from './class-caps.ts';
import { classify } from './classifier.ts';
import { Codel, isBrief } from './codel.ts';
import { DeficitRound } from './deficit-round.ts';
import { ParkedQueues } from './parked-queues.ts';
import { QUEUE_SOURCE_BYTES_MAX, type ShapedInterface } from './shaped-interface.ts';
import { SourceQueue } from './source-queue.ts';
import { countSent, sourceTake } from './source-state.ts';
import type { Source } from './source-table.ts';

/** What a source sends in its turn: a few packets of a game, one of the longest in four rounds. */
export const QUANTUM_BYTES: readonly [number, number, number] = [2 * 1024, 4 * 1024, 16 * 1024];
/** A frame is its type byte, then the packet. */
const PACKET_AT = 1;
/** Emptied queues that a source keeps, with what CoDel knows of them. */
const EMPTY_QUEUES_MAX = 8;
/** No link is further behind in its turns than one of the longest packets. */
const TURN_DEBT_BYTES_MAX: number = 64 * 1024;
/** In which order the classes are asked: by priority within their caps, then by priority. */
const URGENT: readonly ClassRank[] = [CONTROL, GAME];
const REST: readonly ClassRank[] = [BULK, CONTROL, GAME];

export class ShapedQueue implements PacketQueue {
  bytes = 0;
  waitedMs = 0;
  /** What it may still send in its turn among the links of its interface. */
  turnBytes = 0;
  /** It found no tokens when it was last asked. */
  isAsking = false;
  readonly #interface: ShapedInterface;
  /** PeerId of the other end. */
  readonly #peer: Uint8Array;
  readonly #rounds: readonly DeficitRound[] = QUANTUM_BYTES.map((bytes) => new DeficitRound(bytes));
  readonly #classBytes: number[] = Array.from({ length: CLASSES }, () => 0);
  readonly #caps = new ClassCaps();
  readonly #parked = new ParkedQueues();
  readonly #adaptive = new AdaptiveRate();
  /** What `#adaptive` holds the link to. */
  readonly #pace = new ByteBucket();
  #chosen: SourceQueue | null = null;
  #ready: () => void = () => {};
  #dropped: (frame: Uint8Array) => void = () => {};
  #timer: { readonly atMs: number; readonly timer: Timer } | null = null;
  /** Sources have queues here. */
  #isKnown = false;
  #isClosed = false;

  constructor(shaped: ShapedInterface, peer: Uint8Array) {
    this.#interface = shaped;
    this.#peer = peer;
    shaped.add(this);
  }

  /** Whether something waits that has priority. */
  get isUrgent(): boolean {
    return URGENT.some((rank) => this.#rounds[rank]?.first !== null && this.#isUrgent(rank));
  }

  push(frame: Uint8Array, nowMs: number): boolean {
    const shaped = this.#interface;
    const bytes = frame.length;
    shaped.arrived();
    const source = shaped.sources.at(frame, PACKET_AT + SOURCE_AT);
    const isFull = source.queuedBytes + bytes > QUEUE_SOURCE_BYTES_MAX;
    if ((isFull && source.queuedBytes > 0) || this.#isClosed) {
      shaped.dropped(this.#isClosed ? 'link-closed' : 'source-full');
      return false;
    }
    const [type, flags] = [frame[PACKET_AT + TYPE_AT] ?? 0, frame[PACKET_AT + FLAGS_AT] ?? 0];
    const rank = classify(
      type,
      flags,
      bytes,
      shaped.sources.state,
      source.slot,
      shaped.rates,
      nowMs,
    );
    const queue = this.#queueOf(source, rank);
    queue.push(shaped.waiting(frame, nowMs), shaped.lengths);
    this.#grew(queue, bytes, 1);
    this.#chosen = null;
    shaped.shorten(queue);
    return true;
  }

  first(nowMs: number): Uint8Array | null {
    if (this.bytes === 0) return null;
    this.#chosen = this.#choose(nowMs);
    return this.#chosen?.head?.frame ?? null;
  }

  shift(nowMs: number): Uint8Array | null {
    const queue = this.#chosen ?? (this.bytes === 0 ? null : this.#choose(nowMs));
    const head = queue?.head ?? null;
    if (queue === null || head === null) return null;
    const { frame } = head;
    const bytes = frame.length;
    const { rank, source } = queue;
    const shaped = this.#interface;
    this.waitedMs = nowMs - head.atMs;
    queue.deficit -= bytes;
    this.#takeFirst(queue);
    if (this.bytes > (this.#classBytes[rank] ?? 0)) this.#caps.sent(rank, bytes);
    this.#pace.take(bytes);
    this.#adaptive.sent(bytes);
    if (shaped.bucket.perMs !== Infinity) {
      if (shaped.isContended(rank)) shaped.caps.sent(rank, bytes);
      shaped.bucket.take(bytes);
      this.turnBytes = Math.max(-TURN_DEBT_BYTES_MAX, this.turnBytes - bytes);
    }
    if (shaped.isSourceLimited) {
      shaped.sourceLevel(source, nowMs);
      sourceTake(shaped.sources.state, source.slot, bytes);
    }
    countSent(shaped.sources.state, source.slot, bytes, nowMs, USAGE_WINDOW_MS);
    shaped.left(rank, bytes, this.waitedMs, nowMs);
    return frame;
  }

  pass(frame: Uint8Array, nowMs: number): boolean {
    const shaped = this.#interface;
    const isFree = this.bytes === 0 && this.#pace.perMs === Infinity && !this.#isClosed;
    if (!isFree || shaped.isSourceLimited || shaped.bucket.perMs !== Infinity) return false;
    const bytes = frame.length;
    const { state } = shaped.sources;
    const { slot } = shaped.sources.at(frame, PACKET_AT + SOURCE_AT);
    const [type, flags] = [frame[PACKET_AT + TYPE_AT] ?? 0, frame[PACKET_AT + FLAGS_AT] ?? 0];
    const rank = classify(type, flags, bytes, state, slot, shaped.rates, nowMs);
    this.waitedMs = 0;
    this.#adaptive.sent(bytes);
    countSent(state, slot, bytes, nowMs, USAGE_WINDOW_MS);
    shaped.arrived();
    shaped.left(rank, bytes, 0, nowMs);
    return true;
  }

  handOver(takes: (frame: Uint8Array) => boolean): void {
    this.#chosen = null;
    for (const { queue, frame } of this.#inOrder()) {
      if (!takes(frame)) continue;
      this.#takeOut(queue, frame);
      this.#interface.handedOver();
    }
  }

  charge(bytes: number): void {
    this.#interface.bucket.charge(bytes);
    this.#pace.charge(bytes);
    this.#adaptive.sent(bytes);
  }

  measured(roundTripMs: number, nowMs: number): void {
    if (!this.#adaptive.measured(roundTripMs, this.bytes > 0, nowMs)) return;
    this.#setPace(nowMs);
  }

  onReady(ready: () => void): void {
    this.#ready = ready;
  }

  onDrop(dropped: (frame: Uint8Array) => void): void {
    this.#dropped = dropped;
  }

  /** It is this link's turn, or what it waited for has come. */
  ready(): void {
    if (!this.#isClosed) this.#ready();
  }

  limitsChanged(nowMs: number): void {
    this.#setPace(nowMs);
    this.#unpark(Infinity);
    if (this.bytes > 0) this.#wakeAt(nowMs, nowMs);
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.timer.cancel();
    this.#interface.remove(this);
    for (const { queue } of this.#inOrder()) {
      this.#takeFirst(queue);
      this.#interface.dropped('link-closed');
    }
    // Strangers open and close links all the time: those cost nothing here.
    if (!this.#isKnown) return;
    for (const source of this.#interface.sources) this.#forgetQueuesOf(source);
  }

  /** All queues of the interface are too long, and this is the longest. */
  shorten(queue: SourceQueue): void {
    this.#drop(queue, 'overflow');
    if (this.#chosen === queue) this.#chosen = null;
  }

  usage(): LinkUsage {
    const { perMs } = this.#pace;
    return {
      peer: peerIdText(this.#peer),
      queuedBytes: this.bytes,
      adaptiveMbpsMax: perMs === Infinity ? null : (perMs * 8) / 1000,
    };
  }

  /** The queue whose first packet goes next; `null` if none may go now. */
  #choose(nowMs: number): SourceQueue | null {
    const shaped = this.#interface;
    this.#unpark(nowMs);
    const level = shaped.bucket.level(nowMs);
    const paceLevel = this.#pace.level(nowMs);
    const mayUrgent = level > 0 && paceLevel > 0;
    if (mayUrgent) {
      for (const rank of URGENT) {
        const queue = this.#isUrgent(rank) ? this.#firstOf(rank, nowMs) : null;
        if (queue !== null) return queue;
      }
    }
    const mayRest =
      mayUrgent && (level === Infinity || (level > shaped.reserve && shaped.hasTurn(this)));
    if (mayRest) {
      for (const rank of REST) {
        const queue = this.#firstOf(rank, nowMs);
        if (queue !== null) return queue;
      }
    }
    if (this.bytes > 0) this.#wait(paceLevel, mayRest, nowMs);
    return null;
  }

  #isUrgent(rank: ClassRank): boolean {
    const shaped = this.#interface;
    const isWithin = shaped.bucket.perMs === Infinity || shaped.caps.isUrgent(rank);
    return isWithin && this.#caps.isUrgent(rank);
  }

  /** The queue of the class whose turn it is, after CoDel; `null` if nothing of the class may go. */
  #firstOf(rank: ClassRank, nowMs: number): SourceQueue | null {
    const round = this.#rounds[rank];
    if (round === undefined) return null;
    for (let queue = round.first; queue !== null; queue = round.first) {
      const head = queue.head;
      if (head === null) return null;
      if (this.#isOverLimit(queue, nowMs)) continue;
      if (!round.mayFirst(head.frame.length)) continue;
      const kept = this.#judge(queue, nowMs);
      if (kept) return queue;
    }
    return null;
  }

  /** Lets CoDel look at the first packet. `false` if it was dropped: the round goes on. */
  #judge(queue: SourceQueue, nowMs: number): boolean {
    const head = queue.head;
    if (head === null) return false;
    const { frame, atMs } = head;
    const waitedMs = nowMs - atMs;
    if (queue.codel?.isWatching !== true && isBrief(queue.rank, waitedMs)) return true;
    queue.codel ??= new Codel(queue.rank);
    const isMarkable = frame[PACKET_AT + TYPE_AT] === PacketType.data;
    const { length } = frame;
    switch (queue.codel.judge(waitedMs, queue.bytes, length, isMarkable, nowMs)) {
      case 'pass':
        return true;
      case 'mark':
        markCongestion(frame, PACKET_AT);
        this.#interface.marked();
        return true;
      case 'drop':
        this.#drop(queue, 'standing');
        return false;
    }
  }

  /** Puts the queue aside if its source has to wait. */
  #isOverLimit(queue: SourceQueue, nowMs: number): boolean {
    if (!this.#interface.isSourceLimited) return false;
    const waitMs = this.#interface.sourceWaitMs(queue.source, nowMs);
    if (waitMs === 0) return false;
    this.#rounds[queue.rank]?.remove(queue);
    this.#parked.add(queue, nowMs + waitMs);
    return true;
  }

  #unpark(nowMs: number): void {
    for (let queue = this.#parked.first; queue !== null; queue = this.#parked.first) {
      const isLimited = this.#interface.isSourceLimited;
      if (isLimited && (queue.parkedUntilMs ?? 0) > nowMs) return;
      this.#parked.remove(queue);
      this.#rounds[queue.rank]?.add(queue);
    }
  }

  /** Something waits and nothing may go: for tokens of the link, of the interface, or of a source. */
  #wait(paceLevel: number, mayRest: boolean, nowMs: number): void {
    const isInRound = this.#rounds.some(({ first }) => first !== null);
    this.#pace.isAwaited = paceLevel <= 0;
    if (paceLevel <= 0) this.#wakeAt(nowMs + this.#pace.waitMs(0, nowMs), nowMs);
    else if (isInRound && !mayRest) this.#interface.wait(this, nowMs);
    const parked = this.#parked.first?.parkedUntilMs ?? null;
    if (parked !== null) this.#wakeAt(parked, nowMs);
  }

  #wakeAt(atMs: number, nowMs: number): void {
    if (this.#isClosed || (this.#timer !== null && this.#timer.atMs <= atMs)) return;
    this.#timer?.timer.cancel();
    const timer = this.#interface.clock.after(Math.max(0, atMs - nowMs), () => {
      this.#timer = null;
      this.ready();
    });
    this.#timer = { atMs, timer };
  }

  #setPace(nowMs: number): void {
    const perMs = this.#interface.adaptive ? this.#adaptive.perMs : Infinity;
    if (perMs === this.#pace.perMs) return;
    this.#pace.setRate(perMs, nowMs);
    if (this.bytes > 0) this.#wakeAt(nowMs, nowMs);
  }

  #queueOf(source: Source, rank: ClassRank): SourceQueue {
    const last = source.queue;
    const queue =
      last !== null && last.owner === this && last.rank === rank ? last : this.#find(source, rank);
    source.queue = queue;
    if (queue.head === null) this.#rounds[rank]?.add(queue);
    return queue;
  }

  #find(source: Source, rank: ClassRank): SourceQueue {
    const known = source.queues.find((one) => one.owner === this && one.rank === rank);
    if (known !== undefined) return known;
    const queue = new SourceQueue(this, source, rank);
    source.queues.push(queue);
    this.#isKnown = true;
    return queue;
  }

  #drop(queue: SourceQueue, reason: DropReason): void {
    const frame = queue.head?.frame ?? null;
    this.#takeFirst(queue);
    this.#interface.dropped(reason);
    if (frame !== null) this.#dropped(frame);
  }

  #takeFirst(queue: SourceQueue): void {
    const item = queue.shift(this.#interface.lengths);
    if (item === null) return;
    this.#grew(queue, -item.frame.length, -1);
    this.#interface.spare(item);
    if (queue.head === null) this.#ended(queue);
  }

  #takeOut(queue: SourceQueue, frame: Uint8Array): void {
    const item = queue.takeOut(frame, this.#interface.lengths);
    if (item === null) return;
    this.#grew(queue, -frame.length, -1);
    if (queue.head === null) this.#ended(queue);
  }

  #grew(queue: SourceQueue, bytes: number, packets: number): void {
    const { rank, source } = queue;
    const shaped = this.#interface;
    this.bytes += bytes;
    this.#classBytes[rank] = (this.#classBytes[rank] ?? 0) + bytes;
    source.queuedBytes += bytes;
    shaped.queuedBytes += bytes;
    shaped.queuedPackets += packets;
    shaped.classBytes[rank] = (shaped.classBytes[rank] ?? 0) + bytes;
  }

  /** The queue is empty. */
  #ended(queue: SourceQueue): void {
    const { source } = queue;
    if (queue.parkedUntilMs === null) this.#rounds[queue.rank]?.remove(queue);
    else this.#parked.remove(queue);
    if (this.#chosen === queue) this.#chosen = null;
    if (source.queues.length > EMPTY_QUEUES_MAX) {
      source.queues.splice(source.queues.indexOf(queue), 1);
      if (source.queue === queue) source.queue = null;
    }
  }

  #forgetQueuesOf(source: Source): void {
    const { queues } = source;
    if (source.queue?.owner === this) source.queue = null;
    for (let at = queues.length - 1; at >= 0; at -= 1) {
      if (queues[at]?.owner === this) queues.splice(at, 1);
    }
  }

  /** What waits, oldest first. */
  #inOrder(): readonly { readonly queue: SourceQueue; readonly frame: Uint8Array }[] {
    const queues = [...this.#rounds.flatMap((round) => [...round]), ...this.#parked];
    const all = queues.flatMap((queue) =>
      [...queue].map(({ frame, atMs }) => ({ queue, frame, atMs })),
    );
    return all.toSorted((a, b) => a.atMs - b.atMs);
  }
}
