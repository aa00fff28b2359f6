// One of those who connect: so many connections, some at a time, each kept.

import { identityFromSeed } from '../../src/crypto/signing.ts';
import { createTls } from '../../src/platform/links/tls.ts';
import { systemClock } from '../../src/platform/node/clock.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { openIdle, silent } from './idle-neighbour.ts';

const AT_ONCE = 8;

const [, , address = '', count = '0', seed = '0'] = process.argv;
const identity = identityFromSeed(primitives, new Uint8Array(32).fill(Number(seed)));
const bounds = { dialTimeoutMs: 60_000 };
const tls = await createTls({ primitives, identity, clock: systemClock, logger: silent, bounds });
let left = Number(count);

async function connectSome(): Promise<void> {
  while (left > 0) {
    left -= 1;
    const link = await tls.dialer.dial(address, null).catch(() => null);
    if (link === null) {
      // A busy machine was too late for one of the deadlines.
      left += 1;
      continue;
    }
    await new Promise<void>((resolve, reject) => {
      openIdle(link, identity, {
        up: resolve,
        down: (code) => reject(new Error(`a connection ended: ${code}`)),
      });
    });
  }
}

process.on('disconnect', () => process.exit());
await Promise.all(Array.from({ length: AT_ONCE }, connectSome));
process.send?.('connected');
