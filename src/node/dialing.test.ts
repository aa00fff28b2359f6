import fc from 'fast-check';
import { expect, test } from 'vitest';
import { silentLogger, testIdentity } from '../../test/suites/mesh-rig.ts';
import type { Link } from '../env/link.ts';
import { BitcrapsError } from '../core/errors.ts';
import { primitives } from '../platform/node/primitives.ts';
import { createSimNetwork, type SimEndpoint } from '../sim/network.ts';
import { peerIdText } from '../core/peer-id.ts';
import { Recoveries, RECOVERIES_MAX } from '../resilience/recovery/recovery.ts';
import { RETRY_BUDGET_LIMITS, RetryBudget } from '../resilience/recovery/retry-budget.ts';
import { createWorld, type World } from '../sim/world.ts';
import { createDialing, parseDialTarget, type Dialing } from './dialing.ts';

const home = testIdentity('home');
const there = testIdentity('there');

interface Scene {
  readonly world: World;
  readonly budget: RetryBudget;
  readonly recoveries: Recoveries;
  readonly dialing: Dialing;
  /** Links handed over, with the times. */
  readonly opened: { readonly at: number; readonly link: Link }[];
  /** Starts or restarts the other host, which accepts links. */
  readonly up: () => Promise<SimEndpoint>;
}

function scene(
  isConnected: () => boolean = () => false,
  peer: Uint8Array | null = there.publicKey,
): Scene {
  const world = createWorld({ seed: 1, primitives });
  const network = createSimNetwork(world);
  const { dialer } = network.endpoint(home.publicKey, 'home');
  const opened: { at: number; link: Link }[] = [];
  const budget = new RetryBudget(world.clock);
  const rng = world.rng('dialing');
  const { clock } = world;
  const recoveries = new Recoveries({
    clock,
    rng,
    budget,
    recoveryAttemptsMax: 5,
    recoveryIntervalMs: 60_000,
    actions: {},
  });
  const dialing = createDialing(
    [{ address: 'there:1', peer }],
    { dialer, clock, rng, logger: silentLogger, isConnected, budget, recoveries },
    (link) => {
      opened.push({ at: world.clock.now(), link });
      link.attach({ frame: () => undefined, drain: () => undefined, close: () => undefined });
    },
  );
  return {
    world,
    budget,
    recoveries,
    dialing,
    opened,
    async up() {
      const endpoint = network.endpoint(there.publicKey, 'there');
      await endpoint.listen('there:1', (link) =>
        link.attach({ frame: () => undefined, drain: () => undefined, close: () => undefined }),
      );
      return endpoint;
    },
  };
}

test('a peer that comes later is found, within the longest pause', async () => {
  const { world, opened, up } = scene();
  await world.run(60_000);
  expect(opened).toHaveLength(0);
  await up();
  await world.run(66_000);
  expect(opened).toHaveLength(1);
});

test('a link that ends is dialled again', async () => {
  const { world, opened, up } = scene();
  const endpoint = await up();
  await world.run(20_000);
  expect(opened).toHaveLength(1);
  endpoint.kill();
  await up();
  await world.run(40_000);
  expect(opened).toHaveLength(2);
});

test('links that end at once are dialled less and less often', async () => {
  const { world, opened, up } = scene();
  await up();
  for (let ms = 0; ms <= 60_000; ms += 10) {
    await world.run(ms);
    opened.at(-1)?.link.destroy({ code: null, detail: 'no' });
  }
  expect(opened.length).toBeGreaterThan(10);
  expect(opened.length).toBeLessThan(60);
});

test('a peer that is connected by another way is not dialled', async () => {
  let connected = true;
  const { world, opened, up } = scene(() => connected);
  await up();
  await world.run(30_000);
  expect(opened).toHaveLength(0);
  connected = false;
  await world.run(40_000);
  expect(opened).toHaveLength(1);
});

test('nothing is dialled after stop', async () => {
  const { world, opened, dialing, recoveries, up } = scene();
  await world.run(1_000);
  dialing.stop();
  await up();
  await world.run(60_000);
  expect(opened).toHaveLength(0);
  expect(recoveries.history).toMatchObject([{ outcome: 'cancelled' }]);
});

const failure = { kind: 'link', subject: peerIdText(there.publicKey) } as const;

test('a peer that is there at the first dial was never lost, and costs the budget nothing', async () => {
  let connected = false;
  const { world, opened, dialing, recoveries, budget, up } = scene(() => connected);
  await up();
  const before = budget.left;
  await world.run(1_000);
  expect(opened).toHaveLength(1);
  connected = true;
  dialing.connected(there.publicKey);
  await world.run(60_000);
  expect(budget.left).toBe(before);
  expect(recoveries.history).toEqual([]);
});

test('a peer that is away is a recovery with its attempts, which succeeds once the peer is connected', async () => {
  let connected = false;
  const { world, opened, dialing, recoveries, up } = scene(() => connected);
  await world.run(60_000);
  expect(recoveries.counts).toMatchObject({ active: 1, succeeded: 0, failed: 0 });
  const [away] = recoveries.history;
  expect(away).toMatchObject({ failure, outcome: null, endedAtMs: null });
  expect(away?.attemptCount).toBeGreaterThan(10);
  expect(away?.attempts.at(-1)).toMatchObject({
    plan: 'reconnect',
    outcome: 'failed',
    code: 'LINK_DIAL_FAILED',
  });
  await up();
  await world.run(66_000);
  expect(opened).toHaveLength(1);
  // A link is not yet a neighbour.
  expect(recoveries.counts.active).toBe(1);
  dialing.connected(testIdentity('somebody else').publicKey);
  expect(recoveries.counts.active).toBe(1);
  connected = true;
  dialing.connected(there.publicKey);
  expect(recoveries.counts).toMatchObject({ active: 0, succeeded: 1 });
  expect(recoveries.history).toMatchObject([{ failure, outcome: 'succeeded', plan: 'reconnect' }]);
});

test('a peer for whose recovery there is no room is dialled, not refused, and recorded once there is', async () => {
  const { world, dialing, recoveries } = scene();
  dialing.stop();
  const others = Array.from({ length: RECOVERIES_MAX }, (_, i) =>
    recoveries.follow({ kind: 'way', subject: `other ${i}` }),
  ).flatMap((other) => other ?? []);
  const { length } = others;
  let dials = 0;
  const kept = createDialing(
    [{ address: 'there:1', peer: there.publicKey }],
    {
      dialer: {
        dial: (address) => {
          dials += 1;
          return Promise.reject(new BitcrapsError('LINK_DIAL_FAILED', { address, detail: 'no' }));
        },
      },
      clock: world.clock,
      rng: world.rng('kept'),
      logger: silentLogger,
      isConnected: () => false,
      recoveries,
    },
    () => undefined,
  );
  await world.run(60_000);
  expect(dials).toBeGreaterThan(10);
  expect(recoveries.counts).toMatchObject({ active: length, refused: 0 });
  others[0]?.ended('went-away', null);
  await world.run(66_000);
  expect(recoveries.history).toContainEqual(expect.objectContaining({ failure, outcome: null }));
  kept.stop();
});

test('a link that is lost is a recovery at once; the peer may come back by itself', async () => {
  let connected = false;
  const { world, opened, dialing, recoveries, up } = scene(() => connected);
  const endpoint = await up();
  await world.run(1_000);
  connected = true;
  dialing.connected(there.publicKey);
  await world.run(20_000);
  connected = false;
  endpoint.kill();
  opened[0]?.link.destroy({ code: 'LINK_LOST', detail: 'no' });
  await world.run(20_001);
  expect(recoveries.history).toMatchObject([{ failure, outcome: null, begunAtMs: 20_000 }]);
  await world.run(30_000);
  connected = true;
  dialing.connected(there.publicKey);
  expect(recoveries.history).toMatchObject([{ outcome: 'went-away', plan: null }]);
  expect(recoveries.history[0]?.attempts.map(({ outcome }) => outcome)).not.toContain('succeeded');
});

test('a link that another took the place of is no loss', async () => {
  let connected = false;
  const { world, opened, dialing, recoveries, up } = scene(() => connected);
  await up();
  await world.run(1_000);
  connected = true;
  dialing.connected(there.publicKey);
  opened[0]?.link.destroy({ code: 'MESH_LINK_DUPLICATE', detail: 'two at once' });
  await world.run(60_000);
  expect(recoveries.history).toEqual([]);
});

test('links that end before the peer is connected are attempts that failed, and tell why', async () => {
  const { world, opened, dialing, recoveries, up } = scene();
  await up();
  for (let ms = 0; ms <= 10_000; ms += 10) {
    await world.run(ms);
    opened.at(-1)?.link.destroy({ code: 'MESH_HANDSHAKE_TIMEOUT', detail: 'no' });
  }
  expect(recoveries.counts).toMatchObject({ active: 1, succeeded: 0 });
  const [record] = recoveries.history;
  expect(record?.attemptCount).toBe(opened.length);
  const code = 'MESH_HANDSHAKE_TIMEOUT';
  expect(record?.attempts.at(-1)).toMatchObject({ outcome: 'failed', code });
  // A link that is closed in an orderly way does not say why itself.
  await world.run(20_000);
  dialing.refused(there.publicKey, 'HELLO_OTHER_NETWORK');
  opened.at(-1)?.link.destroy({ code: null, detail: 'no' });
  await world.run(20_010);
  expect(recoveries.history[0]?.attempts.at(-1)?.code).toBe('HELLO_OTHER_NETWORK');
});

test('who is known by address alone is named by it until it has joined', async () => {
  let connected = false;
  const { world, opened, dialing, recoveries, up } = scene(() => connected, null);
  await up();
  await world.run(10_000);
  opened[0]?.link.destroy({ code: null, detail: 'another network' });
  await world.run(16_000);
  connected = true;
  dialing.connected(there.publicKey);
  await world.run(30_000);
  connected = false;
  opened[1]?.link.destroy({ code: 'LINK_LOST', detail: 'no' });
  await world.run(40_000);
  expect(recoveries.history.map((one) => one.failure.subject)).toEqual([
    'there:1',
    failure.subject,
  ]);
  expect(opened).toHaveLength(3);
});

test('whatever happens, who is away is one recovery, who is there is none, and dials keep to the budget', async () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('wait' as const), ms: fc.nat(20_000) }),
    fc.record({ do: fc.constantFrom('up', 'down', 'join', 'arrive', 'lose') }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      let connected = false;
      let endpoint: SimEndpoint | null = null;
      const { world, opened, dialing, recoveries, up } = scene(() => connected);
      const isOpen = (): boolean => opened.length > 0 && !ends.has(opened.length);
      /** Links that have ended, counted from one. */
      const ends = new Set<number>();
      const end = (): void => {
        if (!isOpen()) return;
        ends.add(opened.length);
        opened.at(-1)?.link.destroy({ code: 'LINK_LOST', detail: 'no' });
      };
      for (const one of steps) {
        if (one.do === 'wait') await world.run(world.clock.now() + one.ms);
        else if (one.do === 'up') endpoint ??= await up();
        else if (one.do === 'down') {
          endpoint?.kill();
          endpoint = null;
          connected = false;
          end();
        } else if (one.do === 'lose') {
          connected = false;
          end();
        } else if (one.do === 'arrive' || isOpen()) {
          connected = true;
          dialing.connected(there.publicKey);
        }
        await world.run(world.clock.now() + 50);
        const { active } = recoveries.counts;
        expect(active).toBeLessThanOrEqual(connected ? 0 : 1);
        const { subjectBurst, subjectPerSecond } = RETRY_BUDGET_LIMITS;
        const floor = subjectBurst + (subjectPerSecond * world.clock.now()) / 1_000;
        expect(opened.length - 1).toBeLessThanOrEqual(floor + 0.2 * opened.length);
      }
      const wasThere = connected;
      connected = false;
      end();
      endpoint?.kill();
      await world.run(world.clock.now() + 10_000);
      // Away for longer than any pause.
      expect(recoveries.counts.active, `after ${wasThere}`).toBe(1);
      dialing.stop();
      expect(recoveries.counts.active).toBe(0);
      expect(recoveries.history.every(({ outcome }) => outcome !== null)).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test.each([
  ['127.0.0.1:7461', '127.0.0.1:7461', false],
  [`${'a'.repeat(52)}@host:1`, 'host:1', true],
])('%s', (text, address, hasPeer) => {
  const target = parseDialTarget(text);
  expect(target).toMatchObject({ ok: true, value: { address } });
  if (target.ok) expect(target.value.peer !== null).toBe(hasPeer);
});
