// What of a running node's configuration may change: the limits of its gate and of its bandwidth, at once, and a gateway's
// price, with the notice that prices have. All of it or nothing.

import { formatAmount } from '../../core/amount.ts';
import { BitcrapsError, unwrap } from '../../core/errors.ts';
import type { Clock } from '../../env/clock.ts';
import type { OwnPrice } from '../../gateway/accounting/own-price.ts';
import { samePrices } from '../../gateway/accounting/price.ts';
import type { NodeGate } from '../../gateway/admission/gate.ts';
import type { AdmissionLimits } from '../../gateway/admission/limits.ts';
import type { Shaper } from '../../gateway/shaping/shaper.ts';
import { shapingLimits } from '../config/bandwidth-settings.ts';
import { admissionLimits } from '../config/limit-settings.ts';
import { priceTable } from '../config/selection-settings.ts';
import type { Settings } from '../config/settings.ts';

export interface Changeable {
  readonly clock: Clock;
  readonly gate: NodeGate;
  /** Of a gateway; `null` for others. */
  readonly shaper: Shaper | null;
  readonly ownPrice: OwnPrice | null;
}

/** What is in force now, and what was announced. */
export interface Changed extends AdmissionLimits {
  /** CRAP for a MiB, from so many milliseconds on; `null` where the price stays. */
  readonly nextPrice: { readonly price: string; readonly inMs: number } | null;
}

/** Errors (thrown): `GATEWAY_LIMIT_INVALID`, `GATEWAY_PRICE_PENDING`; those of the store. */
export async function changeRunning(running: Changeable, settings: Settings): Promise<Changed> {
  const { clock, gate, shaper, ownPrice } = running;
  const wanted = priceTable(settings);
  const announced = ownPrice?.next(clock.wallMs()) ?? null;
  if (announced !== null && !samePrices(announced, wanted)) {
    const inMs = Math.round(announced.fromMs - clock.wallMs());
    throw new BitcrapsError('GATEWAY_PRICE_PENDING', { inMs });
  }
  const limits = unwrap(gate.change(admissionLimits(settings)));
  // Each value was checked as it was read.
  if (shaper !== null) unwrap(shaper.setLimits(shapingLimits(settings)));
  if (ownPrice === null) return { ...limits, nextPrice: null };
  if (announced === null) unwrap(await ownPrice.propose(wanted, clock.wallMs()));
  const next = ownPrice.next(clock.wallMs());
  if (next === null) return { ...limits, nextPrice: null };
  const inMs = Math.max(0, Math.round(next.fromMs - clock.wallMs()));
  return { ...limits, nextPrice: { price: formatAmount(next.game), inMs } };
}
