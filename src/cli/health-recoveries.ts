// Recoveries in `bitcraps health`: those that are not over first, since something is wrong there now.

import { parsePeerId } from '../core/peer-id.ts';
import type { RecoveryReport } from '../node/recovery-report.ts';
import type { ResilienceStatistics } from '../resilience/statistics.ts';
import { ageText } from './age-text.ts';
import { shortPeer, tableText } from './table-text.ts';

/** As shown, of all and of those that are not over; `--json` has all that are kept. */
const SHOWN_MAX = 5;
const OPEN_SHOWN_MAX = 16;

/** In one line. */
export function recoveriesLine(statistics: ResilienceStatistics): string {
  const { activeRecoveries, restingRecoveries, recoveriesSucceeded, recoveriesFailed } = statistics;
  const { recoveriesRefused, recoveryAttempts, recoveryAttemptsRefused, retryBudget } = statistics;
  const untried = recoveriesRefused === 0 ? '' : `, ${recoveriesRefused} not begun for too many`;
  return `${activeRecoveries} under way, ${restingRecoveries} at rest; so far ${recoveriesSucceeded} succeeded, ${recoveriesFailed} rounds in vain${untried}; ${recoveryAttempts} attempts, ${recoveryAttemptsRefused} put off for want of budget, ${retryBudget} left`;
}

/** A table, or nothing where nothing failed. */
export function recoveriesText(recoveries: readonly RecoveryReport[]): string {
  if (recoveries.length === 0) return '';
  const open = recoveries.filter(isOpen);
  const over = recoveries.filter((one) => !isOpen(one));
  const shownOpen = Math.min(open.length, OPEN_SHOWN_MAX);
  const rows = [...open, ...over].slice(0, Math.max(SHOWN_MAX, shownOpen)).map((one) => {
    const { failure, begunMsAgo, tookMs, attempts, lastAttempts } = one;
    const [last] = lastAttempts;
    return [
      failure,
      subjectText(one.subject),
      outcomeText(one),
      one.plan ?? last?.plan ?? '',
      String(attempts),
      last?.code ?? '',
      `${ageText(begunMsAgo)} ago`,
      tookMs === null || isOpen(one) ? '' : ageText(tookMs),
    ];
  });
  const heading = ['recovery of', 'subject', 'outcome', 'plan', 'attempts', 'last error'];
  const more = open.length - shownOpen;
  const rest = more === 0 ? '' : `and ${more} more that are not over\n`;
  return `\n${tableText([[...heading, 'begun', 'took'], ...rows])}${rest}`;
}

/** Keys are cut short; names of partitions and addresses are not. */
function subjectText(subject: string): string {
  return parsePeerId(subject).ok ? shortPeer(subject) : subject;
}

function outcomeText({ outcome, rounds }: RecoveryReport): string {
  const inVain = rounds === 0 ? '' : ` (round ${rounds + 1})`;
  if (outcome === null) return `under way${inVain}`;
  return outcome === 'exhausted' ? `rests after round ${rounds}` : outcome;
}

/** Under way, or resting until it goes on. */
function isOpen({ outcome }: RecoveryReport): boolean {
  return outcome === null || outcome === 'exhausted';
}
