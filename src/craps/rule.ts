// What decides a bet, as plain data: the few shapes that every craps bet is an instance of.

/** Indexes into `ROLLS`, ascending. */
export type RollSet = readonly number[];

/**
 * What decides a bet. Bets work on every roll from acceptance until they are decided, the come-out included: there are no
 * "off" bets, so that the odds follow from the rules alone.
 */
export type Rule =
  /** Wins `pays[i]` on a roll in `wins[i]`, loses on a roll in `loses`, stays on any other. */
  | { readonly kind: 'race'; readonly wins: readonly RollSet[]; readonly loses: RollSet }
  /** Pass and come (`right`), don't pass and don't come with the 12 barred (`wrong`). Pays `pays[0]`. */
  | { readonly kind: 'line'; readonly side: 'right' | 'wrong' }
  /** Decided with its base bet, after the point. Pays `pays[i]` on `POINTS[i]`. */
  | { readonly kind: 'odds'; readonly side: 'right' | 'wrong' }
  /** Wins `pays[0]` once each of `totals` has fallen; any 7, on a come-out too, loses. */
  | { readonly kind: 'collect'; readonly totals: readonly number[] }
  /** Wins `pays[0]` once `total` has fallen `times` times (≤ `HITS_MAX`); any 7, on a come-out too, loses. */
  | { readonly kind: 'repeat'; readonly total: number; readonly times: number }
  /**
   * Counts the different points one shooter makes: wins the last of `pays` at once on the sixth, else is decided by the
   * seven-out: `pays[i]` for `fewest + i` points, lost below `fewest`. A come-out 7 does nothing.
   */
  | { readonly kind: 'points'; readonly fewest: number };
