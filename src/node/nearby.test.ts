import { expect, test } from 'vitest';
import { silentLogger, testIdentity } from '../../test/suites/mesh-rig.ts';
import type { Discover, DiscoveryHandlers, FoundNode } from '../env/discovery.ts';
import type { Link } from '../env/link.ts';
import { primitives } from '../platform/node/primitives.ts';
import { STRANGERS_BUDGET_LIMITS } from '../resilience/recovery/retry-budget.ts';
import { createSimNetwork } from '../sim/network.ts';
import { createWorld, type World } from '../sim/world.ts';
import { joinNearby, NEARBY_LINKS_ENOUGH, type Nearby } from './nearby.ts';

/** Discovery by hand: who is there is what the test says. */
class Room {
  readonly nodes: FoundNode[] = [];
  handlers: DiscoveryHandlers | null = null;
  closed = false;
  announced: readonly string[] = [];

  readonly discover: Discover = async (addresses, handlers) => {
    this.handlers = handlers;
    this.announced = addresses;
    return {
      nodes: this.nodes,
      close: async () => {
        this.closed = true;
      },
    };
  };

  enter(publicKey: Uint8Array, ...addresses: readonly string[]): FoundNode {
    const node = { publicKey, addresses };
    this.nodes.push(node);
    this.handlers?.found(node);
    return node;
  }

  leave(node: FoundNode): void {
    this.nodes.splice(this.nodes.indexOf(node), 1);
    this.handlers?.lost(node);
  }
}

interface Scene {
  readonly world: World;
  readonly room: Room;
  readonly nearby: Nearby;
  readonly links: Link[];
  /** Addresses that were dialled. */
  readonly dialled: string[];
  /** Starts a host that accepts links. */
  readonly host: (name: string) => Promise<Uint8Array>;
}

async function scene(seed = 1): Promise<Scene> {
  const world = createWorld({ seed, primitives });
  const network = createSimNetwork(world);
  const self = testIdentity('home').publicKey;
  const { dialer } = network.endpoint(self, 'home');
  const room = new Room();
  const links: Link[] = [];
  const dialled: string[] = [];
  const nearby = await joinNearby(
    room.discover,
    ['home:1'],
    {
      self,
      clock: world.clock,
      rng: world.rng('nearby'),
      logger: silentLogger,
      dialer: {
        dial(address, key) {
          dialled.push(address);
          return dialer.dial(address, key);
        },
      },
      isConnected: (peer) => links.some(({ remoteKey }) => Buffer.from(remoteKey).equals(peer)),
      links: () => links.length,
    },
    (link) => {
      links.push(link);
      link.attach({
        frame: () => undefined,
        drain: () => undefined,
        close: () => void links.splice(links.indexOf(link), 1),
      });
    },
  );
  return {
    world,
    room,
    nearby,
    links,
    dialled,
    async host(name) {
      const { publicKey } = testIdentity(name);
      const { listen } = network.endpoint(publicKey, name);
      await listen(`${name}:1`, (link) =>
        link.attach({ frame: () => undefined, drain: () => undefined, close: () => undefined }),
      );
      return publicKey;
    },
  };
}

test('a node that is found is linked once, at whichever of its addresses answers', async () => {
  const { world, room, links, dialled, host } = await scene();
  room.enter(await host('there'), 'elsewhere:1', 'there:1');
  await world.run(20_000);
  expect(links.map(({ remoteAddress }) => remoteAddress)).toEqual(['there:1']);
  expect(dialled).toEqual(['elsewhere:1', 'there:1']);
  expect(room.announced).toEqual(['home:1']);
});

test('a link that ended is made again while the node is there, and not after it left', async () => {
  const { world, room, links, dialled, host } = await scene();
  const there = room.enter(await host('there'), 'there:1');
  await world.run(20_000);
  links[0]?.close();
  await world.run(40_000);
  expect(dialled).toHaveLength(2);
  expect(links).toHaveLength(1);
  room.leave(there);
  links[0]?.close();
  await world.run(200_000);
  expect(links).toEqual([]);
  expect(dialled).toHaveLength(2);
});

test('with enough neighbours nobody else is dialled', async () => {
  const { world, room, links, host } = await scene();
  for (let i = 0; i < 20; i += 1) {
    const name = `host${i}`;
    room.enter(await host(name), `${name}:1`);
  }
  await world.run(60_000);
  expect(links).toHaveLength(NEARBY_LINKS_ENOUGH);
});

test('announcements of keys that nobody has keep nobody from being found, and are tried ever less', async () => {
  const { world, room, links, dialled, host } = await scene();
  await host('liar');
  for (let i = 0; i < 16; i += 1) {
    room.enter(testIdentity(`no one ${i}`).publicKey, 'liar:1');
  }
  room.enter(await host('there'), 'there:1');
  await world.run(30_000);
  expect(links.map(({ remoteAddress }) => remoteAddress)).toEqual(['there:1']);
  const before = dialled.length;
  await world.run(1_200_000);
  // Each of the sixteen once a minute in the mean, of twenty minutes, and some more at first.
  expect(dialled.length - before).toBeLessThanOrEqual(16 * 20 + 16 * 10);
});

test('a key that comes and goes all the time is tried no more often than its budget allows', async () => {
  const { world, room, dialled } = await scene();
  const { publicKey } = testIdentity('no one');
  for (let ms = 0; ms < 60_000; ms += 300) {
    const node = room.enter(publicKey, 'liar:1');
    await world.run(ms + 290);
    room.leave(node);
    await world.run(ms + 300);
  }
  const { subjectBurst, subjectPerSecond } = STRANGERS_BUDGET_LIMITS;
  expect(dialled.length).toBeGreaterThan(subjectBurst);
  expect(dialled.length).toBeLessThanOrEqual(subjectBurst + 60 * subjectPerSecond);
});

/** When nobody was found at an announced address for the fourth time. */
async function fourthTryMs(seed: number): Promise<number> {
  const { world, room, dialled } = await scene(seed);
  room.enter(testIdentity('no one').publicKey, 'nobody:1');
  while (dialled.length < 4) await world.run(world.clock.now() + 10);
  return world.clock.now();
}

test('nodes that lost one neighbour at once do not come back to it at once', async () => {
  const times = await Promise.all(Array.from({ length: 20 }, (_, i) => fourthTryMs(i + 1)));
  expect(new Set(times).size).toBeGreaterThan(10);
});

test('after the end it is silent', async () => {
  const { world, room, nearby, dialled, host } = await scene();
  const key = await host('there');
  await nearby.stop();
  room.enter(key, 'there:1');
  await world.run(20_000);
  expect(dialled).toEqual([]);
  expect(room.closed).toBe(true);
});
