// Turns checked blocks into events for people: what was bet, rolled and paid, and when a round ends.

import { formatAmount } from '../core/amount.ts';
import { toHex } from '../core/bytes.ts';
import { peerIdText } from '../core/peer-id.ts';
import type { Primitives } from '../env/primitives.ts';
import { outcomeName, type Effect } from '../casino/effects.ts';
import type { CheckedBlock } from '../casino/replica.ts';
import type { NodeEvent } from './node-event.ts';

/** Hexadecimal digits of a proof's short id. */
const PROOF_DIGITS = 8;

interface OpenBet {
  readonly kind: string;
  readonly stake: string;
}

interface TableView {
  readonly bets: Map<number, OpenBet>;
  point: number;
}

export interface CasinoEvents {
  /** The events of one block, in order. Blocks come in order of height. */
  read(block: CheckedBlock): readonly NodeEvent[];
  /** Rounds that ended: come-outs followed to their decision. */
  readonly rounds: number;
}

export function createCasinoEvents(primitives: Primitives): CasinoEvents {
  return new EventReader(primitives);
}

class EventReader implements CasinoEvents {
  rounds = 0;
  readonly #primitives: Primitives;
  readonly #tables = new Map<number, TableView>();

  constructor(primitives: Primitives) {
    this.#primitives = primitives;
  }

  read(block: CheckedBlock): readonly NodeEvent[] {
    const proofs = this.#proofsOf(block);
    const events: NodeEvent[] = [];
    for (const effect of block.effects) events.push(...this.#eventsOf(effect, proofs));
    return [...events, ...this.#endedRounds(block.effects)];
  }

  /** Short ids of the proofs in a block, by table and roll. */
  #proofsOf(block: CheckedBlock): ReadonlyMap<string, string> {
    const proofs = new Map<string, string>();
    for (const { action } of block.operations) {
      if (action.case !== 'revealDice') continue;
      const { table, roll, proof } = action.value;
      proofs.set(`${table}/${roll}`, toHex(this.#primitives.sha256(proof)).slice(0, PROOF_DIGITS));
    }
    return proofs;
  }

  #eventsOf(effect: Effect, proofs: ReadonlyMap<string, string>): readonly NodeEvent[] {
    switch (effect.case) {
      case 'tableOpened': {
        const { table, bankroll } = effect.value;
        this.#tables.set(table, { bets: new Map(), point: 0 });
        return [{ kind: 'table-opened', table, bankroll: formatAmount(bankroll) }];
      }
      case 'tableClosed': {
        const { table, bankroll } = effect.value;
        this.#tables.delete(table);
        return [{ kind: 'table-closed', table, bankroll: formatAmount(bankroll) }];
      }
      case 'betPlaced': {
        const { table, roll, bet, account, kind, stake } = effect.value;
        const open = { kind, stake: formatAmount(stake) };
        this.#tables.get(table)?.bets.set(bet, open);
        return [
          {
            kind: 'bet',
            table,
            roll: String(roll),
            bet: String(bet),
            account: peerIdText(account),
            betKind: kind,
            stake: open.stake,
          },
        ];
      }
      case 'betTakenDown':
        this.#tables.get(effect.value.table)?.bets.delete(effect.value.bet);
        return [];
      case 'tableLocked': {
        const { table, roll, shooter } = effect.value;
        return [{ kind: 'locked', table, roll: String(roll), shooter: peerIdText(shooter) }];
      }
      case 'diceRolled': {
        const { table, roll, die1, die2 } = effect.value;
        const proof = proofs.get(`${table}/${roll}`) ?? '';
        return [{ kind: 'rolled', table, roll: String(roll), dice: [die1, die2], proof }];
      }
      case 'betResolved':
        return this.#resolved(effect.value);
      case 'pointSet':
        return [{ kind: 'point', table: effect.value.table, point: effect.value.point }];
      case 'shooterChanged': {
        const { table, account } = effect.value;
        return account.length === 0
          ? []
          : [{ kind: 'shooter', table, shooter: peerIdText(account) }];
      }
      default:
        return [];
    }
  }

  #resolved(value: Extract<Effect, { case: 'betResolved' }>['value']): readonly NodeEvent[] {
    const { table, roll, bet, account, returned } = value;
    const open = this.#tables.get(table)?.bets.get(bet);
    this.#tables.get(table)?.bets.delete(bet);
    const outcome = outcomeName(value.outcome);
    if (open === undefined || outcome === 'unknown') return [];
    return [
      {
        kind: 'resolved',
        table,
        roll: String(roll),
        bet: String(bet),
        account: peerIdText(account),
        betKind: open.kind,
        stake: open.stake,
        outcome,
        returned: formatAmount(returned),
      },
    ];
  }

  /** A roll ends its round when it leaves the table on the come-out. */
  #endedRounds(effects: readonly Effect[]): readonly NodeEvent[] {
    const events: NodeEvent[] = [];
    for (const effect of effects) {
      if (effect.case !== 'diceRolled') continue;
      const { table, die1, die2 } = effect.value;
      const view = this.#tables.get(table);
      if (view === undefined) continue;
      const set = effects.find((other) => other.case === 'pointSet' && other.value.table === table);
      const total = die1 + die2;
      if (set !== undefined && set.case === 'pointSet') {
        view.point = set.value.point;
        continue;
      }
      const point = view.point;
      if (point !== 0 && total !== 7 && total !== point) continue;
      view.point = 0;
      this.rounds += 1;
      events.push({ kind: 'round', table, rounds: this.rounds, how: howItEnded(point, total) });
    }
    return events;
  }
}

function howItEnded(point: number, total: number): string {
  if (point === 0) return total === 7 || total === 11 ? `a natural ${total}` : `craps ${total}`;
  return total === 7 ? 'seven-out' : `the point ${point} is made`;
}
