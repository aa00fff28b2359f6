// Bounds of a gateway's accounts, and why they are what they are.

import { assert } from '../../core/assert.ts';
import { checkCredit, CREDIT, type CreditLimits } from './credit.ts';

export interface LedgerLimits {
  /** Flows in memory; the ones idle longest make room, since the store has them. */
  readonly flowsMax: number;
  /** Peers in memory, in the same way. */
  readonly peersMax: number;
  /** Other gateways ever met; further ones are summed up. */
  readonly gatewaysMax: number;
  /** Records of one epoch; flows beyond are summed up for each bridge, direction and class. */
  readonly recordsMax: number;
  /** Peers in the store; further ones are summed up. */
  readonly storedPeersMax: number;
  /** New flows at once and in the long run: sources can be invented. Flows beyond are summed up. */
  readonly newFlowsBurst: number;
  readonly newFlowsPerSecond: number;
  readonly epochMs: number;
  /** Closed epochs whose records are kept. */
  readonly epochsKept: number;
  /** Changes are durable after so long, and the time of a write. */
  readonly flushMs: number;
  /** So many changed flows are written sooner, but not more often than every `FLUSH_MS_MIN`. */
  readonly changesMax: number;
  readonly credit: CreditLimits;
}

/** A record takes about 200 bytes: an epoch 4 MiB at most, a day of them 96 MiB, and what is in memory some 4 MiB. */
export const LEDGER: LedgerLimits = {
  flowsMax: 8_192,
  peersMax: 10_000,
  gatewaysMax: 1_024,
  recordsMax: 20_000,
  storedPeersMax: 100_000,
  newFlowsBurst: 4_096,
  newFlowsPerSecond: 500,
  epochMs: 3_600_000,
  epochsKept: 24,
  flushMs: 1_000,
  changesMax: 1_024,
  credit: CREDIT,
};

export function checkLimits(limits: LedgerLimits): void {
  assert(limits.flowsMax > 0 && limits.peersMax > 0, 'there is room for a flow');
  assert(limits.epochMs > 2 * limits.flushMs, 'an epoch outlasts a few writes');
  checkCredit(limits.credit);
}
