// A casino in memory for tests: no engine, no disk, one block at each call. Time is block time, one second a block.

import { sealBlock, headOf, type Block, type Head } from '../../src/consensus/block.ts';
import type { Result } from '../../src/core/errors.ts';
import { unwrap } from '../../src/core/errors.ts';
import { bytesEqual, utf8 } from '../../src/core/bytes.ts';
import { crap } from '../../src/core/amount.ts';
import { createCasino, type Casino } from '../../src/casino/casino.ts';
import { decodeEffects, type Effect } from '../../src/casino/effects.ts';
import { createGenesis, type Genesis, type GenesisOptions } from '../../src/casino/genesis.ts';
import type { ActionInit } from '../../src/casino/operation.ts';
import { genesisHead } from '../../src/casino/replica.ts';
import { rulesHash } from '../../src/casino/rules-hash.ts';
import { findTable, type CasinoState, type Table } from '../../src/casino/state.ts';
import { encodeTranscript } from '../../src/casino/transcript.ts';
import { createWallet, type Wallet } from '../../src/casino/wallet.ts';
import { identityFromSeed, type Identity } from '../../src/crypto/signing.ts';
import type { DiceSource } from '../../src/dice/dice-source.ts';
import { diceKeypair, vrfDice } from '../../src/dice/vrf-dice.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { createSeededRng } from '../../src/sim/seeded-rng.ts';

export const GENESIS_TIME_MS = 1_800_000_000_000n;
export const SHOOTER_TIMEOUT_MS = 30_000n;

/** The identity of a name: the same in every run. */
export function identityOf(name: string): Identity {
  return identityFromSeed(primitives, primitives.sha256(utf8(name)));
}

export class SmallCasino {
  readonly operator: Identity = identityOf('operator');
  readonly genesis: Genesis;
  readonly casino: Casino;
  readonly dice: DiceSource;
  readonly blocks: Block[] = [];
  readonly #wallets = new Map<string, Wallet>();
  head: Head;

  constructor(options: Partial<GenesisOptions> = {}, seed = 1) {
    this.genesis = unwrap(
      createGenesis(primitives, createSeededRng(primitives, seed, 'genesis'), this.operator, {
        networkId: 'test',
        casinoName: 'Small Casino',
        rulesHash: rulesHash(primitives),
        timeMs: GENESIS_TIME_MS,
        ...options,
      }),
    );
    this.casino = createCasino(primitives, this.genesis);
    const { chainId, nonce } = this.genesis;
    this.dice = vrfDice(primitives, chainId, diceKeypair(primitives, this.operator, nonce));
    this.head = genesisHead(this.genesis, this.casino);
  }

  get state(): CasinoState {
    return this.casino.query();
  }

  table(id = 1): Table {
    const table = findTable(this.state, id);
    if (table === undefined) throw new Error(`no table ${id}`);
    return table;
  }

  wallet(name: string): Wallet {
    const known = this.#wallets.get(name);
    if (known !== undefined) return known;
    const view = {
      chainId: this.genesis.chainId,
      anchor: () => this.head,
      state: () => this.state,
    };
    const wallet = createWallet(primitives, identityOf(name), view);
    this.#wallets.set(name, wallet);
    return wallet;
  }

  /** Signs one action and puts it into a block of its own, if it is accepted. */
  act(name: string, action: ActionInit): Result<readonly Effect[]> {
    const wallet = this.wallet(name);
    const result = this.submit(wallet.sign(action));
    if (!result.ok) wallet.resync();
    return result;
  }

  /** Puts one signed operation into a block of its own, if it is accepted. */
  submit(operation: Uint8Array, afterMs = 1000n): Result<readonly Effect[]> {
    const before = this.casino.stateHash();
    const height = this.head.height + 1n;
    const timeMs = this.head.timeMs + afterMs;
    const parent = this.head.hash;
    const applied = this.casino.apply({ height, timeMs, parent, operations: [operation] });
    const [outcome] = applied.outcomes;
    if (outcome === undefined) throw new Error('one outcome for each operation');
    if (!outcome.ok) {
      if (this.casino.stateHash() !== before) throw new Error('a refusal changed the state');
      return outcome;
    }
    const block = sealBlock(primitives, this.operator, {
      chainId: this.genesis.chainId,
      height,
      parent,
      timeMs,
      stateRoot: applied.stateHash,
      operations: [operation],
      effects: applied.effects,
    });
    applied.commit(block.hash);
    this.blocks.push(block);
    this.head = headOf(block);
    return decodeEffects(block.effects);
  }

  /** As `act`, for what must succeed. */
  must(name: string, action: ActionInit): readonly Effect[] {
    return unwrap(this.act(name, action));
  }

  openTable(bankroll: bigint = crap(10_000)): void {
    const value = {
      bankroll,
      stakeMin: crap(1),
      shooterTimeoutMs: SHOOTER_TIMEOUT_MS,
      rules: { field12x3: false },
    };
    this.must('operator', { case: 'openTable', value });
  }

  bet(
    name: string,
    kind: string,
    stake: bigint = crap(5),
    table = 1,
    base = 0,
  ): Result<readonly Effect[]> {
    const { roll } = this.table(table);
    return this.act(name, { case: 'placeBet', value: { table, roll, kind, stake, base } });
  }

  shoot(name: string, table = 1): Result<readonly Effect[]> {
    return this.act(name, { case: 'shoot', value: { table, roll: this.table(table).roll } });
  }

  async reveal(table = 1): Promise<readonly Effect[]> {
    const { roll } = this.table(table);
    const proof = await this.dice.release({ table, roll });
    return this.must('operator', { case: 'revealDice', value: { table, roll, proof } });
  }

  leave(name: string, table = 1): Result<readonly Effect[]> {
    return this.act(name, { case: 'leaveTable', value: { table, roll: this.table(table).roll } });
  }

  transcript(signer: Identity = this.operator): Uint8Array {
    return encodeTranscript(primitives, signer, {
      genesis: this.genesis.bytes,
      blocks: this.blocks.map((block) => block.bytes),
      head: this.head,
    });
  }
}

/** Two players open accounts and play `rounds` rolls at one table: each bets on pass (the shooter) or the field. */
export async function playedCasino(rounds: number, seed = 1): Promise<SmallCasino> {
  const casino = new SmallCasino({}, seed);
  casino.openTable();
  for (const name of ['ann', 'bob']) casino.must(name, { case: 'openAccount', value: {} });
  for (let round = 0; round < rounds; round += 1) await playRound(casino);
  return casino;
}

/** One roll: the shooter stands behind it, the other bets on the field. */
export async function playRound(casino: SmallCasino, table = 1): Promise<void> {
  const names = ['ann', 'bob'];
  const { shooter, game } = casino.table(table);
  const holder = names.find((name) => isKeyOf(name, shooter));
  const roller = holder ?? 'ann';
  if (game.point === 0) unwrap(casino.bet(roller, 'pass', crap(5), table));
  for (const name of names) if (name !== roller) unwrap(casino.bet(name, 'field', crap(2), table));
  unwrap(casino.shoot(roller, table));
  await casino.reveal(table);
}

/** At least `rounds` rolls, until no bet is left; both players leave, and the table closes. */
export async function finishedCasino(rounds: number, seed = 1): Promise<SmallCasino> {
  const casino = await playedCasino(rounds, seed);
  for (let more = 0; more < 100 && casino.table().bets.length > 0; more += 1) {
    const { shooter } = casino.table();
    const name = ['ann', 'bob'].find((who) => isKeyOf(who, shooter)) ?? 'ann';
    unwrap(casino.shoot(name));
    await casino.reveal();
  }
  for (const name of ['ann', 'bob']) unwrap(casino.leave(name));
  casino.must('operator', { case: 'closeTable', value: { table: 1 } });
  return casino;
}

function isKeyOf(name: string, key: Uint8Array | null): boolean {
  return key !== null && bytesEqual(identityOf(name).publicKey, key);
}
