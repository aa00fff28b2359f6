// What a checked transcript says, as data: the rounds, who bet, what was paid, and who stands by its end.

import { toHex } from '../core/bytes.ts';
import { peerIdText, type PeerIdText } from '../core/peer-id.ts';
import { outcomeName, type Effect, type Outcome } from './effects.ts';
import type { Operation } from './operation.ts';
import type { CheckedBlock, Replica } from './replica.ts';
import { recountSupply, type Supply } from './state.ts';
import { endLimits, isEndProved } from './transcript-end.ts';

export interface ReportedBet {
  readonly bet: number;
  readonly account: PeerIdText;
  readonly kind: string;
  /** Units. */
  readonly stake: bigint;
  readonly outcome: Outcome | 'unknown';
  /** Units that went back to the account, the stake included. */
  readonly returned: bigint;
}

/** One roll. Every line was recomputed from the proof and the rules. */
export interface ReportedRoll {
  readonly height: bigint;
  readonly table: number;
  readonly roll: bigint;
  readonly dice: readonly [number, number];
  readonly shooter: PeerIdText;
  /** `point 6`, `point made`, `seven-out`, or nothing. */
  readonly event: string;
  readonly resolved: readonly ReportedBet[];
}

export interface ReportedAccount {
  readonly account: PeerIdText;
  /** Units at the end. */
  readonly balance: bigint;
  /** Operations that the account signed. */
  readonly operations: number;
  readonly bets: number;
  /** Units of decided bets. */
  readonly staked: bigint;
  readonly returned: bigint;
  /** The newest block that the account has signed to have seen; 0 is the genesis. */
  readonly seenHeight: bigint;
  /**
   * Whether the account left every table where it bet, by an operation that builds on the block that decided its last
   * bet there or on a later one. It says nothing of blocks after `seenHeight`: the account may have come back.
   */
  readonly countersigned: boolean;
}

export interface ReportedTable {
  readonly table: number;
  readonly nextRoll: bigint;
  /** A roll was locked and its dice not revealed. */
  readonly locked: boolean;
  readonly bankroll: bigint;
  readonly openBets: number;
}

export interface TranscriptReport {
  readonly casino: PeerIdText;
  readonly casinoName: string;
  readonly networkId: string;
  readonly chainId: string;
  readonly mode: 'solo';
  readonly disclosure: string;
  /** Who signed the file. */
  readonly signer: PeerIdText;
  readonly signedByOperator: boolean;
  readonly height: bigint;
  readonly blockHash: string;
  readonly stateRoot: string;
  /** Milliseconds since the Unix epoch, by the operator's clock. */
  readonly beganMs: bigint;
  readonly endedMs: bigint;
  /** Valid signatures of accounts. */
  readonly signatures: number;
  readonly betsPlaced: number;
  readonly betsResolved: number;
  readonly betsTakenDown: number;
  readonly rolls: readonly ReportedRoll[];
  readonly accounts: readonly ReportedAccount[];
  readonly supply: Supply & { readonly cap: bigint };
  /** Not closed at the end. */
  readonly openTables: readonly ReportedTable[];
  /**
   * Whether the file ends as a finished evening does: dice rolled, every table is closed, and every account that ever bet
   * countersigned. It does not mean that nothing came afterwards: no file can show that by itself. To test for a cut-off
   * end, give `verifyTranscript` a block that a player's node has seen.
   */
  readonly endProved: boolean;
  /**
   * Sentences about what the transcript does not prove: the genesis' disclosure, up to which block the players signed,
   * and each thing that keeps `endProved` from being true.
   */
  readonly limits: readonly string[];
}

interface AccountTally {
  operations: number;
  bets: number;
  staked: bigint;
  returned: bigint;
  seenHeight: bigint;
  /** Tables where the account bet and did not leave afterwards. */
  readonly unsigned: Set<number>;
  /** By table: the block that the account's last leaving there builds on. */
  readonly signedTo: Map<number, bigint>;
  /** By table: the height at which the last of its bets there was decided. */
  readonly decidedAt: Map<number, bigint>;
  openBets: number;
}

interface BetTally {
  readonly kind: string;
  readonly stake: bigint;
}

/** Gathers the report block by block. */
export interface ReportBuilder {
  add(checked: CheckedBlock): void;
  finish(replica: Replica, signer: Uint8Array): TranscriptReport;
}

export function createReportBuilder(): ReportBuilder {
  return new Builder();
}

class Builder implements ReportBuilder {
  readonly #accounts = new Map<PeerIdText, AccountTally>();
  /** Bets in play, by `table/bet`. */
  readonly #bets = new Map<string, BetTally>();
  readonly #rolls: ReportedRoll[] = [];
  readonly #shooters = new Map<number, PeerIdText>();
  #signatures = 0;
  #placed = 0;
  #resolved = 0;
  #takenDown = 0;

  add({ block, operations, effects }: CheckedBlock): void {
    for (const operation of operations) this.#addOperation(operation);
    for (let at = 0; at < effects.length; at += 1) {
      const effect = effects[at];
      if (effect === undefined) continue;
      if (effect.case === 'diceRolled') this.#addRoll(block.header.height, effects.slice(at));
      else this.#addEffect(effect);
    }
  }

  #account(key: Uint8Array): AccountTally {
    const name = peerIdText(key);
    const known = this.#accounts.get(name);
    if (known !== undefined) return known;
    const tally: AccountTally = {
      operations: 0,
      bets: 0,
      staked: 0n,
      returned: 0n,
      seenHeight: 0n,
      unsigned: new Set(),
      signedTo: new Map(),
      decidedAt: new Map(),
      openBets: 0,
    };
    this.#accounts.set(name, tally);
    return tally;
  }

  /** A seat that the operator took away is no countersignature: only the account's own leaving is. */
  #addOperation({ account, anchor, action }: Operation): void {
    const tally = this.#account(account);
    if (action.case === 'placeBet') tally.unsigned.add(action.value.table);
    if (action.case === 'leaveTable') {
      tally.unsigned.delete(action.value.table);
      tally.signedTo.set(action.value.table, anchor.height);
    }
    tally.operations += 1;
    this.#signatures += 1;
    if (anchor.height > tally.seenHeight) tally.seenHeight = anchor.height;
  }

  #addEffect(effect: Effect): void {
    if (effect.case === 'betPlaced') {
      const { table, bet, account, kind, stake } = effect.value;
      this.#bets.set(`${table}/${bet}`, { kind, stake });
      const tally = this.#account(account);
      tally.bets += 1;
      tally.openBets += 1;
      this.#placed += 1;
    } else if (effect.case === 'betTakenDown') {
      this.#bets.delete(`${effect.value.table}/${effect.value.bet}`);
      this.#account(effect.value.account).openBets -= 1;
      this.#takenDown += 1;
    } else if (effect.case === 'tableLocked') {
      this.#shooters.set(effect.value.table, peerIdText(effect.value.shooter));
    }
  }

  /** `effects` begins with the dice; the bets that they resolved follow. */
  #addRoll(height: bigint, effects: readonly Effect[]): void {
    const [rolled, ...rest] = effects;
    if (rolled?.case !== 'diceRolled') return;
    const { table, roll, die1, die2 } = rolled.value;
    const resolved: ReportedBet[] = [];
    let event = '';
    for (const effect of rest) {
      if (effect.case === 'betResolved' && effect.value.table === table) {
        resolved.push(this.#resolve(height, effect));
      } else if (effect.case === 'pointSet') event = `point ${effect.value.point}`;
      else if (effect.case === 'pointMade') event = 'point made';
      else if (effect.case === 'sevenOut') event = 'seven-out';
      else if (effect.case !== 'betMoved') break;
    }
    const shooter = this.#shooters.get(table) ?? '';
    this.#rolls.push({ height, table, roll, dice: [die1, die2], shooter, event, resolved });
  }

  #resolve(height: bigint, { value }: Effect & { readonly case: 'betResolved' }): ReportedBet {
    const { table, bet, account, outcome, returned } = value;
    const name = `${table}/${bet}`;
    const { kind, stake } = this.#bets.get(name) ?? { kind: '', stake: 0n };
    this.#bets.delete(name);
    this.#resolved += 1;
    const tally = this.#account(account);
    tally.openBets -= 1;
    tally.decidedAt.set(table, height);
    tally.staked += stake;
    tally.returned += returned;
    return {
      bet,
      account: peerIdText(account),
      kind,
      stake,
      outcome: outcomeName(outcome),
      returned,
    };
  }

  finish(replica: Replica, signer: Uint8Array): TranscriptReport {
    const { genesis } = replica;
    const casino = peerIdText(genesis.operator);
    const head = replica.head();
    const balances = new Map<PeerIdText, bigint>();
    for (const shard of replica.state().accounts.shards) {
      for (const { key, balance } of shard) balances.set(peerIdText(key), balance);
    }
    const accounts = [...this.#accounts]
      .filter(([account, { bets }]) => account !== casino || bets > 0)
      .map(([account, tally]) => reportAccount(account, balances.get(account) ?? 0n, tally));
    const openTables = replica.tables().map((table) => ({
      table: table.id,
      nextRoll: table.roll,
      locked: table.lockedAt !== null,
      bankroll: table.bankroll,
      openBets: table.bets.length,
    }));
    const end = { rolls: this.#rolls.length, accounts, openTables };
    return {
      casino,
      casinoName: genesis.casinoName,
      networkId: genesis.networkId,
      chainId: toHex(genesis.chainId),
      mode: genesis.mode,
      disclosure: genesis.disclosure,
      signer: peerIdText(signer),
      signedByOperator: peerIdText(signer) === casino,
      height: head.height,
      blockHash: toHex(head.hash),
      stateRoot: toHex(head.stateRoot),
      beganMs: genesis.timeMs,
      endedMs: head.timeMs,
      signatures: this.#signatures,
      betsPlaced: this.#placed,
      betsResolved: this.#resolved,
      betsTakenDown: this.#takenDown,
      rolls: this.#rolls,
      accounts,
      supply: { ...recountSupply(replica.state()), cap: genesis.supplyCap },
      openTables,
      endProved: isEndProved(end),
      limits: [genesis.disclosure, ...endLimits(end)],
    };
  }
}

function reportAccount(account: PeerIdText, balance: bigint, tally: AccountTally): ReportedAccount {
  const { operations, bets, staked, returned, seenHeight } = tally;
  const countersigned = bets > 0 && standsByTheEnd(tally);
  return { account, balance, operations, bets, staked, returned, seenHeight, countersigned };
}

function standsByTheEnd({ unsigned, signedTo, decidedAt, openBets }: AccountTally): boolean {
  if (openBets > 0 || unsigned.size > 0) return false;
  return [...decidedAt].every(([table, height]) => height <= (signedTo.get(table) ?? 0n));
}
