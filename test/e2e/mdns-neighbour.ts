// A process that announces itself until its standard input ends; prints whom it found first.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createMdns } from '../../src/platform/discovery/mdns.ts';
import { systemClock } from '../../src/platform/node/clock.ts';
import { createLogger } from '../../src/platform/node/logger.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { systemRng } from '../../src/platform/node/rng.ts';
import { identityFromSeed } from '../../src/crypto/signing.ts';

const [, , networkId = '', port = ''] = process.argv;
const { publicKey } = identityFromSeed(primitives, new Uint8Array(randomBytes(32)));
const discover = createMdns({
  primitives,
  clock: systemClock,
  rng: systemRng,
  logger: createLogger({ level: 'silent' }),
  publicKey,
  networkId,
  meshName: 'home',
  port: Number(port),
});
const discovery = await discover(['quic:0.0.0.0:4712', '0.0.0.0:4713', '127.0.0.1:4714'], {
  found: (node) => {
    const line = {
      self: Buffer.from(publicKey).toString('hex'),
      found: Buffer.from(node.publicKey).toString('hex'),
      addresses: node.addresses,
    };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  },
  lost: () => undefined,
});
process.stdin.resume();
await once(process.stdin, 'end');
await discovery.close();
process.exit();
