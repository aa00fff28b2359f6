// A gateway's own price: what it asks now, what it will ask, and its signed promise of both. Kept in the store, since a
// restart must not change a price either.

import { assert } from '../../core/assert.ts';
import { utf8 } from '../../core/bytes.ts';
import { fail, ok, type Result } from '../../core/errors.ts';
import type { Identity } from '../../crypto/signing.ts';
import type { Primitives } from '../../env/primitives.ts';
import type { Store } from '../../env/store.ts';
import {
  decodeGatewayPrice,
  encodeGatewayPrice,
  FREE,
  isPriceTable,
  PRICE_NOTICE_MS,
  PRICE_VALID_MS,
  samePrices,
  type PriceTable,
  type PriceTerms,
} from './price.ts';

const PRICE_KEY = utf8('gateway/price');
/** A promise is signed anew once it has been used for so long. */
const RENEW_MS: number = 60_000;
assert(
  PRICE_VALID_MS - RENEW_MS >= PRICE_NOTICE_MS,
  'a promise that is asked for holds for the notice',
);

export interface OwnPriceDeps {
  readonly primitives: Primitives;
  readonly identity: Identity;
  readonly store: Store;
  /** Durable, grows at each start. */
  readonly bootEpoch: number;
}

export interface OwnPrice {
  current(wallMs: number): PriceTerms;
  /** Announced, not in force yet. */
  next(wallMs: number): PriceTerms | null;
  /**
   * Announces another price, durably: it is in force from `fromMs`, `PRICE_NOTICE_MS` from now if that is earlier or not
   * given. Errors: `GATEWAY_PRICE_PENDING` while another change is announced, `GATEWAY_PRICE_INVALID`; those of the store
   * are thrown.
   */
  propose(
    prices: PriceTable,
    wallMs: number,
    fromMs?: number,
  ): Promise<Result<PriceTerms, 'GATEWAY_PRICE_PENDING' | 'GATEWAY_PRICE_INVALID'>>;
  /** The `SignedGatewayPrice` to show to who asks. */
  signed(wallMs: number): Uint8Array;
}

/**
 * `wanted` is the price where the store has none; where it has another one, `wanted` is announced with notice.
 * Errors (thrown): those of the store.
 */
export async function openOwnPrice(
  deps: OwnPriceDeps,
  wallMs: number,
  wanted: PriceTable = FREE,
): Promise<OwnPrice> {
  assert(isPriceTable(wanted), 'prices are 0…PRICE_UNITS_MAX');
  const price = new StoredPrice(deps, { ...tableOf(wanted), fromMs: Math.floor(wallMs) });
  if (price.restore()) await price.propose(wanted, wallMs);
  else await price.save(wallMs);
  return price;
}

class StoredPrice implements OwnPrice {
  readonly #deps: OwnPriceDeps;
  #current: PriceTerms;
  #next: PriceTerms | null = null;
  #isProposing = false;
  #signatures = 0;
  #signed: { readonly atMs: number; readonly bytes: Uint8Array } | null = null;

  constructor(deps: OwnPriceDeps, current: PriceTerms) {
    this.#deps = deps;
    this.#current = current;
  }

  /** Whether the store had a price. */
  restore(): boolean {
    const bytes = this.#deps.store.get(PRICE_KEY);
    const stored = bytes === undefined ? null : decodeGatewayPrice(this.#deps.primitives, bytes);
    if (stored === null || !stored.ok) return false;
    this.#current = stored.value.current;
    this.#next = stored.value.next;
    return true;
  }

  save(wallMs: number): Promise<void> {
    return this.#write(this.#sign(wallMs, this.#next));
  }

  current(wallMs: number): PriceTerms {
    this.#advance(wallMs);
    return this.#current;
  }

  next(wallMs: number): PriceTerms | null {
    this.#advance(wallMs);
    return this.#next;
  }

  async propose(
    prices: PriceTable,
    wallMs: number,
    fromMs = 0,
  ): Promise<Result<PriceTerms, 'GATEWAY_PRICE_PENDING' | 'GATEWAY_PRICE_INVALID'>> {
    if (!isPriceTable(prices)) return fail('GATEWAY_PRICE_INVALID', {});
    this.#advance(wallMs);
    if (this.#next !== null || this.#isProposing) {
      const inMs = this.#next === null ? PRICE_NOTICE_MS : this.#next.fromMs - wallMs;
      return fail('GATEWAY_PRICE_PENDING', { inMs: Math.round(inMs) });
    }
    if (samePrices(prices, this.#current)) return ok(this.#current);
    const startMs = Math.ceil(Math.max(fromMs, wallMs + PRICE_NOTICE_MS));
    const next = { ...tableOf(prices), fromMs: startMs };
    this.#isProposing = true;
    try {
      // Durable before anybody hears of it: what was announced stands after a crash too.
      await this.#write(this.#sign(wallMs, next));
      this.#next = next;
      this.#signed = null;
    } finally {
      this.#isProposing = false;
    }
    return ok(next);
  }

  signed(wallMs: number): Uint8Array {
    this.#advance(wallMs);
    const known = this.#signed;
    if (known !== null && wallMs >= known.atMs && wallMs - known.atMs < RENEW_MS)
      return known.bytes;
    const bytes = this.#sign(wallMs, this.#next);
    this.#signed = { atMs: wallMs, bytes };
    return bytes;
  }

  #sign(wallMs: number, next: PriceTerms | null): Uint8Array {
    const { primitives, identity, bootEpoch } = this.#deps;
    this.#signatures += 1;
    return encodeGatewayPrice(primitives, identity, {
      sequence: (BigInt(bootEpoch) << 32n) | BigInt(this.#signatures),
      current: this.#current,
      next,
      validUntilMs: Math.floor(wallMs) + PRICE_VALID_MS,
    });
  }

  #write(value: Uint8Array): Promise<void> {
    return this.#deps.store.write([{ kind: 'put', key: PRICE_KEY, value }]);
  }

  /** An announced price takes effect. */
  #advance(wallMs: number): void {
    if (this.#next === null || this.#next.fromMs > wallMs) return;
    this.#current = this.#next;
    this.#next = null;
    this.#signed = null;
  }
}

function tableOf({ control, game, bulk }: PriceTable): PriceTable {
  return { control, game, bulk };
}
