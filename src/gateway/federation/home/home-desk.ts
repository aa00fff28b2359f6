// A gateway's part: it takes the homes of its members, if they name it, and writes them into the distributed table, a few a
// second, and again while the members are there, since the table forgets.

import { bytesEqual } from '../../../core/bytes.ts';
import { peerIdShort } from '../../../core/peer-id.ts';
import { openTableRecord } from '../../../crypto/table-record.ts';
import type { Clock, Timer } from '../../../env/clock.ts';
import type { Dht, SignedDhtRecord } from '../../../env/dht.ts';
import type { Logger } from '../../../env/logger.ts';
import type { Primitives } from '../../../env/primitives.ts';
import { byteKey, type ByteKey } from '../../../routing/byte-key.ts';
import { createTokenBucket, type TokenBucket } from '../../../core/token-bucket.ts';
import { decodeHomeMessage } from './home-message.ts';
import { decodeHome } from './home-record.ts';

/** Members whose homes are kept; the one heard of longest ago goes first. */
export const HOMES_MAX = 10_000;
/** Writing takes the table a second or so, and some kilobytes: so many at once, and so many begun in a second. */
const WRITING_MAX = 8;
const WRITES_BURST = 16;
const WRITES_PER_SECOND = 4;
/** A home that stays is written again after so long, and after a failure. */
export const REWRITE_MS = 1_200_000;
const RETRY_MS = 15_000;
const TICK_MS = 250;
/** Homes that one member may give, right or wrong: signatures are checked for each. An honest one gives few in an hour. */
const TAKEN_BURST = 8;
const TAKEN_PER_SECOND = 0.2;

export interface HomeDeskConfig {
  /** PeerId of this gateway. */
  readonly self: Uint8Array;
  readonly networkId: string;
}

export interface HomeDeskDeps {
  readonly primitives: Primitives;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly dht: Dht;
  /** Whether a way leads to the member. */
  isHere(member: Uint8Array): boolean;
}

interface Kept {
  readonly record: SignedDhtRecord;
  readonly validUntilMs: number;
  dueAtMs: number;
}

/** Since the start. */
export interface HomeCounters {
  taken: number;
  refused: number;
  written: number;
  failed: number;
}

export class HomeDesk {
  readonly counters: HomeCounters = { taken: 0, refused: 0, written: 0, failed: 0 };
  readonly #config: HomeDeskConfig;
  readonly #deps: HomeDeskDeps;
  readonly #homes = new Map<ByteKey, Kept>();
  readonly #writes = createTokenBucket(WRITES_BURST, WRITES_PER_SECOND);
  /** By member, at most `HOMES_MAX`; the one heard of longest ago goes first. */
  readonly #budgets = new Map<ByteKey, TokenBucket>();
  #writing = 0;
  #timer: Timer;
  #stopped = false;

  constructor(config: HomeDeskConfig, deps: HomeDeskDeps) {
    this.#config = config;
    this.#deps = deps;
    this.#timer = deps.clock.after(TICK_MS, () => this.#tick());
  }

  /** How many are kept. */
  get size(): number {
    return this.#homes.size;
  }

  stop(): void {
    this.#stopped = true;
    this.#timer.cancel();
  }

  /** A member's message. */
  received(source: Uint8Array, payload: Uint8Array): void {
    const { primitives, clock } = this.#deps;
    const nowMs = clock.now();
    const record = decodeHomeMessage(source.slice(), payload);
    const key = byteKey(source);
    if (record === null || !this.#budgetOf(key).take(nowMs)) {
      this.counters.refused += 1;
      return;
    }
    const known = this.#homes.get(key);
    if (known !== undefined && record.sequence <= known.record.sequence) return;
    const value = openTableRecord(primitives, this.#config.networkId, record);
    const home = value === null ? null : decodeHome(value, clock.wallMs());
    const isNamed =
      home?.ok === true && home.value.gateways.some((one) => bytesEqual(one, this.#config.self));
    if (!isNamed) {
      this.counters.refused += 1;
      return;
    }
    this.counters.taken += 1;
    this.#homes.delete(key);
    const oldest = this.#homes.size >= HOMES_MAX ? this.#homes.keys().next().value : undefined;
    if (oldest !== undefined) this.#homes.delete(oldest);
    this.#homes.set(key, {
      record,
      validUntilMs: home.value.validUntilMs,
      dueAtMs: nowMs,
    });
  }

  #budgetOf(key: ByteKey): TokenBucket {
    const budget = this.#budgets.get(key) ?? createTokenBucket(TAKEN_BURST, TAKEN_PER_SECOND);
    this.#budgets.delete(key);
    const oldest = this.#budgets.size >= HOMES_MAX ? this.#budgets.keys().next().value : undefined;
    if (oldest !== undefined) this.#budgets.delete(oldest);
    this.#budgets.set(key, budget);
    return budget;
  }

  #tick(): void {
    const { clock } = this.#deps;
    this.#timer = clock.after(TICK_MS, () => this.#tick());
    const nowMs = clock.now();
    for (const [key, home] of this.#homes) {
      if (this.#writing >= WRITING_MAX) return;
      if (home.dueAtMs > nowMs) continue;
      if (home.validUntilMs <= clock.wallMs()) {
        this.#homes.delete(key);
        continue;
      }
      // Who has left may have another home by now.
      if (!this.#deps.isHere(home.record.publicKey)) {
        home.dueAtMs = nowMs + RETRY_MS;
        continue;
      }
      if (!this.#writes.take(nowMs)) return;
      home.dueAtMs = nowMs + REWRITE_MS;
      void this.#write(home);
    }
  }

  async #write(home: Kept): Promise<void> {
    const { dht, clock, logger } = this.#deps;
    const { record } = home;
    this.#writing += 1;
    try {
      await dht.putSigned(record);
      this.counters.written += 1;
    } catch (error) {
      this.counters.failed += 1;
      const detail = error instanceof Error ? error.message : String(error);
      logger.debug('home-not-written', { member: peerIdShort(record.publicKey), detail });
      if (!this.#stopped) home.dueAtMs = clock.now() + RETRY_MS;
    }
    this.#writing -= 1;
  }
}
