// Throughput: of the packets that this node was to bring somewhere of late, the share that got on. Of its own it goes by what
// destinations report, of others' by whether they left here; what found no way or no room here was offered, too.

import type { Clock } from '../../env/clock.ts';
import type { CategoryJudgement } from './category.ts';
import { createDecayingSum } from './decaying-sum.ts';

/** Short enough to see a fault while it lasts, long enough for reports to come. */
const HALF_LIFE_MS = 30_000;
/** Fewer packets say nothing: one lost of three is no third. */
export const PACKETS_MIN = 10;

export class ThroughputJudge {
  readonly #clock: Clock;
  readonly #arrived = createDecayingSum(HALF_LIFE_MS);
  readonly #lost = createDecayingSum(HALF_LIFE_MS);
  readonly #refused = createDecayingSum(HALF_LIFE_MS);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Destinations tell what became of packets. */
  reported(arrived: number, lost: number): void {
    const nowMs = this.#clock.now();
    this.#arrived.add(arrived, nowMs);
    this.#lost.add(lost, nowMs);
  }

  /** Packets of others that left this node. */
  passedOn(packets: number): void {
    if (packets > 0) this.#arrived.add(packets, this.#clock.now());
  }

  /** Packets that did not leave this node. */
  refused(packets: number): void {
    if (packets > 0) this.#refused.add(packets, this.#clock.now());
  }

  judge(): CategoryJudgement {
    const name = 'throughput';
    const nowMs = this.#clock.now();
    const arrived = this.#arrived.value(nowMs);
    const lost = this.#lost.value(nowMs);
    const refused = this.#refused.value(nowMs);
    const offered = arrived + lost + refused;
    if (offered < PACKETS_MIN)
      return { name, score: null, why: 'hardly any packet was to be carried' };
    const share = arrived / offered;
    const parts = [`${(100 * share).toFixed(1)} % of the packets of late got on`];
    if (refused >= 1) parts.push(`${Math.round(refused)} packets did not leave this node`);
    return { name, score: share, why: parts.join(', ') };
  }
}
