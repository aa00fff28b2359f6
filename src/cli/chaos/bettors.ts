// Players who bet by hand, so to speak: through the control socket of each player's node, a small bet on the next roll
// again and again, and a note of each that was acknowledged. The note is outside of the process that may be killed.

import { BitcrapsError } from '../../core/errors.ts';
import type { StatusReport } from '../../node/report.ts';
import { callControl } from '../../platform/node/control-socket.ts';
import { controlSocketPath } from '../state-folder.ts';
import type { AcknowledgedBet } from './acknowledged-bet.ts';
import type { ChaosNode } from './chaos-casino.ts';

/** Between an answer and the next bet of the same player. */
const BET_EVERY_MS = 500;
/** A bet that every roll decides. */
const BET = { kind: 'field', stake: '1' } as const;

export interface BettorDeps {
  readonly players: readonly ChaosNode[];
  readonly acknowledged: (player: ChaosNode, bet: AcknowledgedBet) => void;
  readonly ended: AbortSignal;
}

/** Counts of what they tried. */
export interface BettorCounts {
  attempts: number;
  /** By code of the refusal, or of why there was no answer. */
  readonly refused: Record<string, number>;
}

/** Bets until `ended` is aborted. */
export function startBettors(deps: BettorDeps): BettorCounts {
  const counts: BettorCounts = { attempts: 0, refused: {} };
  for (const player of deps.players) void betAgainAndAgain(player, deps, counts);
  return counts;
}

async function betAgainAndAgain(
  player: ChaosNode,
  { acknowledged, ended }: BettorDeps,
  counts: BettorCounts,
): Promise<void> {
  const socket = controlSocketPath(player.folder);
  let account: string | null = null;
  while (!ended.aborted) {
    try {
      // A node's answers are this build's own reports.
      account ??= ((await callControl(socket, 'status', {})) as StatusReport).peerId;
      counts.attempts += 1;
      const placed = (await callControl(socket, 'bet', BET)) as Placed;
      const { height, table, roll, operation } = placed;
      acknowledged(player, { account, table, roll, ...BET, height, operation });
    } catch (error) {
      const code = error instanceof BitcrapsError ? error.code : 'INTERNAL';
      counts.refused[code] = (counts.refused[code] ?? 0) + 1;
    }
    await pause(BET_EVERY_MS, ended);
  }
}

interface Placed {
  readonly height: string;
  readonly table: number;
  readonly roll: string;
  readonly operation: string;
}

/** Resolves after `ms`, or at once when `ended` is aborted. */
export function pause(ms: number, ended: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (ended.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      ended.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    ended.addEventListener('abort', done);
  });
}
