// A chain as a player's node follows it: every block is checked and executed as if nobody were trusted. The checker of
// transcripts feeds the same code.

import { checkBlock, decodeBlock, headOf, type Block, type Head } from '../consensus/block.ts';
import { bytesEqual } from '../core/bytes.ts';
import { BitcrapsError, fail, ok, type Result } from '../core/errors.ts';
import { peerIdText } from '../core/peer-id.ts';
import type { DiceVerifier } from '../dice/dice-source.ts';
import { vrfVerifier } from '../dice/vrf-dice.ts';
import type { Primitives } from '../env/primitives.ts';
import { findAccount } from './accounts.ts';
import { createCasino, type Casino } from './casino.ts';
import { diagnoseBlock, diagnoseEffects, diagnoseOperation } from './diagnosis.ts';
import { decodeEffects, type Effect } from './effects.ts';
import { decodeGenesis, type Genesis } from './genesis.ts';
import { decodeOperation, type Anchor, type Operation } from './operation.ts';
import { rulesHash } from './rules-hash.ts';
import {
  betsOf,
  findTable,
  supplyOf,
  type CasinoState,
  type Table,
  type TableBet,
} from './state.ts';
import type { ChainCode } from './transcript-code.ts';
import type { ChainView } from './wallet.ts';

/** A block that holds, with what it says. */
export interface CheckedBlock {
  readonly block: Block;
  readonly operations: readonly Operation[];
  readonly effects: readonly Effect[];
}

export interface Replica extends ChainView {
  readonly genesis: Genesis;
  head(): Head;
  /**
   * Checks and executes the next block. A block that fails changes nothing. Errors: see `ChainCode`; a block of another
   * height than the next is `TRANSCRIPT_ROUND_DROPPED`.
   */
  add(blockBytes: Uint8Array): Result<CheckedBlock, ChainCode>;
  /** Units; 0 for an account that is not open. */
  balance(account: Uint8Array): bigint;
  isOpen(account: Uint8Array): boolean;
  table(id: number): Table | undefined;
  tables(): readonly Table[];
  bets(table: number, account: Uint8Array): readonly TableBet[];
}

export interface ReplicaOptions {
  /** The casino's PeerId, if only that one will do. */
  readonly casino?: Uint8Array;
}

/** Follows the chain of a signed genesis from its beginning. */
export function createReplica(
  primitives: Primitives,
  genesisBytes: Uint8Array,
  options: ReplicaOptions = {},
): Result<Replica, 'TRANSCRIPT_GENESIS_INVALID' | 'TRANSCRIPT_OTHER_CASINO'> {
  const genesis = decodeGenesis(primitives, genesisBytes);
  if (!genesis.ok) return fail('TRANSCRIPT_GENESIS_INVALID', { reason: genesis.error.message });
  const { operator } = genesis.value;
  if (options.casino !== undefined && !bytesEqual(operator, options.casino)) {
    const [found, expected] = [peerIdText(operator), peerIdText(options.casino)];
    return fail('TRANSCRIPT_OTHER_CASINO', { found, expected });
  }
  if (!bytesEqual(genesis.value.rulesHash, rulesHash(primitives))) {
    const { message } = new BitcrapsError('CASINO_OTHER_RULES', {});
    return fail('TRANSCRIPT_GENESIS_INVALID', { reason: message });
  }
  return ok(new ChainReplica(primitives, genesis.value));
}

class ChainReplica implements Replica {
  readonly genesis: Genesis;
  readonly chainId: Uint8Array;
  readonly #primitives: Primitives;
  readonly #casino: Casino;
  readonly #dice: DiceVerifier;
  #head: Head;

  constructor(primitives: Primitives, genesis: Genesis) {
    this.#primitives = primitives;
    this.genesis = genesis;
    this.chainId = genesis.chainId;
    this.#casino = createCasino(primitives, genesis);
    this.#dice = vrfVerifier(primitives, genesis.chainId, genesis.vrfKey);
    this.#head = genesisHead(genesis, this.#casino);
  }

  head(): Head {
    return this.#head;
  }

  anchor(): Anchor {
    return { height: this.#head.height, hash: this.#head.hash };
  }

  state(): CasinoState {
    return this.#casino.query();
  }

  balance(account: Uint8Array): bigint {
    return findAccount(this.state().accounts, account)?.balance ?? 0n;
  }

  isOpen(account: Uint8Array): boolean {
    return findAccount(this.state().accounts, account) !== undefined;
  }

  table(id: number): Table | undefined {
    return findTable(this.state(), id);
  }

  tables(): readonly Table[] {
    return this.state().tables;
  }

  bets(table: number, account: Uint8Array): readonly TableBet[] {
    const found = this.table(table);
    return found === undefined ? [] : betsOf(found, account);
  }

  add(blockBytes: Uint8Array): Result<CheckedBlock, ChainCode> {
    const decoded = decodeBlock(this.#primitives, blockBytes);
    if (!decoded.ok) return fail('TRANSCRIPT_MALFORMED', { reason: decoded.error.message });
    const block = decoded.value;
    const { height, timeMs, parent, stateRoot } = block.header;
    const { operator, supplyCap: cap } = this.genesis;
    const linked = checkBlock(this.#primitives, block, this.chainId, this.#head, operator);
    if (!linked.ok) return diagnoseBlock(this.#head.height + 1n, linked.error);
    const before = this.state();
    const applied = this.#casino.apply({ height, timeMs, parent, operations: block.operations });
    for (const [at, outcome] of applied.outcomes.entries()) {
      const bytes = block.operations[at];
      if (outcome.ok || bytes === undefined) continue;
      return diagnoseOperation(height, bytes, outcome.error, before, this.#dice);
    }
    if (!bytesEqual(applied.effects, block.effects)) {
      return diagnoseEffects(height, block.effects, applied.effects, before);
    }
    if (!bytesEqual(applied.stateHash, stateRoot))
      return fail('TRANSCRIPT_STATE_WRONG', { height });
    const read = readBlock(block);
    if (!read.ok) return read;
    applied.commit(block.hash);
    this.#head = headOf(block);
    const found = supplyOf(this.state()).sum;
    if (found !== cap) return fail('TRANSCRIPT_SUPPLY_WRONG', { height, found, cap });
    return read;
  }
}

/** What the first block builds on. */
export function genesisHead(genesis: Genesis, casino: Casino): Head {
  return {
    height: 0n,
    hash: genesis.chainId,
    timeMs: genesis.timeMs,
    stateRoot: casino.stateHash(),
  };
}

/** The operations and effects of a block as data, unchecked. */
export function readBlock(block: Block): Result<CheckedBlock, 'TRANSCRIPT_MALFORMED'> {
  const effects = decodeEffects(block.effects);
  if (!effects.ok) return fail('TRANSCRIPT_MALFORMED', { reason: effects.error.message });
  const operations: Operation[] = [];
  for (const bytes of block.operations) {
    const decoded = decodeOperation(bytes);
    if (!decoded.ok) return fail('TRANSCRIPT_MALFORMED', { reason: decoded.error.message });
    operations.push(decoded.value.operation);
  }
  return ok({ block, operations, effects: effects.value });
}
