// The hash of everything that decides money at a table: casinos and nodes with different rules do not play together.

import { utf8 } from '../core/bytes.ts';
import { BETS } from '../craps/bets.ts';
import { hashIn } from '../crypto/hash.ts';
import type { Primitives } from '../env/primitives.ts';
import { ACCOUNT_SHARE_PERCENT, ANCHOR_BLOCKS_MAX } from './limits.ts';

/** Grows with each change of the rules that the rows of the bets table do not show. */
const RULES_REVISION = 1;

/** JSON with sorted keys, amounts as decimal text; functions and compiled tables left out. */
function canonicalText(value: unknown): string {
  if (typeof value === 'bigint') return `"${value}"`;
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${canonicalText(field)}`).join(',')}}`;
}

/** The rules do not change while a program runs; a checker asks for every casino. */
const known = new WeakMap<Primitives, Uint8Array>();

/** 32 bytes: over each bet's phase, rule, pay-outs and bounds, whatever its texts say. */
export function rulesHash(primitives: Primitives): Uint8Array {
  const hash = known.get(primitives) ?? computeRulesHash(primitives);
  known.set(primitives, hash);
  return hash.slice();
}

function computeRulesHash(primitives: Primitives): Uint8Array {
  const rows = [...BETS.values()].map((bet) => {
    const { id, family, phase, removable, rule, pays, commission, base, offered, stakeStep } = bet;
    const money = pays.map(({ win, per }) => [win, per]);
    return {
      id,
      family,
      phase,
      removable,
      rule,
      pays: money,
      commission,
      base,
      offered,
      stakeStep,
    };
  });
  const rules = { revision: RULES_REVISION, ANCHOR_BLOCKS_MAX, ACCOUNT_SHARE_PERCENT, rows };
  return hashIn(primitives, 'rules', utf8(canonicalText(rules)));
}
