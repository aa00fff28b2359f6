// Stability: how often links of this node fell silent or broke, per hour, as it goes at present.

import type { Clock } from '../../env/clock.ts';
import type { CategoryJudgement } from './category.ts';
import { createDecayingSum } from './decaying-sum.ts';

const HALF_LIFE_MS = 600_000;
const HOUR_MS = 3_600_000;
/** So many disturbances an hour halve the score: one each three minutes is what people begin to complain of. */
export const TOLERATED_PER_HOUR = 20;

export class StabilityJudge {
  readonly #clock: Clock;
  readonly #flaps = createDecayingSum(HALF_LIFE_MS);
  readonly #suspicions = createDecayingSum(HALF_LIFE_MS);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A link broke that nobody had suspected. */
  flapped(): void {
    this.#flaps.add(1, this.#clock.now());
  }

  /** A link, or the member behind it, stopped to answer. */
  suspected(): void {
    this.#suspicions.add(1, this.#clock.now());
  }

  judge(): CategoryJudgement {
    const nowMs = this.#clock.now();
    const flaps = perHour(this.#flaps.value(nowMs));
    const suspicions = perHour(this.#suspicions.value(nowMs));
    const score = 1 / (1 + (flaps + suspicions) / TOLERATED_PER_HOUR);
    const why = `${flaps.toFixed(1)} broken links and ${suspicions.toFixed(1)} suspicions an hour`;
    return { name: 'stability', score, why };
  }
}

/** At a steady rate the sum stands at rate × half-life / ln 2. */
function perHour(sum: number): number {
  return (sum * Math.LN2 * HOUR_MS) / HALF_LIFE_MS;
}
