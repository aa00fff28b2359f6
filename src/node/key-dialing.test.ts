import { expect, test } from 'vitest';
import { silentLogger, testIdentity } from '../../test/suites/mesh-rig.ts';
import { BitcrapsError } from '../core/errors.ts';
import { peerIdText } from '../core/peer-id.ts';
import type { Link } from '../env/link.ts';
import { primitives } from '../platform/node/primitives.ts';
import { STRANGERS_BUDGET_LIMITS } from '../resilience/recovery/retry-budget.ts';
import { createSimNetwork } from '../sim/network.ts';
import { createWorld, type World } from '../sim/world.ts';
import { createKeyDialing } from './key-dialing.ts';

const gateway = testIdentity('gateway').publicKey;

/** Nobody is where it dials. */
function inVain(world: World): {
  readonly dialled: string[];
  readonly ask: (gateway: Uint8Array) => void;
} {
  const dialled: string[] = [];
  const dialer = {
    dial: async (address: string): Promise<Link> => {
      dialled.push(address);
      throw new BitcrapsError('LINK_DIAL_FAILED', { address, detail: 'nobody there' });
    },
  };
  const { clock } = world;
  const ask = createKeyDialing({ dialer, logger: silentLogger, clock }, () => undefined);
  return { dialled, ask };
}

test('a gateway that does not answer is dialled as its budget allows, however many packets ask for it', async () => {
  const world = createWorld({ seed: 1, primitives });
  const { dialled, ask } = inVain(world);
  for (let ms = 0; ms < 60_000; ms += 10) {
    await world.run(ms);
    ask(gateway);
  }
  const { subjectBurst, subjectPerSecond } = STRANGERS_BUDGET_LIMITS;
  expect(dialled.length).toBeGreaterThan(subjectBurst);
  expect(dialled.length).toBeLessThanOrEqual(subjectBurst + 60 * subjectPerSecond);
});

test('gateways that do not answer are dialled as one budget allows, however many packets name', async () => {
  const world = createWorld({ seed: 1, primitives });
  const { dialled, ask } = inVain(world);
  const gateways = Array.from({ length: 60 }, (_, i) => new Uint8Array(32).fill(i + 1));
  for (let ms = 0; ms < 60_000; ms += 10) {
    await world.run(ms);
    for (let i = 0; i < 5; i += 1) ask(gateways[(ms / 2 + i) % 60] ?? gateway);
  }
  const { wholeBurst, wholePerSecond } = STRANGERS_BUDGET_LIMITS;
  expect(dialled.length).toBeGreaterThan(wholeBurst);
  expect(dialled.length).toBeLessThanOrEqual(wholeBurst + 60 * wholePerSecond);
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
      clock: world.clock,
    },
    (link) => used.push(link),
  );
  for (let i = 0; i < 5; i += 1) ask(gateway);
  await world.run(5_000);
  expect(used.map(({ remoteKey }) => remoteKey)).toEqual([gateway]);
  expect(dialled).toEqual([`dht:${key}`]);
});
