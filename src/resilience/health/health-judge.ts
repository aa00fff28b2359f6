// The health of one node: hears of links and packets as it happens, and judges all categories when asked.

import type { Clock } from '../../env/clock.ts';
import { judgeConnectivity, type ConnectivityObservation } from './connectivity.ts';
import { healthOf, type HealthJudgement } from './health-score.ts';
import { LatencyJudge, type LinkRoundTrip } from './latency.ts';
import { StabilityJudge } from './stability.ts';
import { ThroughputJudge } from './throughput.ts';

/** What a node sees at one moment. */
export interface HealthObservation extends ConnectivityObservation {
  readonly links: readonly LinkRoundTrip[];
}

export class HealthJudge {
  readonly stability: StabilityJudge;
  readonly throughput: ThroughputJudge;
  readonly #latency: LatencyJudge;

  constructor(clock: Clock) {
    this.stability = new StabilityJudge(clock);
    this.throughput = new ThroughputJudge(clock);
    this.#latency = new LatencyJudge(clock);
  }

  judge(seen: HealthObservation): HealthJudgement {
    return healthOf([
      judgeConnectivity(seen),
      this.#latency.judge(seen.links),
      this.throughput.judge(),
      this.stability.judge(),
    ]);
  }
}
