// A certificate and its key for relays that do not make their own: Ed25519, as our nodes have.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { identityFromSeed } from '../../../src/crypto/signing.ts';
import { certificateOf, pem, privateKeyOf } from '../../../src/platform/links/certificate.ts';
import { primitives } from '../../../src/platform/node/primitives.ts';

export interface Credentials {
  readonly certificate: string;
  readonly key: string;
  readonly certificateFile: string;
  readonly keyFile: string;
}

export function makeCredentials(folder: string): Credentials {
  const seed = crypto.getRandomValues(new Uint8Array(32));
  const identity = identityFromSeed(primitives, seed);
  const certificate = pem('CERTIFICATE', certificateOf(primitives, identity));
  const key = String(privateKeyOf(identity).export({ format: 'pem', type: 'pkcs8' }));
  const certificateFile = join(folder, 'certificate.pem');
  const keyFile = join(folder, 'key.pem');
  writeFileSync(certificateFile, certificate);
  writeFileSync(keyFile, key, { mode: 0o600 });
  return { certificate, key, certificateFile, keyFile };
}
