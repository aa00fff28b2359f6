// What a node had carried to other meshes: through which gateway of its own mesh, what of it the destinations report to
// have received, and what that is worth at the gateway's price. The other side of a gateway's accounts, and the only one
// that knows of delivery, since reports are sealed to the source. A report is booked to the gateway that is used when it comes.

import { bytesEqual, concat, toHex, utf8 } from '../../core/bytes.ts';
import { BitcrapsError } from '../../core/errors.ts';
import { PEER_ID_BYTES } from '../../core/peer-id.ts';
import type { Clock } from '../../env/clock.ts';
import type { Logger } from '../../env/logger.ts';
import type { Store, StoreEntry, StoreWrite } from '../../env/store.ts';
import type { FlowFeedback, Mesh } from '../../mesh/mesh.ts';
import { LEDGER, type LedgerLimits } from './limits.ts';
import type { PriceTable } from './price.ts';
import { OTHERS } from './record.ts';
import { endOf, numbersBytes, numbersOf } from './tally-code.ts';
import { WriteBehind } from './write-behind.ts';

const PREFIX: Uint8Array = utf8('relay/payer/');
const TOTALS_KEY: Uint8Array = utf8('relay/payer-totals');
/** Destinations of one epoch; further ones are summed up for each gateway. */
export const DESTINATIONS_MAX = 4_096;
/** Old records that one batch removes. */
const PRUNED_MAX = 64;

export interface PayerCounts {
  deliveredPackets: number;
  /** Of their bodies. */
  deliveredBytes: number;
  /** Never reported. */
  lostPackets: number;
}

/** `due`: delivered bytes times the gateway's price for a MiB of game traffic at that time: units × 2^20. */
export interface PayerRecord extends Readonly<PayerCounts> {
  readonly epoch: number;
  readonly gateway: Uint8Array;
  readonly destination: Uint8Array;
  readonly due: bigint;
}

interface Entry extends PayerCounts {
  readonly epoch: number;
  readonly gateway: Uint8Array;
  readonly destination: Uint8Array;
  due: bigint;
  isDirty: boolean;
}

export interface PayerBookDeps {
  readonly mesh: Pick<Mesh, 'onFeedback' | 'route' | 'cost'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly store: Store | null;
  /** What a gateway promised to ask now; `null` if nothing is known. */
  priceOf(gateway: Uint8Array): PriceTable | null;
}

/** See `LedgerLimits`. */
export type PayerBookLimits = Pick<LedgerLimits, 'epochMs' | 'epochsKept' | 'flushMs'>;

export class PayerBook {
  /** Since the first start. */
  readonly totals: PayerCounts = { deliveredPackets: 0, deliveredBytes: 0, lostPackets: 0 };
  readonly #deps: PayerBookDeps;
  readonly #limits: PayerBookLimits;
  readonly #self: Uint8Array;
  readonly #writing: WriteBehind;
  /** Of this epoch, and what of the last one is not written yet. */
  readonly #entries = new Map<string, Entry>();
  #epoch = 0;
  #written: readonly Entry[] = [];
  #stopped = false;

  /** `self`: PeerId of this node, which is the gateway where it is one. */
  constructor(self: Uint8Array, deps: PayerBookDeps, limits: PayerBookLimits = LEDGER) {
    this.#self = self;
    this.#deps = deps;
    this.#limits = limits;
    this.#writing = new WriteBehind({
      ...deps,
      flushMs: limits.flushMs,
      collect: () => this.#collect(),
      settled: (isDurable) => this.#settled(isDurable),
    });
    const stored = this.#read(TOTALS_KEY);
    if (stored !== undefined) {
      const [deliveredPackets = 0, deliveredBytes = 0, lostPackets = 0] = numbersOf(stored);
      Object.assign(this.totals, { deliveredPackets, deliveredBytes, lostPackets });
    }
    deps.mesh.onFeedback((feedback) => this.#heard(feedback));
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** Durable records, the oldest first. */
  records(recordsMax: number): readonly PayerRecord[] {
    const entries = this.#deps.store?.range(PREFIX, endOf(PREFIX), recordsMax) ?? [];
    return entries.map(recordOf);
  }

  flush(): Promise<void> {
    return this.#writing.flush();
  }

  stop(): Promise<void> {
    this.#stopped = true;
    const flushed = this.#writing.flush();
    this.#writing.stop();
    return flushed;
  }

  #heard({ destination, delivered, deliveredBytes, lost }: FlowFeedback): void {
    const { mesh } = this.#deps;
    if (this.#stopped || delivered + lost === 0) return;
    // In this mesh relaying is mutual and free.
    if (mesh.cost(destination) !== null || bytesEqual(destination, this.#self)) return;
    const route = mesh.route(destination);
    const gateway = route?.via === 'bridge' ? this.#self : (route?.hops.at(-1)?.peer ?? OTHERS);
    const entry = this.#entryOf(gateway, destination);
    for (const counts of [entry, this.totals]) {
      counts.deliveredPackets += delivered;
      counts.deliveredBytes += deliveredBytes;
      counts.lostPackets += lost;
    }
    entry.due += BigInt(deliveredBytes) * (this.#deps.priceOf(gateway)?.game ?? 0n);
    entry.isDirty = true;
    this.#writing.changed();
  }

  #entryOf(gateway: Uint8Array, destination: Uint8Array): Entry {
    const epoch = Math.floor(this.#deps.clock.wallMs() / this.#limits.epochMs);
    if (epoch > this.#epoch) this.#turnEpoch(epoch);
    const key = keyOf(this.#epoch, gateway, destination);
    const name = toHex(key);
    const known = this.#entries.get(name);
    if (known !== undefined) return known;
    const isOther = bytesEqual(destination, OTHERS);
    if (this.#entries.size >= DESTINATIONS_MAX && !isOther) return this.#entryOf(gateway, OTHERS);
    const value = this.#read(key);
    const counts = value === undefined ? NOTHING : countsOf(value);
    const ends = { gateway: gateway.slice(), destination: destination.slice() };
    const entry = { ...counts, ...ends, epoch: this.#epoch, isDirty: false };
    this.#entries.set(name, entry);
    return entry;
  }

  #turnEpoch(epoch: number): void {
    this.#epoch = epoch;
    for (const [name, entry] of this.#entries) if (!entry.isDirty) this.#entries.delete(name);
  }

  #collect(): readonly StoreWrite[] {
    const changed = [...this.#entries.values()].filter(({ isDirty }) => isDirty);
    if (changed.length === 0) return [];
    for (const entry of changed) entry.isDirty = false;
    this.#written = changed;
    const { deliveredPackets, deliveredBytes, lostPackets } = this.totals;
    const totals = numbersBytes([deliveredPackets, deliveredBytes, lostPackets]);
    return [
      ...changed.map(writeOf),
      { kind: 'put', key: TOTALS_KEY, value: totals },
      ...this.#pruned(),
    ];
  }

  #settled(isDurable: boolean): void {
    const written = this.#written;
    this.#written = [];
    for (const entry of written) {
      if (!isDurable) entry.isDirty = true;
      else if (entry.epoch < this.#epoch && !entry.isDirty) {
        this.#entries.delete(toHex(keyOf(entry.epoch, entry.gateway, entry.destination)));
      }
    }
  }

  #pruned(): readonly StoreWrite[] {
    const before = this.#epoch - this.#limits.epochsKept;
    if (before <= 0) return [];
    const { store } = this.#deps;
    const none = new Uint8Array(PEER_ID_BYTES);
    try {
      const old = store?.range(PREFIX, keyOf(before, none, none), PRUNED_MAX) ?? [];
      return old.map(({ key }) => ({ kind: 'delete', key }));
    } catch (error) {
      this.#unread(error);
      return [];
    }
  }

  #read(key: Uint8Array): Uint8Array | undefined {
    try {
      return this.#deps.store?.get(key);
    } catch (error) {
      this.#unread(error);
      return undefined;
    }
  }

  #unread(error: unknown): void {
    const code = error instanceof BitcrapsError ? error.code : String(error);
    this.#deps.logger.error('accounting-not-read', { code });
  }
}

const NOTHING = { deliveredPackets: 0, deliveredBytes: 0, lostPackets: 0, due: 0n };

function keyOf(epoch: number, gateway: Uint8Array, destination: Uint8Array): Uint8Array {
  const number = new Uint8Array(4);
  new DataView(number.buffer).setUint32(0, epoch);
  return concat(PREFIX, number, gateway, destination);
}

function writeOf(entry: Entry): StoreWrite {
  const { deliveredPackets, deliveredBytes, lostPackets, due } = entry;
  return {
    kind: 'put',
    key: keyOf(entry.epoch, entry.gateway, entry.destination),
    value: concat(
      numbersBytes([deliveredPackets, deliveredBytes, lostPackets]),
      utf8(due.toString()),
    ),
  };
}

function countsOf(value: Uint8Array): PayerCounts & { due: bigint } {
  const [deliveredPackets = 0, deliveredBytes = 0, lostPackets = 0] = numbersOf(
    value.subarray(0, 24),
  );
  const digits = [...value.subarray(24)].map((byte) => String.fromCharCode(byte)).join('');
  return { deliveredPackets, deliveredBytes, lostPackets, due: BigInt(digits) };
}

function recordOf({ key, value }: StoreEntry): PayerRecord {
  const at = PREFIX.length;
  return {
    epoch: new DataView(key.buffer, key.byteOffset).getUint32(at),
    gateway: key.slice(at + 4, at + 4 + PEER_ID_BYTES),
    destination: key.slice(at + 4 + PEER_ID_BYTES),
    ...countsOf(value),
  };
}
