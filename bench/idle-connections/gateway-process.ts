// The one that holds the connections: a TLS listener behind the gate, with its limits raised.

import { identityFromSeed } from '../../src/crypto/signing.ts';
import { createAdmissionGate } from '../../src/gateway/admission/gate.ts';
import { createTls } from '../../src/platform/links/tls.ts';
import { systemClock } from '../../src/platform/node/clock.ts';
import { createMetrics } from '../../src/platform/node/metrics.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { releaseMemory } from '../../src/platform/node/release-memory.ts';
import { systemRng } from '../../src/platform/node/rng.ts';
import { openIdle, silent } from './idle-neighbour.ts';

const MANY = 1_000_000;

const identity = identityFromSeed(primitives, new Uint8Array(32).fill(1));
const gate = createAdmissionGate(
  {
    self: identity.publicKey,
    limits: {
      linksMax: MANY,
      linksPerAddressMax: MANY,
      linksPerPrefixMax: MANY,
      linksPerIdentityMax: MANY,
      dialsPerSecondMax: MANY,
      dialsPerSecondPerAddressMax: MANY,
      dialsPerSecondPerPrefixMax: MANY,
      halfOpenPerAddressMax: 256,
      halfOpenPerPrefixMax: 256,
    },
  },
  { primitives, clock: systemClock, rng: systemRng, metrics: createMetrics() },
);
const tls = await createTls({ primitives, identity, clock: systemClock, logger: silent, gate });
let established = 0;
let lost = 0;
const listener = await tls.listen('127.0.0.1:0', (link) =>
  openIdle(link, identity, {
    up: () => (established += 1),
    down: () => (lost += 1),
  }),
);
process.on('disconnect', () => process.exit());
process.on('message', (message) => {
  if (message === 'release') void releaseMemory().then(() => process.send?.('released'));
  else {
    const { rss, heapUsed, external } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    const cpuMs = (user + system) / 1000;
    process.send?.({ established, lost, rss, heapUsed, external, cpuMs });
  }
});
process.send?.(listener.address);
