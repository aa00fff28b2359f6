import { expect, test } from 'vitest';
import { silentLogger, testIdentity } from '../../test/suites/mesh-rig.ts';
import type { Link } from '../env/link.ts';
import { primitives } from '../platform/node/primitives.ts';
import { createSimNetwork, type SimEndpoint } from '../sim/network.ts';
import { createWorld, type World } from '../sim/world.ts';
import { createDialing, parseDialTarget, type Dialing } from './dialing.ts';

const home = testIdentity('home');
const there = testIdentity('there');

interface Scene {
  readonly world: World;
  readonly dialing: Dialing;
  /** Links handed over, with the times. */
  readonly opened: { readonly at: number; readonly link: Link }[];
  /** Starts or restarts the other host, which accepts links. */
  readonly up: () => Promise<SimEndpoint>;
}

function scene(isConnected: () => boolean = () => false): Scene {
  const world = createWorld({ seed: 1, primitives });
  const network = createSimNetwork(world);
  const { dialer } = network.endpoint(home.publicKey, 'home');
  const opened: { at: number; link: Link }[] = [];
  const dialing = createDialing(
    [{ address: 'there:1', peer: there.publicKey }],
    { dialer, clock: world.clock, rng: world.rng('dialing'), logger: silentLogger, isConnected },
    (link) => {
      opened.push({ at: world.clock.now(), link });
      link.attach({ frame: () => undefined, drain: () => undefined, close: () => undefined });
    },
  );
  return {
    world,
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
  const { world, opened, dialing, up } = scene();
  await world.run(1_000);
  dialing.stop();
  await up();
  await world.run(60_000);
  expect(opened).toHaveLength(0);
});

test.each([
  ['127.0.0.1:7461', '127.0.0.1:7461', false],
  [`${'a'.repeat(52)}@host:1`, 'host:1', true],
])('%s', (text, address, hasPeer) => {
  const target = parseDialTarget(text);
  expect(target).toMatchObject({ ok: true, value: { address } });
  if (target.ok) expect(target.value.peer !== null).toBe(hasPeer);
});
