import { expect, test } from 'vitest';
import { silentLogger, testIdentity } from '../../test/suites/mesh-rig.ts';
import { BitcrapsError } from '../core/errors.ts';
import { peerIdText } from '../core/peer-id.ts';
import type { Link } from '../env/link.ts';
import { primitives } from '../platform/node/primitives.ts';
import { RETRY_BUDGET_LIMITS, RetryBudget } from '../resilience/recovery/retry-budget.ts';
import { createSimNetwork } from '../sim/network.ts';
import { createWorld } from '../sim/world.ts';
import { createKeyDialing } from './key-dialing.ts';

const gateway = testIdentity('gateway').publicKey;

test('a gateway that does not answer is dialled as its budget allows, however many packets ask for it', async () => {
  const world = createWorld({ seed: 1, primitives });
  const budget = new RetryBudget(world.clock);
  const dialled: string[] = [];
  const dialer = {
    dial: async (address: string): Promise<Link> => {
      dialled.push(address);
      throw new BitcrapsError('LINK_DIAL_FAILED', { address, detail: 'nobody there' });
    },
  };
  const ask = createKeyDialing({ dialer, logger: silentLogger, budget }, () => undefined);
  for (let ms = 0; ms < 60_000; ms += 10) {
    await world.run(ms);
    ask(gateway);
  }
  const { subjectBurst, subjectPerSecond } = RETRY_BUDGET_LIMITS;
  expect(dialled.length).toBeGreaterThan(subjectBurst);
  expect(dialled.length).toBeLessThanOrEqual(subjectBurst + 60 * subjectPerSecond);
  // What a configured bridge to the same gateway is kept with is untouched.
  expect(budget.waitMs(peerIdText(gateway))).toBe(0);
});

test('one dial at a time for each gateway, by its key', async () => {
  const world = createWorld({ seed: 1, primitives });
  const network = createSimNetwork(world);
  const key = peerIdText(gateway);
  await network
    .endpoint(gateway, 'gateway')
    .listen('gateway:1', (link) =>
      link.attach({ frame: () => undefined, drain: () => undefined, close: () => undefined }),
    );
  const used: Link[] = [];
  const dialled: string[] = [];
  const { dialer } = network.endpoint(testIdentity('home').publicKey, 'home');
  const ask = createKeyDialing(
    {
      dialer: {
        dial(address, peer) {
          dialled.push(address);
          return dialer.dial('gateway:1', peer);
        },
      },
      logger: silentLogger,
      budget: new RetryBudget(world.clock),
    },
    (link) => used.push(link),
  );
  for (let i = 0; i < 5; i += 1) ask(gateway);
  await world.run(5_000);
  expect(used.map(({ remoteKey }) => remoteKey)).toEqual([gateway]);
  expect(dialled).toEqual([`dht:${key}`]);
});
