// What a regular player does: a pass line bet on each come-out, odds once the point is set, and one side bet that
// changes from roll to roll. Only bets that end with the round or can be taken down, so that a bot can leave.

import { crap, UNITS_PER_CRAP } from '../core/amount.ts';
import { bytesEqual } from '../core/bytes.ts';
import type { ActionInit } from '../casino/operation.ts';
import { betsOf, type CasinoState, type Table } from '../casino/state.ts';
import { findAccount } from '../casino/accounts.ts';
import { takeDown } from '../craps/settle.ts';

/** The line stake follows the balance, so that a bot plays for very long: a fortieth of it, 1 to 30 CRAP, whole. */
const LINE_STAKE_MAX = 30n;
const LINE_SHARE = 40n;
/** Odds behind the line bet, as a multiple of it. */
const ODDS_MULTIPLE = 2n;
/** The side bet is this part of the line bet, at least 1 CRAP. */
const SIDE_SHARE = 5n;

const SIDE_BETS: readonly string[] = [
  'field',
  'place-6',
  'hard-8',
  'any-craps',
  'place-8',
  'yes-9',
  'horn',
  'hard-6',
  'c-and-e',
  'place-5',
];

/**
 * The side bet of a player at a roll: players differ, and each changes with the roll. On a table's first roll all bet on
 * the field, which every roll decides.
 */
function sideBet(me: Uint8Array, roll: bigint): string {
  if (roll === 1n) return 'field';
  const at = (BigInt(me[0] ?? 0) + roll) % BigInt(SIDE_BETS.length);
  return SIDE_BETS[Number(at)] ?? 'field';
}

/** A table may ask for more than a bot likes to bet; a multiple keeps every pay-out whole. */
function atLeast(stake: bigint, stakeMin: bigint): bigint {
  const times = (stakeMin + stake - 1n) / stake;
  return times > 1n ? stake * times : stake;
}

function lineStake(balance: bigint): bigint {
  const share = balance / LINE_SHARE / UNITS_PER_CRAP;
  return (share < 1n ? 1n : share > LINE_STAKE_MAX ? LINE_STAKE_MAX : share) * UNITS_PER_CRAP;
}

function sideStake(table: Table, me: Uint8Array): bigint {
  const line = betsOf(table, me).find(({ live }) => live.kind === 'pass')?.live.stake ?? crap(1);
  const stake = line / SIDE_SHARE / UNITS_PER_CRAP;
  return (stake < 1n ? 1n : stake) * UNITS_PER_CRAP;
}

/** The next bet, or `null` if there is nothing to bet now. */
export function nextBet(state: CasinoState, table: Table, me: Uint8Array): ActionInit | null {
  if (table.lockedAt !== null) return null;
  const account = findAccount(state.accounts, me);
  if (account === undefined) return null;
  const line = lineStake(account.balance);
  const mine = betsOf(table, me);
  const bet = (kind: string, stake: bigint, base = 0): ActionInit => ({
    case: 'placeBet',
    value: { table: table.id, roll: table.roll, kind, stake: atLeast(stake, table.stakeMin), base },
  });
  const pass = mine.find(({ live }) => live.kind === 'pass');
  if (table.game.point === 0)
    return pass === undefined ? bet('pass', line) : sideBetOf(table, me, mine.length, bet);
  const hasOdds = mine.some(({ live }) => live.kind === 'pass-odds');
  if (pass !== undefined && !hasOdds)
    return bet('pass-odds', pass.live.stake * ODDS_MULTIPLE, pass.live.id);
  return sideBetOf(table, me, mine.length, bet);
}

function sideBetOf(
  table: Table,
  me: Uint8Array,
  betCount: number,
  bet: (kind: string, stake: bigint) => ActionInit,
): ActionInit | null {
  const lineBets = table.game.point === 0 ? 1 : 2;
  return betCount > lineBets ? null : bet(sideBet(me, table.roll), sideStake(table, me));
}

/** Whether the dice are in this player's hand and the table waits for them. */
export function isMyShot(table: Table, me: Uint8Array): boolean {
  return table.lockedAt === null && table.shooter !== null && bytesEqual(table.shooter, me);
}

/** A bet of this player that can be taken down now, or `null`. */
export function nextTakeDown(table: Table, me: Uint8Array): ActionInit | null {
  if (table.lockedAt !== null) return null;
  const removable = betsOf(table, me).find(({ live }) => takeDown(table.game, live).ok);
  if (removable === undefined) return null;
  return {
    case: 'takeDown',
    value: { table: table.id, roll: table.roll, bet: removable.live.id },
  };
}
