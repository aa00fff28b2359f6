// What `bitcraps health` asks for: plain data, JSON as it stands. PeerIds are base32 texts, durations milliseconds.

import type { Alert } from '../env/alert-sink.ts';
import type { DeliveryCounts } from '../resilience/alerts/alert-delivery.ts';
import type { CategoryName } from '../resilience/health/category.ts';
import type { ResilienceStatistics } from '../resilience/statistics.ts';
import type { PartitionsReport } from './partition-report.ts';
import type { PowerReport } from './power.ts';
import type { RecoveryReport } from './recovery-report.ts';
import type { AbsentMember } from './absences.ts';
import type { HealthLine } from './report.ts';

export interface CategoryReport {
  readonly name: CategoryName;
  /** 0–1; `null` where nothing was there to measure. */
  readonly score: number | null;
  /** 0–1: its part in the score. */
  readonly weight: number;
  readonly why: string;
}

/** A member that does not answer, or that no way leads to. */
export interface AbsentReport {
  readonly peer: string;
  /** `suspected`: silent, and asked about. `gone`: found dead. `unreached`: no link leads there, and nobody can tell why. */
  readonly state: AbsentMember['state'];
  /** Since links last led there; `null` where that is not known. */
  readonly forMs: number | null;
}

export interface WaysReport {
  readonly destination: string;
  /** Disjoint ways that links lead along now. */
  readonly ways: number;
}

export interface HealthReport extends Omit<HealthLine, 'alerts'>, PartitionsReport {
  readonly name: string;
  readonly peerId: string;
  readonly categories: readonly CategoryReport[];
  /** Since it was judged, and how often that is done. */
  readonly judgedMsAgo: number;
  readonly healthCheckMs: number;
  readonly absent: readonly AbsentReport[];
  readonly ways: readonly WaysReport[];
  /** The newest first. */
  readonly recoveries: readonly RecoveryReport[];
  /** `null` where this node does not watch its energy. */
  readonly power: PowerReport | null;
  readonly statistics: ResilienceStatistics;
  readonly alerts: readonly Alert[];
  /** Alerts that have ended, the newest last. */
  readonly alertHistory: readonly Alert[];
  /** Where alerts go, and what became of them. */
  readonly deliveries: readonly (DeliveryCounts & { readonly to: string })[];
}
