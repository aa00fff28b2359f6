import { expect, test } from 'vitest';
import { identityFromSeed } from '../../../crypto/signing.ts';
import { sealTableRecord } from '../../../crypto/table-record.ts';
import { primitives } from '../../../platform/node/primitives.ts';
import { createSimDht } from '../../../sim/sim-dht.ts';
import { createWorld } from '../../../sim/world.ts';
import { HomeDesk } from './home-desk.ts';
import { encodeHomeMessage } from './home-message.ts';
import { encodeHome, HOME_VALID_MS } from './home-record.ts';

const logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => logger,
};
const SELF = new Uint8Array(32).fill(9);
const OTHER = new Uint8Array(32).fill(8);
const who = (byte: number): ReturnType<typeof identityFromSeed> =>
  identityFromSeed(primitives, new Uint8Array(32).fill(byte));

test('writes homes that name this gateway, once, and no others; one member that floods delays nobody', async () => {
  const world = createWorld({ seed: 1, primitives });
  const table = createSimDht(world);
  const desk = new HomeDesk(
    { self: SELF, networkId: 'test' },
    { primitives, clock: world.clock, logger, dht: table.node('desk', 'test'), isHere: () => true },
  );
  const give = (byte: number, gateway: Uint8Array, sequence: bigint, signer = byte): void => {
    const home = encodeHome({
      gateways: [gateway],
      validUntilMs: world.clock.wallMs() + HOME_VALID_MS,
    });
    const record = sealTableRecord(primitives, who(signer), 'test', home, sequence);
    desk.received(who(byte).publicKey, encodeHomeMessage(record));
  };
  for (let i = 1; i <= 100; i += 1) give(1, OTHER, BigInt(i));
  give(2, SELF, 5n);
  give(2, SELF, 5n);
  give(3, SELF, 5n, 2);
  expect([desk.size, desk.counters.taken]).toEqual([1, 1]);
  await world.run(5_000);
  expect(desk.counters).toMatchObject({ written: 1, failed: 0, refused: 101 });
  const read = table.node('reader', 'test').get(who(2).publicKey);
  await world.run(6_000);
  expect((await read)?.sequence).toBe(5n);
  desk.stop();
});
