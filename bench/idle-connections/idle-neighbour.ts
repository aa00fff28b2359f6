// One end of an idle connection as a gateway has it: the link's handshake with both bindings, then keepalive.

import type { Identity } from '../../src/crypto/signing.ts';
import type { Link } from '../../src/env/link.ts';
import { openNeighbour } from '../../src/mesh/neighbour.ts';
import { systemClock } from '../../src/platform/node/clock.ts';
import { createLogger } from '../../src/platform/node/logger.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { systemRng } from '../../src/platform/node/rng.ts';
import { LocalHealth } from '../../src/resilience/detector/local-health.ts';
import { PhiDetectors } from '../../src/resilience/detector/phi-accrual.ts';
import { presets } from '../../src/resilience/presets.ts';
import { helloFor } from '../../src/versioning/hello.ts';
import { CURRENT } from '../../src/versioning/protocol-version.ts';

export const silent = createLogger({ level: 'silent' });
const RULES_HASH = new Uint8Array(32);
/** Of this process, as of a node. */
const detectors = new PhiDetectors({ ...presets.default, phiThreshold: 8 });
const localHealth = new LocalHealth();

/** No proof of work is asked: it would be most of what is measured, and belongs to identities, not to connections. */
export function openIdle(
  link: Link,
  identity: Identity,
  told: { readonly up: () => void; readonly down: (code: string | null) => void },
): void {
  const hello = helloFor(
    CURRENT,
    {
      networkId: 'idle',
      rulesHash: RULES_HASH,
      purpose: 'mesh',
      meshName: 'home',
      gateway: link.role === 'listener',
      frameBytesMax: link.frameBytesMax,
      proof: new Uint8Array(8),
    },
    systemRng,
  );
  openNeighbour(link, {
    ...presets.default,
    detectors,
    localHealth,
    primitives,
    identity,
    clock: systemClock,
    logger: silent,
    hello,
    proofBits: 0,
    handlers: {
      established: told.up,
      frame: () => undefined,
      closed: ({ code }) => told.down(code),
    },
  });
}
