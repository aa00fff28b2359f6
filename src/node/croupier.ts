// The operator's standing work at a solo casino: reveal the dice of a locked table, and act for shooters whose time is
// out. It looks at the final state only, so that a restart finds its work again.

import type { Clock, Timer } from '../env/clock.ts';
import type { Logger } from '../env/logger.ts';
import type { Result } from '../core/errors.ts';
import type { Casino } from '../casino/casino.ts';
import type { ActionInit } from '../casino/operation.ts';
import type { Table } from '../casino/state.ts';
import type { Wallet } from '../casino/wallet.ts';
import type { Accepted, Engine } from '../consensus/engine.ts';
import type { DiceSource } from '../dice/dice-source.ts';
import { createInOrder } from './in-order.ts';

/** How often idle shooters are looked for. */
const LOOK_EVERY_MS = 1_000;

export interface CroupierDeps {
  readonly engine: Engine;
  readonly casino: Casino;
  /** The operator's. */
  readonly wallet: Wallet;
  readonly dice: DiceSource;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface Croupier {
  /** The operator's other work (opening and closing tables), in order with its own. As `Engine.submit`. */
  submit(action: ActionInit): Promise<Result<Accepted>>;
  stop(): void;
}

/** Starts at once: what was locked before a restart is revealed now. */
export function startCroupier(deps: CroupierDeps): Croupier {
  const { engine, casino, wallet, dice, clock, logger } = deps;
  const inOrder = createInOrder();
  let timer: Timer | null = null;
  let working = false;
  let again = false;
  let stopped = false;

  const submit = (action: ActionInit): Promise<Result<Accepted>> =>
    inOrder.run(async () => {
      const result = await engine.submit(wallet.sign(action));
      if (!result.ok) wallet.resync();
      return result;
    });

  const tend = async (table: Table): Promise<void> => {
    const { id, roll } = table;
    const action: ActionInit | null =
      table.lockedAt === null
        ? overdue(table, engine.timeMs())
        : // The block that locked the table is final: the state shows final blocks only.
          {
            case: 'revealDice',
            value: { table: id, roll, proof: await dice.release({ table: id, roll }) },
          };
    if (action === null || stopped) return;
    const result = await submit(action);
    if (result.ok) return;
    const { code, message } = result.error;
    logger.warn('croupier-refused', {
      table: id,
      roll,
      action: action.case,
      code,
      detail: message,
    });
  };

  const work = async (): Promise<void> => {
    if (working) return;
    working = true;
    while (again && !stopped) {
      again = false;
      for (const table of casino.query().tables) await tend(table);
    }
    working = false;
  };

  const wake = (): void => {
    again = true;
    void work();
  };

  const look = (): void => {
    if (stopped) return;
    timer = clock.after(LOOK_EVERY_MS, look);
    wake();
  };

  const unsubscribe = engine.subscribe(wake);
  look();

  return {
    submit,
    stop() {
      stopped = true;
      timer?.cancel();
      unsubscribe();
    },
  };
}

/** What the operator does for a shooter whose time is out, or for bets that nobody rolls for, if anything. */
function overdue(table: Table, timeMs: bigint): ActionInit | null {
  const { shooter, bets, shooterSinceMs, shooterTimeoutMs } = table;
  if (shooter === null && bets.length === 0) return null;
  // The block gets this time or a later one, so that what is due here is due there.
  if (timeMs < shooterSinceMs + shooterTimeoutMs) return null;
  const value = { table: table.id, roll: table.roll };
  return shooter === null ? { case: 'shoot', value } : { case: 'passDice', value };
}
