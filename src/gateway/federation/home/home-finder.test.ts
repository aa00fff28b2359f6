import { expect, test } from 'vitest';
import { identityFromSeed } from '../../../crypto/signing.ts';
import { primitives } from '../../../platform/node/primitives.ts';
import { createSimDht } from '../../../sim/sim-dht.ts';
import { createWorld } from '../../../sim/world.ts';
import { FOUND_MS, HomeFinder } from './home-finder.ts';
import { encodeHome, HOME_VALID_MS } from './home-record.ts';

const logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => logger,
};

test('a home that is known holds while the table does not answer', async () => {
  const world = createWorld({ seed: 1, primitives });
  const table = createSimDht(world);
  const identity = identityFromSeed(primitives, new Uint8Array(32).fill(1));
  const gateway = new Uint8Array(32).fill(9);
  const home = encodeHome({
    gateways: [gateway],
    validUntilMs: world.clock.wallMs() + HOME_VALID_MS,
  });
  const written = table.node('member', 'test').put(identity, home, 1n);
  await world.run(1_000);
  await written;
  let found = 0;
  const dht = table.node('finder', 'test');
  const finder = new HomeFinder({ clock: world.clock, logger, dht, found: () => (found += 1) });
  finder.seek(identity.publicKey, true);
  await world.run(2_000);
  expect([finder.gatewaysOf(identity.publicKey), found]).toEqual([[gateway], 1]);
  table.cut('finder');
  await world.run(2_000 + FOUND_MS);
  finder.seek(identity.publicKey, true);
  await world.run(world.clock.now() + 2_000);
  expect(finder.gatewaysOf(identity.publicKey)).toEqual([gateway]);
});
