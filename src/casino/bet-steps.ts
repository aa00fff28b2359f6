// Making bets and taking them down. A bet is accepted only where the table can pay it: the sum of what all unresolved
// bets can win stays within the bankroll, and one account's part of it within five hundredths.

import { formatAmount } from '../core/amount.ts';
import { fail, ok, type Result } from '../core/errors.ts';
import { BETS } from '../craps/bets.ts';
import { placeBet as placeLiveBet, takeDown as takeDownLiveBet } from '../craps/settle.ts';
import type { PlaceBet, TakeDown } from '../wire/gen/bitcraps/v1/casino_pb.ts';
import type { EffectInit } from './effects.ts';
import { ACCOUNT_SHARE_PERCENT } from './limits.ts';
import {
  accountOf,
  betsOf,
  credit,
  isSeated,
  withTable,
  type CasinoState,
  type Table,
  type TableBet,
} from './state.ts';
import { bettingTable, done, type Step, type StepContext } from './step.ts';
import { withShooter } from './table-steps.ts';

/** A table's bets are numbered by 32 bits. */
const BET_ID_MAX = 0xffff_ffff;

/** Takes the stake into play. The first bet takes a seat, and the first seat takes the dice. */
export function placeBet(
  context: StepContext,
  state: CasinoState,
  account: Uint8Array,
  request: PlaceBet,
): Step {
  const { table: id, roll, kind, stake, base } = request;
  const found = bettingTable(state, id, roll);
  if (!found.ok) return found;
  const payer = accountOf(state, account);
  if (!payer.ok) return payer;
  const table = found.value;
  const mine = betsOf(table, account);
  const room = requireRoom(context, table, account, mine);
  if (!room.ok) return room;
  const { stakeMin } = table;
  if (stake < stakeMin) {
    return fail('CASINO_STAKE_BELOW_MIN', {
      stake: formatAmount(stake),
      stakeMin: formatAmount(stakeMin),
    });
  }
  const placed = placeLiveBet(
    table.game,
    mine.map((bet) => bet.live),
    { id: table.nextBet, kind, stake, ...(base === 0 ? {} : { base }) },
  );
  if (!placed.ok) return placed;
  const { balance } = payer.value;
  if (balance < stake) {
    return fail('CASINO_BALANCE', { needed: formatAmount(stake), balance: formatAmount(balance) });
  }
  const bet: TableBet = {
    account,
    live: placed.value,
    risk: BETS.get(kind)?.maxWin(stake) ?? 0n,
  };
  const covered = requireCover(table, mine, bet);
  if (!covered.ok) return covered;
  const value = {
    table: id,
    roll,
    bet: bet.live.id,
    account,
    kind,
    stake,
    base: bet.live.base ?? 0,
  };
  const seated = seat(context, withBet(table, bet), account);
  return done(
    withTable(credit(state, account, -stake), seated.table),
    { case: 'betPlaced', value },
    ...seated.effects,
  );
}

function requireRoom(
  context: StepContext,
  table: Table,
  account: Uint8Array,
  mine: readonly TableBet[],
): Result<void, 'CASINO_TABLE_FULL' | 'CASINO_BETS_MAX'> {
  const { seatsMax, betsPerTableMax, betsPerAccountMax } = context.genesis.limits;
  if (table.seats.length >= seatsMax && !isSeated(table, account)) {
    return fail('CASINO_TABLE_FULL', { table: table.id, seatsMax });
  }
  if (mine.length >= betsPerAccountMax) {
    const betsMax = betsPerAccountMax;
    return fail('CASINO_BETS_MAX', { table: table.id, betsMax, whose: 'one account' });
  }
  if (table.bets.length >= betsPerTableMax || table.nextBet >= BET_ID_MAX) {
    return fail('CASINO_BETS_MAX', { table: table.id, betsMax: betsPerTableMax, whose: 'all' });
  }
  return ok(undefined);
}

function requireCover(
  table: Table,
  mine: readonly TableBet[],
  bet: TableBet,
): Result<void, 'CASINO_BANKROLL_COVER' | 'CASINO_ACCOUNT_SHARE'> {
  const { bankroll } = table;
  const risk = table.risk + bet.risk;
  if (risk > bankroll) {
    return fail('CASINO_BANKROLL_COVER', {
      risk: formatAmount(risk),
      bankroll: formatAmount(bankroll),
    });
  }
  const share = (bankroll * ACCOUNT_SHARE_PERCENT) / 100n;
  const own = mine.reduce((sum, other) => sum + other.risk, bet.risk);
  if (own > share) {
    return fail('CASINO_ACCOUNT_SHARE', { risk: formatAmount(own), share: formatAmount(share) });
  }
  return ok(undefined);
}

function withBet(table: Table, bet: TableBet): Table {
  return {
    ...table,
    bets: [...table.bets, bet],
    staked: table.staked + bet.live.stake,
    risk: table.risk + bet.risk,
    nextBet: table.nextBet + 1,
  };
}

function seat(
  context: StepContext,
  table: Table,
  account: Uint8Array,
): { readonly table: Table; readonly effects: readonly EffectInit[] } {
  if (isSeated(table, account)) return { table, effects: [] };
  const taken: EffectInit = { case: 'seatTaken', value: { table: table.id, account } };
  const seated = { ...table, seats: [...table.seats, account] };
  if (seated.shooter !== null) return { table: seated, effects: [taken] };
  const first = withShooter(context, seated, account);
  return { table: first.table, effects: [taken, first.effect] };
}

/** The stake goes back, where the rules let the bet be taken down. */
export function takeDown(
  state: CasinoState,
  account: Uint8Array,
  { table: id, roll, bet: betId }: TakeDown,
): Step {
  const found = bettingTable(state, id, roll);
  if (!found.ok) return found;
  const table = found.value;
  const bet = betsOf(table, account).find(({ live }) => live.id === betId);
  if (bet === undefined) return fail('CASINO_BET_UNKNOWN', { table: id, bet: betId });
  const taken = takeDownLiveBet(table.game, bet.live);
  if (!taken.ok) return taken;
  const returned = taken.value.payout;
  const left: Table = {
    ...table,
    bets: table.bets.filter((other) => other !== bet),
    staked: table.staked - bet.live.stake,
    risk: table.risk - bet.risk,
  };
  const value = { table: id, roll, bet: betId, account, returned };
  return done(withTable(credit(state, account, returned), left), { case: 'betTakenDown', value });
}
