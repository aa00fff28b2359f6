// A node's identity in its state folder: the keystore, and the passphrase that opens it without a person.

import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Primitives } from '../../env/primitives.ts';
import type { Rng } from '../../env/rng.ts';
import { toBase32 } from '../../core/bytes.ts';
import { BitcrapsError, unwrap } from '../../core/errors.ts';
import {
  KEYSTORE_COST,
  openKeystore,
  sealKeystore,
  type KeystoreCost,
} from '../../crypto/keystore.ts';
import { checkProofOfWork, solveProofOfWork } from '../../crypto/proof-of-work.ts';
import { randomBytes } from '../../crypto/random-bytes.ts';
import { identityFromSeed, type Identity } from '../../crypto/signing.ts';
import { readKeystoreFile, writeKeystoreFile } from '../../platform/node/keystore-file.ts';
import type { Settings } from '../config/settings.ts';

const SEED_BYTES = 32;
const PASSPHRASE_BYTES = 20;
const PASSPHRASE_FILE = 'identity.pass';
/** A random passphrase of 160 bits needs no stretching; the least that a keystore allows. */
const RANDOM_PASSPHRASE_COST: KeystoreCost = { passes: 1, memoryKiB: 8 * 1024 };

type IdentitySettings = Pick<Settings, 'networkId' | 'proofBits' | 'passphraseFile'>;

export interface NodeIdentity {
  readonly identity: Identity;
  readonly proof: Uint8Array;
  /** Whether this start made it. */
  readonly fresh: boolean;
}

/**
 * Opens `identity.key` in the state folder, or makes it with a proof of work for the network.
 * Errors (thrown): those of the keystore, and `CLI_KEY_TOO_WEAK` for a key made for an easier network.
 */
export function loadIdentity(
  folder: string,
  settings: IdentitySettings,
  primitives: Primitives,
  rng: Rng,
): NodeIdentity {
  const file = join(folder, 'identity.key');
  if (!existsSync(file)) return makeIdentity(file, folder, settings, primitives, rng);
  const passphrase = givenPassphrase(settings) ?? readSecret(join(folder, PASSPHRASE_FILE));
  const content = unwrap(openKeystore(primitives, unwrap(readKeystoreFile(file)), passphrase));
  const identity = identityFromSeed(primitives, content.seed);
  const { networkId, proofBits } = settings;
  if (!checkProofOfWork(primitives, identity.publicKey, networkId, proofBits, content.proof)) {
    throw new BitcrapsError('CLI_KEY_TOO_WEAK', {
      path: file,
      network: networkId,
      bits: proofBits,
    });
  }
  return { identity, proof: content.proof, fresh: false };
}

function makeIdentity(
  file: string,
  folder: string,
  settings: IdentitySettings,
  primitives: Primitives,
  rng: Rng,
): NodeIdentity {
  const { networkId, proofBits } = settings;
  const seed = randomBytes(rng, SEED_BYTES);
  const identity = identityFromSeed(primitives, seed);
  process.stderr.write(
    `making an identity for network ${networkId}: searching for a proof of work of ${proofBits} bits\n`,
  );
  const proof = solveProofOfWork(primitives, rng, identity.publicKey, networkId, proofBits);
  const given = givenPassphrase(settings);
  const passphrase = given ?? makePassphrase(folder, rng);
  const cost = given === null ? RANDOM_PASSPHRASE_COST : KEYSTORE_COST;
  const bytes = sealKeystore(
    primitives,
    rng,
    { seed, networkId, proof, proofBits },
    passphrase,
    cost,
  );
  unwrap(writeKeystoreFile(file, bytes));
  return { identity, proof, fresh: true };
}

/** From the file that is named, else from `BITCRAPS_PASSPHRASE`, else `null`. */
function givenPassphrase(settings: IdentitySettings): string | null {
  if (settings.passphraseFile !== '') return readSecret(settings.passphraseFile);
  return process.env['BITCRAPS_PASSPHRASE'] ?? null;
}

function makePassphrase(folder: string, rng: Rng): string {
  const file = join(folder, PASSPHRASE_FILE);
  // A start that was cut short may have left one without its key.
  if (existsSync(file)) return readSecret(file);
  const passphrase = toBase32(randomBytes(rng, PASSPHRASE_BYTES));
  writeFileSync(file, `${passphrase}\n`, { flag: 'wx', mode: 0o600 });
  return passphrase;
}

function readSecret(path: string): string {
  try {
    if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) {
      throw new BitcrapsError('CLI_SECRET_MODE', { path });
    }
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if (error instanceof BitcrapsError) throw error;
    const detail = error instanceof Error ? error.message : String(error);
    throw new BitcrapsError('CLI_FILE_UNREADABLE', { path, detail });
  }
}
