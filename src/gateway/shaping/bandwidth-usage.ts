// What a gateway carried lately, as measured: by interface, class and source, with what it dropped and how long packets
// waited. Rates and waits are over the last ten seconds, in slices of one; drops and totals since the start.

import type { PeerIdText } from '../../core/peer-id.ts';
import { CLASS_NAMES, CLASSES, type ClassRank } from './class-caps.ts';
import { SKETCH_COUNTERS, sketchIndex, sketchQuantile } from './delay-sketch.ts';

export const USAGE_WINDOW_MS = 10_000;
const SLICE_MS = 1_000;
const SLICES: number = USAGE_WINDOW_MS / SLICE_MS;

/** Towards the own mesh, and towards other gateways. */
export type InterfaceName = 'local' | 'internet';
export type ClassName = (typeof CLASS_NAMES)[number];

/**
 * `source-full`: refused, its source has enough waiting. `overflow`: of the longest queue, all together were too long.
 * `standing`: CoDel. `link-closed`: it waited for a link that ended.
 */
export const DROP_REASONS = ['source-full', 'overflow', 'standing', 'link-closed'] as const;
export type DropReason = (typeof DROP_REASONS)[number];

export interface Rate {
  readonly bytesPerSecond: number;
  readonly packetsPerSecond: number;
}

export interface ClassUsage extends Rate {
  /** Since the start. */
  readonly bytes: number;
  readonly packets: number;
  readonly queuedBytes: number;
  /** `null` where nothing left. */
  readonly queueMsP50: number | null;
  readonly queueMsP99: number | null;
}

export interface SourceUsage extends Rate {
  readonly peer: PeerIdText;
  readonly queuedBytes: number;
}

export interface LinkUsage {
  /** PeerId of the other end. */
  readonly peer: PeerIdText;
  readonly queuedBytes: number;
  /** What the link is held to since its round trips grew; `null` while they do not. */
  readonly adaptiveMbpsMax: number | null;
}

/** Packets since the start: `in` = `out` + all drops + `handedOver` + what waits. */
export interface PacketTotals {
  readonly in: number;
  readonly out: number;
  /** Taken back to go another way. */
  readonly handedOver: number;
  /** Left with the congestion mark that CoDel gave. */
  readonly marked: number;
}

export interface InterfaceUsage {
  /** The limit in force. */
  readonly mbpsMax: number | null;
  /** What was sent. */
  readonly out: Rate;
  /** What came in from there, as far as it was told (`ShapedInterface.received`). */
  readonly in: Rate;
  readonly classes: Readonly<Record<ClassName, ClassUsage>>;
  /** The ones that sent the most, the first first. */
  readonly sources: readonly SourceUsage[];
  readonly links: readonly LinkUsage[];
  readonly queuedBytes: number;
  readonly queuedPackets: number;
  readonly drops: Readonly<Record<DropReason, number>>;
  readonly totals: PacketTotals;
}

export interface BandwidthUsage {
  /** What rates and waits are over: less than ten seconds just after the start. */
  readonly windowMs: number;
  readonly interfaces: Readonly<Record<InterfaceName, InterfaceUsage>>;
}

/** One second of one interface. */
class Slice {
  number = -1;
  readonly bytes: number[] = Array.from({ length: CLASSES + 1 }, () => 0);
  readonly packets: number[] = Array.from({ length: CLASSES + 1 }, () => 0);
  readonly waits: readonly Uint32Array[] = Array.from(
    { length: CLASSES },
    () => new Uint32Array(SKETCH_COUNTERS),
  );

  begin(number: number): void {
    this.number = number;
    this.bytes.fill(0);
    this.packets.fill(0);
    for (const counters of this.waits) counters.fill(0);
  }
}

/** What comes in stands behind the classes of what goes out. */
const IN = CLASSES;

/** The sliding window of one interface. */
export class UsageWindow {
  readonly #slices: readonly Slice[] = Array.from({ length: SLICES }, () => new Slice());
  #present: Slice;
  readonly #startedAtMs: number;
  /** Since the start. */
  readonly #bytes: number[] = Array.from({ length: CLASSES }, () => 0);
  readonly #packets: number[] = Array.from({ length: CLASSES }, () => 0);

  constructor(nowMs: number) {
    this.#startedAtMs = nowMs;
    this.#present = this.#at(nowMs);
  }

  left(rank: ClassRank, bytes: number, waitedMs: number, nowMs: number): void {
    const slice = this.#at(nowMs);
    slice.bytes[rank] = (slice.bytes[rank] ?? 0) + bytes;
    slice.packets[rank] = (slice.packets[rank] ?? 0) + 1;
    this.#bytes[rank] = (this.#bytes[rank] ?? 0) + bytes;
    this.#packets[rank] = (this.#packets[rank] ?? 0) + 1;
    const counters = slice.waits[rank];
    const index = sketchIndex(waitedMs);
    if (counters !== undefined) counters[index] = (counters[index] ?? 0) + 1;
  }

  received(bytes: number, nowMs: number): void {
    const slice = this.#at(nowMs);
    slice.bytes[IN] = (slice.bytes[IN] ?? 0) + bytes;
    slice.packets[IN] = (slice.packets[IN] ?? 0) + 1;
  }

  /** What `report` is over. */
  windowMs(nowMs: number): number {
    // The oldest of the slices has just begun to be written anew: the window is as long as what is left of the others.
    const spanMs = USAGE_WINDOW_MS - SLICE_MS + (nowMs % SLICE_MS);
    return Math.max(1, Math.min(spanMs, nowMs - this.#startedAtMs));
  }

  /** By class; waiting bytes come from whoever holds them. */
  report(
    queuedBytes: readonly number[],
    nowMs: number,
  ): Pick<InterfaceUsage, 'classes' | 'in' | 'out'> {
    const recent = this.#recent(nowMs);
    const windowMs = this.windowMs(nowMs);
    const rate = (index: number): Rate => rateOf(recent, index, windowMs);
    const classes = CLASS_NAMES.map((name, rank) => {
      const waits = new Uint32Array(SKETCH_COUNTERS).map((_, i) =>
        recent.reduce((sum, slice) => sum + (slice.waits[rank]?.[i] ?? 0), 0),
      );
      const usage: ClassUsage = {
        ...rate(rank),
        bytes: this.#bytes[rank] ?? 0,
        packets: this.#packets[rank] ?? 0,
        queuedBytes: queuedBytes[rank] ?? 0,
        queueMsP50: sketchQuantile(waits, 0.5),
        queueMsP99: sketchQuantile(waits, 0.99),
      };
      return [name, usage] as const;
    });
    const rates = classes.map(([, usage]) => usage);
    return {
      classes: Object.fromEntries(classes) as Record<ClassName, ClassUsage>,
      in: rate(IN),
      out: {
        bytesPerSecond: rates.reduce((sum, one) => sum + one.bytesPerSecond, 0),
        packetsPerSecond: rates.reduce((sum, one) => sum + one.packetsPerSecond, 0),
      },
    };
  }

  #at(nowMs: number): Slice {
    const number = Math.floor(nowMs / SLICE_MS);
    if (this.#present?.number === number) return this.#present;
    const slice = this.#slices[number % SLICES] ?? new Slice();
    if (slice.number !== number) slice.begin(number);
    this.#present = slice;
    return slice;
  }

  #recent(nowMs: number): readonly Slice[] {
    const number = Math.floor(nowMs / SLICE_MS);
    return this.#slices.filter((slice) => slice.number > number - SLICES && slice.number >= 0);
  }
}

function rateOf(slices: readonly Slice[], index: number, windowMs: number): Rate {
  const perSecond = 1000 / windowMs;
  return {
    bytesPerSecond: slices.reduce((sum, { bytes }) => sum + (bytes[index] ?? 0), 0) * perSecond,
    packetsPerSecond:
      slices.reduce((sum, { packets }) => sum + (packets[index] ?? 0), 0) * perSecond,
  };
}
