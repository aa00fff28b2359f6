// A member of the mesh under attack, as its own process runs it: an identity with its proof of work, and a mesh.

import { utf8 } from '../../src/core/bytes.ts';
import { solveProofOfWork } from '../../src/crypto/proof-of-work.ts';
import { identityFromSeed, type Identity } from '../../src/crypto/signing.ts';
import type { Primitives } from '../../src/env/primitives.ts';
import { createMesh, type Mesh } from '../../src/mesh/mesh.ts';
import { systemClock } from '../../src/platform/node/clock.ts';
import { createLogger } from '../../src/platform/node/logger.ts';
import { createMetrics } from '../../src/platform/node/metrics.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { systemRng } from '../../src/platform/node/rng.ts';
import { zstd } from '../../src/platform/node/zstd.ts';
import { presets } from '../../src/resilience/presets.ts';
import { rulesHash } from '../../src/casino/rules-hash.ts';
import { CURRENT } from '../../src/versioning/protocol-version.ts';

export const NETWORK = 'hostile-load';
export const PROOF_BITS = 6;
/** What honest members and the attackers' accomplices talk. */
export const PROTOCOL = 9;

export const silent = createLogger({ level: 'silent' });

export function identityOf(name: string): Identity {
  return identityFromSeed(primitives, primitives.sha256(utf8(name)));
}

/** Blocks for a second or so. */
export function memberOf(identity: Identity): Mesh {
  return memberWith(
    identity,
    solveProofOfWork(primitives, systemRng, identity.publicKey, NETWORK, PROOF_BITS),
  );
}

/** As `memberOf` with a proof that is worth nothing but its passing the cheap filter: a node has to check it to know. */
export function pretenderOf(identity: Identity): Mesh {
  return memberWith(
    identity,
    solveProofOfWork(noCostlyPart, systemRng, identity.publicKey, NETWORK, PROOF_BITS),
  );
}

const noCostlyPart: Primitives = {
  ...primitives,
  argon2id: (...[, , , , bytes]) => new Uint8Array(bytes),
};

function memberWith(identity: Identity, proof: Uint8Array): Mesh {
  return createMesh(
    {
      identity,
      networkId: NETWORK,
      meshName: 'home',
      version: CURRENT,
      rulesHash: rulesHash(primitives),
      proof,
      proofBits: PROOF_BITS,
      gateway: false,
      ...presets.lan,
    },
    {
      primitives,
      clock: systemClock,
      rng: systemRng,
      logger: silent,
      metrics: createMetrics(),
      compressor: zstd,
      bootEpoch: Math.floor(systemClock.wallMs() / 1000),
    },
  );
}

/** Looks until `holds`. */
export async function until(what: string, withinMs: number, holds: () => boolean): Promise<void> {
  const endMs = performance.now() + withinMs;
  while (!holds()) {
    if (performance.now() > endMs) {
      throw new Error(`waited ${withinMs} ms in vain for ${what}`);
    }
    await pause(20);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
