// One of a gateway's two sides, towards its mesh or towards other gateways: the tokens, sources, bounds and counters that
// the queues of all its links share, and whose turn it is when tokens are short.

import type { Clock, Timer } from '../../env/clock.ts';
import { peerIdText } from '../../core/peer-id.ts';
import {
  DROP_REASONS,
  USAGE_WINDOW_MS,
  UsageWindow,
  type DropReason,
  type InterfaceUsage,
} from './bandwidth-usage.ts';
import { ByteBucket } from './byte-bucket.ts';
import { CLASSES, ClassCaps, type ClassRank } from './class-caps.ts';
import type { BudgetRates } from './classifier.ts';
import { bytesPerMs, type ShapingLimits } from './limits.ts';
import { QueueLengths } from './queue-lengths.ts';
import type { ShapedQueue } from './shaped-queue.ts';
import type { SourceQueue, Waiting } from './source-queue.ts';
import { sentRate, sourceLevel } from './source-state.ts';
import { SourceTable, type Source } from './source-table.ts';

/** What waits on one interface; at the bound the longest queue loses its oldest packet. */
export const QUEUE_BYTES_MAX: number = 32 * 1024 * 1024;
/** Small packets cost more than their bytes. */
export const QUEUE_PACKETS_MAX = 65_536;
/** What waits of one source on one interface; at the bound its packets are refused, and it is told. */
export const QUEUE_SOURCE_BYTES_MAX: number = 2 * 1024 * 1024;
/** Bytes of an emptied packet list that are kept for the next packets. */
const SPARE_PACKETS_MAX = 4_096;
/** Of the burst, what is left to control and game: a packet of theirs finds tokens although bulk waits for some. */
const RESERVE_OF_BURST: number = 1 / 4;
/** What a link may send in its turn while others wait for tokens. */
const TURN_BYTES: number = 16 * 1024;
/** Turns until a link that sent one of the longest packets has its next, at the most. */
const TURNS_MAX = 5;
/** Sources that a report names. */
const REPORTED_SOURCES_MAX = 10;
/** Sums of fractional times need not be exact. */
const ROUNDING_MS = 0.01;
const NO_FRAME: Uint8Array = new Uint8Array(0);

export class ShapedInterface {
  readonly clock: Clock;
  readonly bucket: ByteBucket = new ByteBucket();
  readonly caps: ClassCaps = new ClassCaps();
  readonly lengths: QueueLengths = new QueueLengths();
  readonly sources: SourceTable;
  readonly classBytes: number[] = Array.from({ length: CLASSES }, () => 0);
  queuedBytes = 0;
  queuedPackets = 0;
  rates: BudgetRates;
  adaptive: boolean;
  isSourceLimited = false;
  readonly #usage: UsageWindow;
  readonly #drops: Record<DropReason, number>;
  readonly #totals = { in: 0, out: 0, handedOver: 0, marked: 0 };
  readonly #links = new Set<ShapedQueue>();
  #mbpsMax: number | null = null;
  /** Rate and burst that all sources share. */
  readonly #sourceBucket = new ByteBucket();
  /** Links with something to send that found no tokens, in the order of their turns. */
  readonly #waiting: ShapedQueue[] = [];
  #serving: ShapedQueue | null = null;
  #timer: { readonly atMs: number; readonly timer: Timer } | null = null;
  #spare: Waiting | null = null;
  #spares = 0;

  constructor(clock: Clock, salt: number, limits: ShapingLimits, mbpsMax: number | null) {
    this.clock = clock;
    this.rates = budgetRates(limits);
    this.adaptive = limits.adaptive;
    const nowMs = clock.now();
    this.#usage = new UsageWindow(nowMs);
    this.#drops = Object.fromEntries(DROP_REASONS.map((reason) => [reason, 0])) as Record<
      DropReason,
      number
    >;
    this.sources = new SourceTable(salt);
    this.setLimits(limits, mbpsMax);
  }

  /** In force at once; what waits stays. */
  setLimits(limits: ShapingLimits, mbpsMax: number | null): void {
    const nowMs = this.clock.now();
    this.#mbpsMax = mbpsMax;
    this.bucket.setRate(mbpsMax === null ? Infinity : bytesPerMs(mbpsMax), nowMs);
    if (this.isSourceLimited) for (const source of this.sources) this.sourceLevel(source, nowMs);
    const perMs = limits.peerMbpsMax === null ? Infinity : bytesPerMs(limits.peerMbpsMax);
    this.isSourceLimited = perMs !== Infinity;
    this.#sourceBucket.setRate(perMs, nowMs);
    this.rates = budgetRates(limits);
    this.adaptive = limits.adaptive;
    this.#arm(nowMs, nowMs);
    for (const link of this.#links) link.limitsChanged(nowMs);
  }

  add(link: ShapedQueue): void {
    this.#links.add(link);
  }

  remove(link: ShapedQueue): void {
    this.#links.delete(link);
    this.#leave(link);
  }

  /** A list item for the frame. */
  waiting(frame: Uint8Array, atMs: number): Waiting {
    const spare = this.#spare;
    if (spare === null) return { frame, atMs, next: null };
    this.#spare = spare.next;
    this.#spares -= 1;
    spare.frame = frame;
    spare.atMs = atMs;
    spare.next = null;
    return spare;
  }

  /** The item is not used any more. */
  spare(item: Waiting): void {
    if (this.#spares >= SPARE_PACKETS_MAX) return;
    item.frame = NO_FRAME;
    item.next = this.#spare;
    this.#spare = item;
    this.#spares += 1;
  }

  arrived(): void {
    this.#totals.in += 1;
  }

  left(rank: ClassRank, bytes: number, waitedMs: number, nowMs: number): void {
    this.#totals.out += 1;
    this.#usage.left(rank, bytes, waitedMs, nowMs);
  }

  marked(): void {
    this.#totals.marked += 1;
  }

  handedOver(): void {
    this.#totals.handedOver += 1;
  }

  dropped(reason: DropReason): void {
    this.#drops[reason] += 1;
  }

  /** So many bytes came in from this side. */
  received(bytes: number, nowMs: number): void {
    this.#usage.received(bytes, nowMs);
  }

  /** Drops until what waits is within its bounds; of `newest`, which just grew, where all queues are short. */
  shorten(newest: SourceQueue): void {
    while (this.queuedBytes > QUEUE_BYTES_MAX || this.queuedPackets > QUEUE_PACKETS_MAX) {
      const longest = this.lengths.longest() ?? newest;
      longest.owner.shorten(longest);
    }
  }

  /** Tokens of the source; only where sources are limited. */
  sourceLevel({ slot }: Source, nowMs: number): number {
    const { perMs, burst } = this.#sourceBucket;
    return sourceLevel(this.sources.state, slot, perMs, burst, nowMs);
  }

  /** How long the source has to wait for tokens, 0 if it has some. */
  sourceWaitMs(source: Source, nowMs: number): number {
    const level = this.sourceLevel(source, nowMs);
    return level > 0 ? 0 : -level / this.#sourceBucket.perMs + ROUNDING_MS;
  }

  /** Whether packets of other classes wait anywhere on this side. */
  isContended(rank: ClassRank): boolean {
    return this.queuedBytes > (this.classBytes[rank] ?? 0);
  }

  /** Tokens that bulk leaves to the classes before it. */
  get reserve(): number {
    return this.bucket.burst * RESERVE_OF_BURST;
  }

  /** Whether the link may send what has no priority, as far as others that wait are concerned. */
  hasTurn(link: ShapedQueue): boolean {
    return this.#serving === link ? link.turnBytes > 0 : this.#waiting.length === 0;
  }

  /** The link found no tokens: `ready` is called when it is its turn. */
  wait(link: ShapedQueue, nowMs: number): void {
    link.isAsking = true;
    this.bucket.isAwaited = true;
    if (!this.#waiting.includes(link)) {
      // Who waits alone owes nobody anything.
      if (this.#waiting.length === 0) link.turnBytes = TURN_BYTES;
      this.#waiting.push(link);
    }
    if (this.#serving === null) this.#arm(this.#readyAtMs(nowMs), nowMs);
  }

  usage(nowMs: number): InterfaceUsage {
    return {
      mbpsMax: this.#mbpsMax,
      ...this.#usage.report(this.classBytes, nowMs),
      sources: this.#largestSources(nowMs),
      links: [...this.#links].map((link) => link.usage()),
      queuedBytes: this.queuedBytes,
      queuedPackets: this.queuedPackets,
      drops: { ...this.#drops },
      totals: { ...this.#totals },
    };
  }

  windowMs(nowMs: number): number {
    return this.#usage.windowMs(nowMs);
  }

  stop(): void {
    this.#timer?.timer.cancel();
    this.#timer = null;
    this.#waiting.length = 0;
  }

  #readyAtMs(nowMs: number): number {
    const isUrgent = this.#waiting.some((link) => link.isUrgent);
    return nowMs + this.bucket.waitMs(isUrgent ? 0 : this.reserve, nowMs);
  }

  #arm(atMs: number, nowMs: number): void {
    if (this.#waiting.length === 0) return;
    if (this.#timer !== null && this.#timer.atMs <= atMs) return;
    this.#timer?.timer.cancel();
    const timer = this.clock.after(Math.max(0, atMs - nowMs), () => {
      this.#timer = null;
      this.#serve();
    });
    this.#timer = { atMs, timer };
  }

  /** Gives those that wait what tokens there are: first what is urgent, then in turns. */
  #serve(): void {
    for (const link of this.#waiting.filter(({ isUrgent }) => isUrgent)) {
      if (this.bucket.level(this.clock.now()) <= 0) break;
      link.isAsking = false;
      link.ready();
      // Who asks again keeps its place; who does not has nothing more to send, or cannot.
      if (!link.isAsking) this.#leave(link);
    }
    for (let turns = TURNS_MAX * this.#waiting.length; turns > 0; turns -= 1) {
      if (this.bucket.level(this.clock.now()) <= this.reserve) break;
      this.#turn();
    }
    const nowMs = this.clock.now();
    this.bucket.isAwaited = this.#waiting.length > 0;
    this.#arm(this.#readyAtMs(nowMs), nowMs);
  }

  #leave(link: ShapedQueue): void {
    const at = this.#waiting.indexOf(link);
    if (at >= 0) this.#waiting.splice(at, 1);
    // Until the turn of the others is over, what was kept stays.
    if (this.#serving === null && this.#waiting.length === 0) this.bucket.isAwaited = false;
  }

  /** Lets the first go on with its turn, or passes the turn on: deficit round robin again, of links. */
  #turn(): void {
    const [link] = this.#waiting;
    if (link === undefined) return;
    if (link.turnBytes <= 0) {
      link.turnBytes += TURN_BYTES;
      this.#waiting.shift();
      this.#waiting.push(link);
      return;
    }
    this.#serving = link;
    link.isAsking = false;
    link.ready();
    this.#serving = null;
    if (!link.isAsking) this.#leave(link);
  }

  #largestSources(nowMs: number): InterfaceUsage['sources'] {
    const rated = [...this.sources].map((source) => ({
      source,
      rate: sentRate(this.sources.state, source.slot, nowMs, USAGE_WINDOW_MS),
    }));
    return rated
      .filter(({ rate, source }) => rate.packetsPerSecond > 0 || source.queuedBytes > 0)
      .toSorted((a, b) => b.rate.bytesPerSecond - a.rate.bytesPerSecond)
      .slice(0, REPORTED_SOURCES_MAX)
      .map(({ source, rate }) => ({
        peer: peerIdText(this.sources.idOf(source)),
        ...rate,
        queuedBytes: source.queuedBytes,
      }));
  }
}

function budgetRates(limits: ShapingLimits): BudgetRates {
  return {
    controlPerMs: bytesPerMs(limits.controlPeerMbpsMax),
    gamePerMs: bytesPerMs(limits.gamePeerMbpsMax),
  };
}
