// On which side of a partition a node is, as far as value goes: with those who can finalize, or without. A quorum is all
// validators but those that may be faulty, so that two sides of a cut never both have one. A view is advice: it stops what
// would move value before it leaves, and never lets anything through that the validators themselves do not finalize.

import { assert } from '../../core/assert.ts';

export interface QuorumView {
  /** n, from 1 on. */
  readonly validators: number;
  /** How many of them this node reaches, itself included. */
  readonly reached: number;
  /** n − f, where f = ⌊(n − 1)/3⌋ may be faulty. */
  readonly quorum: number;
  /** `minority`: what moves value is refused here, at once. */
  readonly side: 'majority' | 'minority';
}

export function quorumView(
  validators: readonly Uint8Array[],
  reaches: (validator: Uint8Array) => boolean,
): QuorumView {
  const count = validators.length;
  assert(count > 0, 'somebody finalizes');
  const quorum = count - Math.floor((count - 1) / 3);
  assert(2 * quorum > count, 'two sides never both have a quorum');
  const reached = validators.filter((validator) => reaches(validator)).length;
  const side = reached >= quorum ? 'majority' : 'minority';
  return { validators: count, reached, quorum, side };
}
