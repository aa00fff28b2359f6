// What a node sees, as conditions of the alerts that there are.

import { peerIdShort, peerIdText } from '../core/peer-id.ts';
import type { AlertCondition } from '../resilience/alerts/alert-book.ts';
import { ALERT_RULES, type AlertName } from '../resilience/alerts/alert-rules.ts';
import type { CategoryName } from '../resilience/health/category.ts';
import type { HealthObservation } from '../resilience/health/health-judge.ts';
import type { HealthJudgement } from '../resilience/health/health-score.ts';
import type { PartitionCause } from '../resilience/partitions/lost-groups.ts';
import type { Partition } from '../resilience/partitions/partition-tracker.ts';
import type { ResilienceStatistics } from '../resilience/statistics.ts';
import type { AbsentMember } from './absences.ts';
import type { Trouble } from './casino-client.ts';

/** Members that are named by an alert each; where more are gone, something larger has an alert of its own. */
export const MEMBERS_NAMED_MAX = 16;

/** The category that each of these is about. */
const OF_CATEGORY: readonly (readonly [AlertName, CategoryName])[] = [
  ['slow', 'latency'],
  ['losing', 'throughput'],
  ['unstable', 'stability'],
];

export interface Seen {
  readonly observation: HealthObservation;
  readonly judgement: HealthJudgement;
  readonly absent: readonly AbsentMember[];
  readonly statistics: ResilienceStatistics;
  /** 0–1 of the battery; `null` on mains. */
  readonly energy: number | null;
  readonly partitions: readonly Partition[];
  /** Why the casino that this node follows does not answer; `null` while it does, and where it follows none. */
  readonly casinoTrouble: Trouble | null;
}

export function alertConditions(seen: Seen): readonly AlertCondition[] {
  const { observation, judgement, absent, statistics, energy } = seen;
  const conditions: AlertCondition[] = [];
  const about = (name: AlertName, value: number | null, why: string, subject = ''): void => {
    conditions.push({ rule: ALERT_RULES[name], subject, value, why });
  };
  const { neighbours, wantedNeighbours, reachable, awayMs, bridges, wantedBridges } = observation;
  if (reachable + awayMs.length + wantedNeighbours > 0) {
    about('isolated', neighbours, 'no link carries the mesh');
  }
  if (wantedBridges > 0) about('bridgesGone', bridges, 'no bridge to another mesh is left');
  const { score, worst } = judgement;
  const why = `health is ${score.toFixed(2)}${worst === null ? '' : `, for ${worst.name}: ${worst.why}`}`;
  about('healthCritical', score, why);
  about('healthDegraded', score, why);
  for (const [alert, category] of OF_CATEGORY) {
    const found = judgement.categories.find(({ name }) => name === category);
    if (found !== undefined) about(alert, found.score, found.why);
  }
  // Whoever has an alert keeps it when more are gone.
  const gone = absent
    .filter(({ state }) => state === 'gone')
    .toSorted((a, b) => (b.forMs ?? 0) - (a.forMs ?? 0));
  for (const { peer } of gone.slice(0, MEMBERS_NAMED_MAX)) {
    about('memberGone', 1, `${peerIdShort(peer)} is gone without a goodbye`, peerIdText(peer));
  }
  const lasting = seen.partitions.filter(({ endedAtMs }) => endedAtMs === null);
  about('partition', lasting.length > 0 ? 1 : 0, partitionWhy(lasting));
  const { casinoTrouble } = seen;
  if (casinoTrouble !== null)
    about('casinoAway', 1, `the casino is away: ${casinoTrouble.message}`);
  const { localHealth, retryBudget } = statistics;
  about('retriesExhausted', retryBudget, `${retryBudget} attempts are left to recover anything`);
  about('heldUp', localHealth, `this node was held up: local health ${localHealth} of 8`);
  if (energy !== null)
    about('energyLow', energy, `${Math.round(100 * energy)} % of the battery are left`);
  return conditions;
}

const CAUSE_TEXTS: Readonly<Record<PartitionCause, string>> = {
  'link-failure': 'links between both sides failed',
  'node-failure': 'the member between both sides is gone',
  'gateway-gone': 'the gateway is gone',
  'own-links-gone': 'this node has no link left',
  departure: 'the member between both sides left',
  unknown: 'the cause is not known',
};

function partitionWhy(lasting: readonly Partition[]): string {
  const parts = lasting.map(({ scope, stillLost, cause }) => {
    const who = scope === 'gateways' ? 'no gateway is reached' : `${stillLost} members are cut off`;
    return `${who}: ${CAUSE_TEXTS[cause]}`;
  });
  return parts.length === 0 ? 'all that were lost are reached again' : parts.join('; ');
}
