// What gateways ask, as they last promised it. A promise that breaks an earlier one is refused: the price in force and an
// announced one stand, and a change comes with notice. Only once a promise has run out may the next say anything.

import { fail, ok, type Result } from '../../core/errors.ts';
import { peerIdShort, peerIdText, type PeerIdText } from '../../core/peer-id.ts';
import {
  CLOCK_SKEW_MS_MAX,
  PRICE_NOTICE_MS,
  PRICE_VALID_MS,
  samePrices,
  sameTerms,
  termsAt,
  type GatewayPrice,
  type PriceTerms,
} from './price.ts';

/** Gateways whose price is kept; the one heard of longest ago goes first. */
export const PRICED_GATEWAYS_MAX = 1_024;

export interface PriceBook {
  /**
   * Takes a verified promise that arrived at `wallMs`. `false`: an equal or newer one of that gateway is known, or it
   * has run out. Errors: `GATEWAY_PRICE_NOTICE` if it changes a price without notice; the earlier promise stands.
   */
  accept(price: GatewayPrice, wallMs: number): Result<boolean, 'GATEWAY_PRICE_NOTICE'>;
  /** The terms in force; `null` if the gateway promised nothing that still holds. */
  termsOf(gateway: Uint8Array, wallMs: number): PriceTerms | null;
  /** The whole promise; `null` as above. */
  priceOf(gateway: Uint8Array, wallMs: number): GatewayPrice | null;
}

export function createPriceBook(): PriceBook {
  /** The one heard of longest ago first. */
  const prices = new Map<PeerIdText, GatewayPrice>();

  const priceOf = (gateway: Uint8Array, wallMs: number): GatewayPrice | null => {
    const price = prices.get(peerIdText(gateway));
    return price !== undefined && price.validUntilMs > wallMs ? price : null;
  };

  return {
    accept(price, wallMs) {
      const key = peerIdText(price.gateway);
      const known = prices.get(key);
      if (known !== undefined && price.sequence <= known.sequence) return ok(false);
      if (price.validUntilMs <= wallMs) return ok(false);
      if (known !== undefined && known.validUntilMs > wallMs) {
        const breach = breachOf(known, price, wallMs);
        if (breach !== null) {
          return fail('GATEWAY_PRICE_NOTICE', {
            gateway: peerIdShort(price.gateway),
            detail: breach,
          });
        }
      }
      prices.delete(key);
      const oldest = prices.size >= PRICED_GATEWAYS_MAX ? prices.keys().next().value : undefined;
      if (oldest !== undefined) prices.delete(oldest);
      // Nobody is bound for years by a date far away.
      const validUntilMs = Math.min(price.validUntilMs, wallMs + PRICE_VALID_MS);
      prices.set(key, { ...price, validUntilMs });
      return ok(true);
    },
    termsOf(gateway, wallMs) {
      const price = priceOf(gateway, wallMs);
      return price === null ? null : termsAt(price, wallMs);
    },
    priceOf,
  };
}

/** How `price` breaks what was promised before, as known at `wallMs`; `null` if it does not. */
function breachOf(known: GatewayPrice, price: GatewayPrice, wallMs: number): string | null {
  if (known.next !== null) {
    if (sameTerms(price.next, known.next)) {
      return samePrices(price.current, known.current) ? null : 'the price in force was changed';
    }
    // The announced price is in force there; by this clock it must be about to be.
    if (wallMs < known.next.fromMs - CLOCK_SKEW_MS_MAX) return 'an announced price was taken back';
    if (!samePrices(price.current, known.next)) return 'another price than the announced one';
  } else if (!samePrices(price.current, known.current)) {
    return 'the price in force was changed';
  }
  if (price.next === null) return null;
  const noticeMs = price.next.fromMs - wallMs;
  return noticeMs >= PRICE_NOTICE_MS - CLOCK_SKEW_MS_MAX
    ? null
    : `${Math.max(0, Math.round(noticeMs))} ms of notice`;
}
