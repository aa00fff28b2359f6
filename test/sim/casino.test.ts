// The casino of one validator on a disk that crashes at any moment and is full at times: what was acknowledged is
// there after the restart, nothing is applied twice, and the whole chain holds as a transcript.

import { describe, expect, test } from 'vitest';
import { createCasino } from '../../src/casino/casino.ts';
import { findAccount } from '../../src/casino/accounts.ts';
import { createGenesis } from '../../src/casino/genesis.ts';
import type { ActionInit } from '../../src/casino/operation.ts';
import { rulesHash } from '../../src/casino/rules-hash.ts';
import { betsOf, type CasinoState, type Table } from '../../src/casino/state.ts';
import { encodeTranscript } from '../../src/casino/transcript.ts';
import { verifyTranscript } from '../../src/casino/verify-transcript.ts';
import { createWallet } from '../../src/casino/wallet.ts';
import { readBlocks } from '../../src/consensus/block-log.ts';
import { decodeBlock } from '../../src/consensus/block.ts';
import type { Accepted, Engine } from '../../src/consensus/engine.ts';
import { openSolo } from '../../src/consensus/solo.ts';
import { crap } from '../../src/core/amount.ts';
import { bytesEqual, toHex } from '../../src/core/bytes.ts';
import { unwrap, type Result } from '../../src/core/errors.ts';
import type { DiceSource } from '../../src/dice/dice-source.ts';
import { diceKeypair, vrfDice } from '../../src/dice/vrf-dice.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { createSimStore, type SimStore } from '../../src/sim/store.ts';
import { createWorld, type World } from '../../src/sim/world.ts';
import { identityOf } from '../casino/small-casino.ts';
import { silentLogger } from '../suites/mesh-rig.ts';

const LIVES = 12;
const LIFE_MS_MAX = 80;
const PLAYERS = ['ann', 'bob', 'cay'];
const SEEDS = Number(process.env['BITCRAPS_SIM_SEEDS'] ?? '4');

/** What clients know: what they sent, and what they were told. */
interface Book {
  readonly acknowledged: Map<string, bigint>;
  readonly refused: Map<string, string>;
  /** Sent and not answered when the machine lost power; sent again after the restart, as clients do. */
  readonly open: Map<string, Uint8Array>;
}

class CrashingCasino {
  readonly world: World;
  readonly operator = identityOf('operator');
  readonly genesis;
  readonly book: Book = { acknowledged: new Map(), refused: new Map(), open: new Map() };
  store: SimStore;
  engine: Engine | null = null;
  life = 0;
  readonly dice: DiceSource;

  constructor(seed: number) {
    this.world = createWorld({ seed, primitives });
    this.store = createSimStore(this.world, { name: 'ledger' });
    this.genesis = unwrap(
      createGenesis(primitives, this.world.rng('genesis'), this.operator, {
        networkId: 'sim',
        casinoName: 'Crashing Casino',
        rulesHash: rulesHash(primitives),
        timeMs: BigInt(this.world.clock.wallMs()) - 1n,
      }),
    );
    const keypair = diceKeypair(primitives, this.operator, this.genesis.nonce);
    this.dice = vrfDice(primitives, this.genesis.chainId, keypair);
  }

  /** Starts the machine, lets it run for a while, and cuts its power. */
  async live(lifeMs: number): Promise<void> {
    this.life += 1;
    const { life, genesis } = this;
    const casino = createCasino(primitives, genesis);
    const opening = openSolo({
      primitives,
      clock: this.world.clock,
      store: this.store,
      logger: silentLogger,
      identity: this.operator,
      genesis: genesis.bytes,
      chainId: genesis.chainId,
      genesisTimeMs: genesis.timeMs,
      machine: casino,
    }).then((opened) => {
      this.engine = unwrap(opened);
      for (const bytes of this.book.open.values()) void this.submit(bytes);
      for (const name of [...PLAYERS, 'operator'])
        void this.play(name, life, casino.query.bind(casino));
    });
    await this.world.run(this.world.clock.now() + lifeMs);
    this.engine = null;
    this.store = this.store.reopen();
    void opening;
  }

  async submit(bytes: Uint8Array): Promise<Result<Accepted> | null> {
    const { engine, life } = this;
    if (engine === null) return null;
    const name = toHex(primitives.blake2b(bytes, 32));
    this.book.open.set(name, bytes);
    // The same wish at the same height is the same bytes: a second try may succeed where the disk was full.
    this.book.refused.delete(name);
    const result = await engine.submit(bytes);
    if (life !== this.life) return null;
    this.book.open.delete(name);
    if (result.ok) this.book.acknowledged.set(name, result.value.height);
    else this.book.refused.set(name, result.error.code);
    return result;
  }

  /** One client of this life: looks, acts, waits, and sometimes meets a full disk. */
  async play(name: string, life: number, state: () => CasinoState): Promise<void> {
    const rng = this.world.rng(`client ${name}`);
    const wallet = createWallet(primitives, identityOf(name), {
      chainId: this.genesis.chainId,
      anchor: () => {
        const head = this.engine?.head();
        return { height: head?.height ?? 0n, hash: head?.hash ?? this.genesis.chainId };
      },
      state,
    });
    while (this.life === life && this.engine !== null) {
      if (rng.chance(0.05)) this.store.failNextWrite(rng.chance(0.5) ? 'STORE_FULL' : 'STORE_IO');
      const action =
        name === 'operator'
          ? await this.#operate(state())
          : choose(state(), wallet.account, rng.uint32());
      if (action !== null && this.life === life) {
        const result = await this.submit(wallet.sign(action));
        if (result !== null && !result.ok) wallet.resync();
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      this.world.clock.after(rng.uint32() % 4, () => {
        this.world.settled();
        resolve();
      });
      await promise;
    }
  }

  async #operate(state: CasinoState): Promise<ActionInit | null> {
    const [table] = state.tables;
    if (table === undefined) {
      const value = {
        bankroll: crap(10_000),
        stakeMin: crap(1),
        shooterTimeoutMs: 1000n,
        rules: {},
      };
      return { case: 'openTable', value };
    }
    if (table.lockedAt === null) return null;
    const input = { table: table.id, roll: table.roll };
    return { case: 'revealDice', value: { ...input, proof: await this.dice.release(input) } };
  }

  /** Every finalized block, read from the disk as it is now. */
  async blocks(): Promise<{
    readonly blocks: readonly Uint8Array[];
    readonly head: ReturnType<Engine['head']>;
  }> {
    const engine = unwrap(
      await openSolo({
        primitives,
        clock: this.world.clock,
        store: this.store,
        logger: silentLogger,
        identity: this.operator,
        genesis: this.genesis.bytes,
        chainId: this.genesis.chainId,
        genesisTimeMs: this.genesis.timeMs,
        machine: createCasino(primitives, this.genesis),
      }),
    );
    const head = engine.head();
    const blocks: Uint8Array[] = [];
    for (let height = 1n; height <= head.height; height += 1n) {
      blocks.push(engine.block(height) ?? new Uint8Array(0));
    }
    return { blocks, head };
  }
}

/** A player's next wish; some are refused, since others play too. */
function choose(state: CasinoState, me: Uint8Array, draw: number): ActionInit | null {
  if (findAccount(state.accounts, me) === undefined) return { case: 'openAccount', value: {} };
  const [table] = state.tables;
  if (table === undefined) return null;
  const value = { table: table.id, roll: table.roll };
  if (draw % 16 === 0) return { case: 'leaveTable', value };
  if (draw % 8 === 1 && table.bets[0] !== undefined) {
    return { case: 'takeDown', value: { ...value, bet: table.bets[0].live.id } };
  }
  const mine = table.shooter === null || bytesEqual(table.shooter, me);
  if (!mine)
    return { case: 'placeBet', value: { ...value, kind: 'field', stake: crap(2), base: 0 } };
  return standsBehind(table, me)
    ? { case: 'shoot', value }
    : { case: 'placeBet', value: { ...value, kind: 'pass', stake: crap(5), base: 0 } };
}

function standsBehind(table: Table, me: Uint8Array): boolean {
  return table.game.point !== 0 || betsOf(table, me).some(({ live }) => live.kind === 'pass');
}

async function crashOften(seed: number): Promise<CrashingCasino> {
  const casino = new CrashingCasino(seed);
  const rng = casino.world.rng('power');
  for (let life = 0; life < LIVES; life += 1) {
    await casino.live(1 + (rng.uint32() % LIFE_MS_MAX));
    checkDisk(casino);
  }
  return casino;
}

function checkDisk(casino: CrashingCasino): void {
  const heights = new Map<string, bigint>();
  for (const bytes of readBlocks(casino.store)) {
    const { header, operations } = unwrap(decodeBlock(primitives, bytes));
    for (const operation of operations) {
      const name = toHex(primitives.blake2b(operation, 32));
      expect(heights.has(name), 'an operation stands in the ledger twice').toBe(false);
      heights.set(name, header.height);
    }
  }
  for (const [name, height] of casino.book.acknowledged) {
    expect(heights.get(name), 'an acknowledged operation was lost or moved').toBe(height);
  }
  for (const [name, code] of casino.book.refused) {
    expect(heights.has(name), `an operation refused with ${code} was applied`).toBe(false);
  }
}

describe('a solo casino on a disk that crashes', () => {
  test.each(Array.from({ length: SEEDS }, (_, at) => at + 1))(
    'seed %i: nothing acknowledged is lost, nothing is applied twice',
    async (seed) => {
      const casino = await crashOften(seed);
      const { acknowledged, refused } = casino.book;
      const { blocks, head } = await casino.blocks();
      const codes = new Set(refused.values());
      expect(acknowledged.size).toBeGreaterThan(100);
      expect(codes.has('STORE_FULL') && codes.has('STORE_IO')).toBe(true);
      const transcript = encodeTranscript(primitives, casino.operator, {
        genesis: casino.genesis.bytes,
        blocks,
        head,
      });
      const report = unwrap(verifyTranscript(primitives, transcript));
      expect(report.rolls.length).toBeGreaterThan(10);
      expect(report.supply.sum).toBe(report.supply.cap);
      expect(report.signatures).toBeGreaterThanOrEqual(acknowledged.size);
    },
  );

  test('one seed gives one history', async () => {
    const runs = await Promise.all(
      [crashOften(7), crashOften(7)].map(async (run) => (await run).blocks()),
    );
    const [first, second] = runs.map(({ head }) => toHex(head.hash));
    expect(first).toBe(second);
  });
});
