// The casino that this node runs itself: genesis, ledger, dice and the operator's work, in the node's own store.

import type { Clock } from '../env/clock.ts';
import type { Logger } from '../env/logger.ts';
import type { Primitives } from '../env/primitives.ts';
import type { Rng } from '../env/rng.ts';
import type { Store } from '../env/store.ts';
import { bytesEqual } from '../core/bytes.ts';
import { fail, ok, type Result } from '../core/errors.ts';
import type { Identity } from '../crypto/signing.ts';
import { createCasino, type Casino } from '../casino/casino.ts';
import { createGenesis, decodeGenesis, type Genesis } from '../casino/genesis.ts';
import { readBlock, type CheckedBlock } from '../casino/replica.ts';
import { rulesHash } from '../casino/rules-hash.ts';
import { encodeTranscript } from '../casino/transcript.ts';
import { createWallet } from '../casino/wallet.ts';
import { decodeBlock } from '../consensus/block.ts';
import { readGenesis } from '../consensus/block-log.ts';
import type { Engine } from '../consensus/engine.ts';
import { openSolo } from '../consensus/solo.ts';
import { diceKeypair, vrfDice } from '../dice/vrf-dice.ts';
import { startCroupier, type Croupier } from './croupier.ts';

export interface TableOptions {
  /** Units; escrowed from the treasury when the table opens. */
  readonly bankroll: bigint;
  /** Units. */
  readonly stakeMin: bigint;
  readonly shooterTimeoutMs: number;
  readonly field12x3: boolean;
}

export interface LocalCasinoDeps {
  readonly identity: Identity;
  readonly networkId: string;
  readonly casinoName: string;
  readonly table: TableOptions;
  readonly primitives: Primitives;
  readonly rng: Rng;
  readonly clock: Clock;
  readonly store: Store;
  readonly logger: Logger;
}

export interface LocalCasino {
  readonly genesis: Genesis;
  readonly engine: Engine;
  readonly casino: Casino;
  readonly croupier: Croupier;
  /** The ledger so far. */
  blocks(): Iterable<CheckedBlock>;
  /** Calls `listener` after each block. Returns the way to stop it. */
  onBlock(listener: (block: CheckedBlock) => void): () => void;
  /** Opens a table unless one is open. */
  openTable(): Promise<Result<void>>;
  /** Closes every table on which nobody has a bet; the first failure, if any. */
  closeTables(): Promise<Result<void>>;
  /** The whole ledger so far as a signed transcript. */
  transcript(): Uint8Array;
  stop(): Promise<void>;
}

/**
 * Founds the casino on the first start and goes on with its ledger on every later one.
 * Errors: `CASINO_GENESIS_INVALID`, `CASINO_OTHER_RULES`, `CONSENSUS_OTHER_GENESIS`, `CONSENSUS_LOG_CORRUPT`; rejects with what the store throws.
 */
export async function openLocalCasino(deps: LocalCasinoDeps): Promise<Result<LocalCasino>> {
  const { primitives, identity, clock, store, logger } = deps;
  const founded = foundOrRead(deps);
  if (!founded.ok) return founded;
  const genesis = founded.value;
  const casino = createCasino(primitives, genesis);
  const engine = await openSolo({
    primitives,
    clock,
    store,
    logger,
    identity,
    genesis: genesis.bytes,
    chainId: genesis.chainId,
    genesisTimeMs: genesis.timeMs,
    machine: casino,
  });
  if (!engine.ok) return engine;
  return ok(compose(deps, genesis, casino, engine.value));
}

function foundOrRead(deps: LocalCasinoDeps): Result<Genesis> {
  const { primitives, rng, identity, clock, store, networkId, casinoName } = deps;
  const known = readGenesis(store);
  if (known !== undefined) {
    const read = decodeGenesis(primitives, known);
    if (!read.ok) return read;
    const { operator, rulesHash: rules, networkId: network } = read.value;
    if (!bytesEqual(rules, rulesHash(primitives))) return fail('CASINO_OTHER_RULES', {});
    const same = network === networkId && bytesEqual(operator, identity.publicKey);
    return same ? read : fail('CONSENSUS_OTHER_GENESIS', {});
  }
  return createGenesis(primitives, rng, identity, {
    networkId,
    casinoName,
    rulesHash: rulesHash(primitives),
    timeMs: BigInt(Math.floor(clock.wallMs())),
  });
}

function compose(
  deps: LocalCasinoDeps,
  genesis: Genesis,
  casino: Casino,
  engine: Engine,
): LocalCasino {
  const { primitives, identity, clock, logger } = deps;
  const view = {
    chainId: genesis.chainId,
    anchor: () => ({ height: engine.head().height, hash: engine.head().hash }),
    state: () => casino.query(),
  };
  const croupier = startCroupier({
    engine,
    casino,
    wallet: createWallet(primitives, identity, view),
    dice: vrfDice(primitives, genesis.chainId, diceKeypair(primitives, identity, genesis.nonce)),
    clock,
    logger,
  });
  return {
    genesis,
    engine,
    casino,
    croupier,
    *blocks() {
      for (const bytes of blockBytes(engine)) {
        const decoded = decodeBlock(primitives, bytes);
        const read = decoded.ok ? readBlock(decoded.value) : decoded;
        if (read.ok) yield read.value;
      }
    },
    onBlock: (listener) =>
      engine.subscribe((block) => {
        const read = readBlock(block);
        if (read.ok) listener(read.value);
      }),
    async openTable() {
      if (casino.query().tables.length > 0) return ok(undefined);
      return done(await croupier.submit({ case: 'openTable', value: tableValue(deps.table) }));
    },
    async closeTables() {
      let first: Result<void> = ok(undefined);
      for (const table of casino.query().tables) {
        const closed = await croupier.submit({ case: 'closeTable', value: { table: table.id } });
        if (!closed.ok && first.ok) first = closed;
      }
      return first;
    },
    transcript: () => transcriptOf(primitives, identity, genesis, engine),
    async stop() {
      croupier.stop();
      await engine.stop();
    },
  };
}

function done(result: Result<unknown>): Result<void> {
  return result.ok ? ok(undefined) : result;
}

function tableValue({ bankroll, stakeMin, shooterTimeoutMs, field12x3 }: TableOptions): {
  bankroll: bigint;
  stakeMin: bigint;
  shooterTimeoutMs: bigint;
  rules: { field12x3: boolean };
} {
  return {
    bankroll,
    stakeMin,
    shooterTimeoutMs: BigInt(Math.round(shooterTimeoutMs)),
    rules: { field12x3 },
  };
}

function transcriptOf(
  primitives: Primitives,
  identity: Identity,
  genesis: Genesis,
  engine: Engine,
): Uint8Array {
  const head = engine.head();
  const blocks = [...blockBytes(engine)];
  return encodeTranscript(primitives, identity, { genesis: genesis.bytes, blocks, head });
}

function* blockBytes(engine: Engine): Generator<Uint8Array> {
  for (let height = 1n; height <= engine.head().height; height += 1n) {
    const block = engine.block(height);
    if (block !== undefined) yield block;
  }
}
