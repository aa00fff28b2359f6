// The summary of a finished `bitcraps up`: what the nodes counted, and whether the transcript holds.

import { readFileSync } from 'node:fs';
import { unwrap } from '../../core/errors.ts';
import { verifyTranscript } from '../../casino/verify-transcript.ts';
import type { StatusReport } from '../../node/report.ts';
import { primitives } from '../../platform/node/primitives.ts';
import type { RunningNode } from './supervisor.ts';

export interface UpSummary {
  readonly rounds: number;
  readonly nodes: number;
  readonly meshes: number;
  readonly gateways: number;
  /** Packets that nodes passed on for others, gateways' crossings included. */
  readonly messagesRelayed: number;
  /** Packets that crossed from one mesh to the other, in both directions. */
  readonly crossMeshMessages: number;
  /** By the verified transcript: every unit is accounted for after every block. */
  readonly supplyConserved: boolean;
  /** Absolute path; kept. */
  readonly transcript: string;
  readonly processes: readonly {
    readonly name: string;
    readonly pid: number;
    readonly role: string;
    readonly mesh: string;
  }[];
}

/** Throws the verifier's error if the transcript does not hold: then nothing else is worth saying. */
export function summarize(
  nodes: readonly RunningNode[],
  statuses: readonly StatusReport[],
  rounds: number,
  transcript: string,
): UpSummary {
  const report = unwrap(verifyTranscript(primitives, readFileSync(transcript)));
  const sum = (count: (status: StatusReport) => number): number =>
    statuses.reduce((total, status) => total + count(status), 0);
  // What leaves one mesh enters the other: counting departures counts each crossing once.
  const crossMeshMessages = sum(({ bridge }) => bridge?.packetsOut ?? 0);
  return {
    rounds,
    nodes: nodes.length,
    meshes: new Set(nodes.map(({ planned }) => planned.mesh)).size,
    gateways: nodes.filter(({ planned }) => planned.role === 'gateway').length,
    messagesRelayed: sum(({ traffic }) => traffic.forwarded) + crossMeshMessages,
    crossMeshMessages,
    supplyConserved: report.supply.sum === report.supply.cap,
    transcript,
    processes: nodes.map(({ planned, pid }) => ({
      name: planned.name,
      pid,
      role: planned.role,
      mesh: planned.mesh,
    })),
  };
}
