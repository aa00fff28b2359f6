// What a node of a mesh, or of the bridges, says of itself on a new link, and the name that its records are signed for.

import type { Rng } from '../env/rng.ts';
import { helloFor, type Hello } from '../versioning/hello.ts';
import type { MeshConfig } from './mesh-contract.ts';

/** A fresh Hello for a link that takes frames up to `frameBytesMax`. */
export function meshHello(config: MeshConfig, rng: Rng, frameBytesMax: number): Hello {
  const { version, networkId, rulesHash, meshName, gateway, proof, purpose = 'mesh' } = config;
  const rest = { networkId, rulesHash, purpose, meshName, gateway, frameBytesMax, proof };
  return helloFor(version, rest, rng);
}

/** A record of a mesh is none of the bridges. */
export function recordNetwork({ networkId, purpose = 'mesh' }: MeshConfig): string {
  return purpose === 'mesh' ? networkId : `${networkId} ${purpose}`;
}
