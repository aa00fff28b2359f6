// Whether a figure meets its threshold. Where the interval spans the threshold nobody knows, and the answer is refused: it
// is neither yes nor no until more rounds narrow the interval.

import type { Interval } from './bootstrap.ts';

export interface Threshold {
  readonly kind: 'at-most' | 'at-least';
  /** In the unit of the figure. */
  readonly value: number;
}

export interface Verdict {
  /** `null`: undecided. */
  readonly met: boolean | null;
  readonly text: string;
}

/** Met or missed only where the whole interval is on one side; an end that touches the threshold meets it. */
export function judge({ low, high }: Interval, { kind, value }: Threshold): Verdict {
  const [surelyMet, surelyMissed] =
    kind === 'at-most' ? [high <= value, low > value] : [low >= value, high < value];
  if (surelyMet) return { met: true, text: 'met' };
  if (surelyMissed) return { met: false, text: 'missed' };
  return { met: null, text: 'undecided: the interval spans the threshold' };
}
