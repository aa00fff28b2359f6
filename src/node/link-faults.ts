// Which ends of links are the fault of the neighbour, so that its address pays for them at the gate.

import type { ErrorCode } from '../core/errors.ts';

/** Ends of links that nobody comes to by being old, of another mesh, or one too many. */
const BLAMED: ReadonlySet<string> = new Set<ErrorCode>([
  'MESH_FAULTS_EXCEEDED',
  'MESH_HANDSHAKE_TIMEOUT',
  'HELLO_TOO_LONG',
  'HELLO_MALFORMED',
  'HELLO_PROOF_TOO_WEAK',
  'HELLO_BINDING_INVALID',
  'HELLO_UNEXPECTED_FRAME',
  'WIRE_FRAME_EMPTY',
  'WIRE_FRAME_UNKNOWN_TYPE',
]);

export function isPeersFault(code: string): boolean {
  return BLAMED.has(code);
}
