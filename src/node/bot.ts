// A player that plays by itself: opens its account, bets each roll, shoots when the dice are its own.

import type { Clock, Timer } from '../env/clock.ts';
import type { Logger } from '../env/logger.ts';
import { formatAmount } from '../core/amount.ts';
import { toHex } from '../core/bytes.ts';
import { peerIdText } from '../core/peer-id.ts';
import { findAccount } from '../casino/accounts.ts';
import type { ActionInit } from '../casino/operation.ts';
import { betsOf, isSeated, type CasinoState, type Table } from '../casino/state.ts';
import { isMyShot, nextBet, nextTakeDown } from './bot-strategy.ts';
import type { CasinoClient, Placed } from './casino-client.ts';
import type { NodeEvents } from './node-event.ts';

/** Between two looks at the table when nothing new came. */
const LOOK_EVERY_MS = 250;
/** After a refusal, before the next try: the cause rarely goes away at once. */
const PAUSE_AFTER_REFUSAL_MS = 1_000;
/** How long the first roll waits for company. */
const COMPANY_WITHIN_MS = 5_000;
/** Who watches a table open does not want to wait for its first roll. */
const FIRST_PACE_MS = 300;
/** A bet that came when the table was locked or the roll over: no news, the next roll is another chance. */
const TOO_LATE: ReadonlySet<string> = new Set(['CASINO_TABLE_LOCKED', 'CASINO_ROLL_MISMATCH']);

export interface BotStyle {
  /** What the shooter leaves the others for betting. */
  readonly paceMs: number;
  /** A table's first roll waits for so many players, but not for ever. */
  readonly companyMin: number;
}

export interface BotDeps {
  readonly client: CasinoClient;
  /** This node's account. */
  readonly me: Uint8Array;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events: NodeEvents;
  readonly style: BotStyle;
}

export interface Bot {
  /** Bet no more, take down what can be, countersign the end; then a `left` event. */
  leave(): void;
  stop(): void;
}

type Bet = Extract<ActionInit, { readonly case: 'placeBet' }>['value'];

type Turn =
  | { readonly what: string; readonly action: ActionInit }
  | { readonly waitMs: number }
  | 'done';

export function startBot(deps: BotDeps): Bot {
  const { client, me, clock, events, style } = deps;
  let timer: Timer | null = null;
  let acting = false;
  let leaving = false;
  let stopped = false;
  /** The roll at which a bet was refused: no more bets until the next one, but the dice go on. */
  let refusedAtRoll: bigint | null = null;
  let sinceRoll = { table: 0, roll: 0n, at: 0 };

  /** When this node first saw the table waiting for this roll. */
  const waitedMs = (table: Table): number => {
    if (sinceRoll.table !== table.id || sinceRoll.roll !== table.roll) {
      sinceRoll = { table: table.id, roll: table.roll, at: clock.now() };
    }
    return clock.now() - sinceRoll.at;
  };

  const turn = (state: CasinoState): Turn => {
    if (findAccount(state.accounts, me) === undefined) {
      if (leaving) return 'done';
      return { what: 'open an account', action: { case: 'openAccount', value: {} } };
    }
    const [table] = state.tables;
    if (table === undefined) return leaving ? 'done' : { waitMs: LOOK_EVERY_MS };
    const waited = waitedMs(table);
    if (table.lockedAt !== null) return { waitMs: LOOK_EVERY_MS };
    if (leaving) return leavingTurn(table, me) ?? shotTurn(table, waited);
    const bet = refusedAtRoll === table.roll ? null : nextBet(state, table, me);
    if (bet !== null) return { what: describe(bet), action: bet };
    return shotTurn(table, waited);
  };

  const shotTurn = (table: Table, waited: number): Turn => {
    if (!isMyShot(table, me) || betsOf(table, me).length === 0) return { waitMs: LOOK_EVERY_MS };
    const alone = table.roll === 1n && table.seats.length < style.companyMin;
    if (alone && waited < COMPANY_WITHIN_MS) return { waitMs: LOOK_EVERY_MS };
    const paceMs = table.roll === 1n ? Math.min(style.paceMs, FIRST_PACE_MS) : style.paceMs;
    // At least a millisecond: sums of fractional times need not be exact.
    if (waited < paceMs) return { waitMs: Math.max(1, paceMs - waited) };
    return {
      what: 'shoot',
      action: { case: 'shoot', value: { table: table.id, roll: table.roll } },
    };
  };

  const look = (): void => {
    timer = null;
    const state = client.state();
    if (stopped || acting) return;
    const lost = client.broken() !== null;
    if (state === null || client.isBehind() || (lost && !leaving)) return later(LOOK_EVERY_MS);
    const next = lost ? 'done' : turn(state);
    if (next === 'done') {
      stopped = true;
      events.emit({ kind: 'left', account: peerIdText(me) });
    } else if ('waitMs' in next) later(next.waitMs);
    else void act(next.what, next.action);
  };

  const act = async (what: string, action: ActionInit): Promise<void> => {
    acting = true;
    const result = await client.submit(action);
    acting = false;
    if (result.ok) {
      if (action.case === 'placeBet') tellAcknowledged(action.value, result.value);
      return later(0);
    }
    if (action.case === 'placeBet') refusedAtRoll = sinceRoll.roll;
    const { code, message } = result.error;
    if (TOO_LATE.has(code)) return later(LOOK_EVERY_MS);
    deps.logger.info('bot-refused', { what, code, detail: message });
    events.emit({ kind: 'refused', what, code, message });
    later(PAUSE_AFTER_REFUSAL_MS);
  };

  const tellAcknowledged = (bet: Bet, { height, operation }: Placed): void => {
    events.emit({
      kind: 'acknowledged',
      account: peerIdText(me),
      table: bet.table ?? 0,
      roll: String(bet.roll ?? 0n),
      betKind: bet.kind ?? '',
      stake: formatAmount(bet.stake ?? 0n),
      height: String(height),
      operation: toHex(operation),
    });
  };

  const later = (delayMs: number): void => {
    timer?.cancel();
    timer = stopped ? null : clock.after(delayMs, look);
  };

  const unsubscribe = client.onBlock(() => {
    if (!acting && timer !== null) later(0);
  });
  later(0);

  return {
    leave() {
      leaving = true;
      if (!acting) later(0);
    },
    stop() {
      stopped = true;
      unsubscribe();
      timer?.cancel();
    },
  };
}

/** What a leaving player does next; `null` while its line bet is still on. */
function leavingTurn(table: Table, me: Uint8Array): Turn | null {
  const down = nextTakeDown(table, me);
  if (down !== null) return { what: 'take a bet down', action: down };
  if (betsOf(table, me).length > 0) return null;
  if (!isSeated(table, me)) return 'done';
  return {
    what: 'leave',
    action: { case: 'leaveTable', value: { table: table.id, roll: table.roll } },
  };
}

function describe(action: ActionInit): string {
  if (action.case !== 'placeBet') return action.case;
  return `bet ${action.value.kind ?? ''}`;
}
