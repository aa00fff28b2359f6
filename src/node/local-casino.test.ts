import { describe, expect, test } from 'vitest';
import { MemoryStore } from '../../test/casino/memory-store.ts';
import { silentLogger, testIdentity } from '../../test/suites/mesh-rig.ts';
import { crap } from '../core/amount.ts';
import { unwrap } from '../core/errors.ts';
import type { Clock } from '../env/clock.ts';
import { primitives } from '../platform/node/primitives.ts';
import { systemRng } from '../platform/node/rng.ts';
import { openLocalCasino, type LocalCasino } from './local-casino.ts';

const START_MS = 1_800_000_000_000;
const HOUR_MS = 3_600_000;

/** A clock that the test moves; timers never fire. */
class TestClock implements Clock {
  nowMs = 0;
  wall = START_MS;
  now(): number {
    return this.nowMs;
  }
  wallMs(): number {
    return this.wall;
  }
  after(): { cancel(): void } {
    return { cancel: () => undefined };
  }
}

async function open(clock: Clock, store: MemoryStore, networkId = 'test'): Promise<LocalCasino> {
  return unwrap(
    await openLocalCasino({
      identity: testIdentity('operator'),
      networkId,
      casinoName: 'test',
      table: { bankroll: crap(1000), stakeMin: crap(1), shooterTimeoutMs: 5_000, field12x3: false },
      primitives,
      rng: systemRng,
      clock,
      store,
      logger: silentLogger,
    }),
  );
}

describe('the time of blocks', () => {
  test('follows the wall clock', async () => {
    const clock = new TestClock();
    const { engine } = await open(clock, new MemoryStore());
    clock.wall += 1234;
    expect(engine.timeMs()).toBe(BigInt(START_MS + 1234));
  });

  test('goes on by the monotonic clock after the wall clock jumped forward and back', async () => {
    const clock = new TestClock();
    const casino = await open(clock, new MemoryStore());
    clock.wall += HOUR_MS;
    unwrap(await casino.openTable());
    const jumped = casino.engine.head().timeMs;
    expect(jumped).toBe(BigInt(START_MS + HOUR_MS));
    clock.wall -= HOUR_MS;
    clock.nowMs += 10_000;
    clock.wall += 10_000;
    expect(casino.engine.timeMs()).toBe(jumped + 10_000n);
  });
});

describe('a ledger that is there already', () => {
  test('is gone on with', async () => {
    const store = new MemoryStore();
    const first = await open(new TestClock(), store);
    unwrap(await first.openTable());
    await first.stop();
    const again = await open(new TestClock(), store);
    expect(again.genesis.chainId).toEqual(first.genesis.chainId);
    expect([...again.blocks()]).toHaveLength(1);
    unwrap(await again.openTable());
    expect(again.casino.query().tables).toHaveLength(1);
  });

  test('of another network is refused, and left as it is', async () => {
    const store = new MemoryStore();
    await (await open(new TestClock(), store)).stop();
    const { writes } = store;
    await expect(open(new TestClock(), store, 'other')).rejects.toMatchObject({
      code: 'CONSENSUS_OTHER_GENESIS',
    });
    expect(store.writes).toBe(writes);
  });
});
