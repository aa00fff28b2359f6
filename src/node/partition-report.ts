// Partitions, and what would make one, as a node tells of them: plain data, JSON as it stands.

import { peerIdText } from '../core/peer-id.ts';
import type { PartitionsReport as Watched } from '../mesh/partition-watch.ts';
import type { PartitionCause } from '../resilience/partitions/lost-groups.ts';
import type {
  Partition,
  PartitionOutcome,
  PartitionScope,
} from '../resilience/partitions/partition-tracker.ts';

/** Durations in milliseconds, times those of the wall clock. */
export interface PartitionLine {
  readonly id: number;
  readonly scope: PartitionScope;
  readonly cause: PartitionCause;
  readonly lost: number;
  readonly stillLost: number;
  readonly beganAtMs: number;
  /** `null` while it lasts. */
  readonly endedAtMs: number | null;
  readonly lastedMs: number;
  readonly outcome: PartitionOutcome | null;
  readonly recurrences: number;
}

/** PeerIds are base32 texts. */
export interface PartitionReport extends PartitionLine {
  readonly members: readonly string[];
  readonly missingLinks: readonly { readonly near: string; readonly far: string }[];
}

export interface PartitionsReport {
  /** The latest first. */
  readonly partitions: readonly PartitionReport[];
  /** Links (`to` a member) and members (`to` nobody) whose loss would cut off most others. */
  readonly risks: readonly {
    readonly from: string;
    readonly to: string | null;
    readonly cutsOff: number;
  }[];
}

export function partitionsReport({ partitions, risks }: Watched): PartitionsReport {
  return {
    partitions: partitions.map(partitionReport),
    risks: risks.map(({ from, to, cutsOff }) => ({
      from: peerIdText(from),
      to: to === null ? null : peerIdText(to),
      cutsOff,
    })),
  };
}

export function partitionLine(partition: Partition): PartitionLine {
  const { id, scope, cause, lost, stillLost, beganAtMs, endedAtMs } = partition;
  const { lastedMs, outcome, recurrences } = partition;
  const counts = { lost, stillLost, recurrences };
  return { id, scope, cause, ...counts, beganAtMs, endedAtMs, lastedMs, outcome };
}

function partitionReport(partition: Partition): PartitionReport {
  return {
    ...partitionLine(partition),
    members: partition.members.map(peerIdText),
    missingLinks: partition.missing.map(({ near, far }) => ({
      near: peerIdText(near),
      far: peerIdText(far),
    })),
  };
}
