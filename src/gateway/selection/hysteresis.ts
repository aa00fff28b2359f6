// Keeps a choice until another one has been better by a margin for a time without a break: scores that wander by less
// than the margin never change it, and a spike never does.

export interface Scored {
  readonly key: string;
  readonly score: number;
}

export interface HysteresisOptions {
  /** By so much the best score must exceed that of the choice. */
  readonly margin: number;
  /** For so long. */
  readonly holdMs: number;
}

export interface Hysteresis {
  readonly current: string | null;
  /** How often the choice has moved from one key to another. */
  readonly switches: number;
  /**
   * The choice among those that can be chosen now. One that cannot any more is left at once. `pick` chooses where to go,
   * among keys in descending order of score.
   */
  settle(
    eligible: readonly Scored[],
    nowMs: number,
    pick: (ordered: readonly Scored[]) => string,
  ): string | null;
}

export function createHysteresis({ margin, holdMs }: HysteresisOptions): Hysteresis {
  let current: string | null = null;
  let worseSinceMs: number | null = null;
  let switches = 0;

  const move = (to: string | null): string | null => {
    if (current !== null && to !== null && to !== current) switches += 1;
    current = to;
    worseSinceMs = null;
    return current;
  };

  return {
    get current() {
      return current;
    },
    get switches() {
      return switches;
    },
    settle(eligible, nowMs, pick) {
      const ordered = eligible.toSorted((a, b) => b.score - a.score || (a.key < b.key ? -1 : 1));
      const [best] = ordered;
      if (best === undefined) return move(null);
      const held = ordered.find(({ key }) => key === current);
      if (held === undefined) return move(pick(ordered));
      if (best.score - held.score <= margin) {
        worseSinceMs = null;
        return current;
      }
      worseSinceMs ??= nowMs;
      return nowMs - worseSinceMs < holdMs ? current : move(pick(ordered));
    },
  };
}
