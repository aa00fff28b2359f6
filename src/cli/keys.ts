// `bitcraps keys new|show|verify`: make an identity with its proof of work, show it, check the proof.

import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { toHex } from '../core/bytes.ts';
import { BitcrapsError, unwrap } from '../core/errors.ts';
import { peerIdText } from '../core/peer-id.ts';
import {
  openKeystore,
  readKeystoreHeader,
  sealKeystore,
  type KeystoreHeader,
} from '../crypto/keystore.ts';
import { checkProofOfWork, solveProofOfWork } from '../crypto/proof-of-work.ts';
import { randomBytes } from '../crypto/random-bytes.ts';
import { identityFromSeed, SEED_BYTES } from '../crypto/signing.ts';
import { readKeystoreFile, writeKeystoreFile } from '../platform/node/keystore-file.ts';
import { primitives } from '../platform/node/primitives.ts';
import { systemRng } from '../platform/node/rng.ts';
import { SETTINGS } from './config/settings.ts';
import { choosePassphrase } from './keys/passphrase.ts';
import { EXIT_DONE, EXIT_NO, printJson, runCommand } from './outcome.ts';

interface KeysOptions {
  readonly file: string;
  readonly network?: string;
  readonly bits?: string;
  readonly passphraseFile?: string;
  readonly open?: boolean;
  readonly json?: boolean;
}

/** The difficulty asked for, or the default of a node; whether it is possible, the proof of work decides. */
function bitsOf(text: string | undefined): number {
  if (text === undefined) return SETTINGS.proofBits.default;
  if (!/^\d{1,3}$/.test(text)) {
    throw new BitcrapsError('CLI_USAGE', { detail: `--bits takes a whole number, not ${text}` });
  }
  return Number(text);
}

/** Control characters from a file must not reach the terminal. */
function printable(text: string): string {
  return text.replaceAll(/\p{C}/gu, '\ufffd');
}

function print(options: KeysOptions, header: KeystoreHeader): void {
  const peerId = peerIdText(header.publicKey);
  const { networkId, proofBits } = header;
  if (options.json === true) {
    const publicKey = toHex(header.publicKey);
    const proof = toHex(header.proof);
    printJson({ file: options.file, peerId, publicKey, networkId, proofBits, proof });
    return;
  }
  const lines = [
    `peer id   ${peerId}`,
    `network   ${printable(networkId)}`,
    `proof     ${toHex(header.proof)}, made for ${proofBits} bits`,
    `file      ${options.file}`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

async function makeNew(options: KeysOptions): Promise<number> {
  const { file, network: networkId = SETTINGS.networkId.default } = options;
  const proofBits = bitsOf(options.bits);
  // Known now, it saves the work; that nothing is overwritten, the exclusive creation below makes sure.
  if (existsSync(file)) throw new BitcrapsError('CRYPTO_KEYSTORE_EXISTS', { path: file });
  const passphrase = await choosePassphrase(options.passphraseFile, true);
  const seed = randomBytes(systemRng, SEED_BYTES);
  const { publicKey, secretKey } = identityFromSeed(primitives, seed);
  primitives.wipe(secretKey);
  process.stderr.write(`searching for a proof of work of ${proofBits} bits …\n`);
  const proof = solveProofOfWork(primitives, systemRng, publicKey, networkId, proofBits);
  const content = { seed, networkId, proof, proofBits };
  const bytes = sealKeystore(primitives, systemRng, content, passphrase);
  primitives.wipe(seed);
  unwrap(writeKeystoreFile(file, bytes));
  process.stderr.write('Keep the file and its passphrase: without either the identity is lost.\n');
  print(options, { publicKey, networkId, proof, proofBits });
  return EXIT_DONE;
}

async function show(options: KeysOptions): Promise<number> {
  const bytes = unwrap(readKeystoreFile(options.file));
  const header = unwrap(readKeystoreHeader(bytes));
  if (options.open === true) {
    const passphrase = await choosePassphrase(options.passphraseFile, false);
    primitives.wipe(unwrap(openKeystore(primitives, bytes, passphrase)).seed);
    process.stderr.write('The passphrase opens the keystore; no byte of it was altered.\n');
  }
  print(options, header);
  return EXIT_DONE;
}

function verify(options: KeysOptions): number {
  const bits = bitsOf(options.bits);
  const { publicKey, proof, ...header } = unwrap(
    readKeystoreHeader(unwrap(readKeystoreFile(options.file))),
  );
  const networkId = options.network ?? header.networkId;
  const valid = checkProofOfWork(primitives, publicKey, networkId, bits, proof);
  const peerId = peerIdText(publicKey);
  if (options.json === true) printJson({ valid, peerId, networkId, bits });
  else {
    const answer = valid ? 'yes: the proof is' : 'no: the proof is not';
    process.stdout.write(
      `${answer} worth ${bits} bits for ${peerId} on network ${printable(networkId)}\n`,
    );
  }
  return valid ? EXIT_DONE : EXIT_NO;
}

const PASSPHRASE_HELP = `
The passphrase comes from --passphrase-file (mode 0600), else from BITCRAPS_PASSPHRASE, else the terminal asks for it.`;

/** A subcommand with what all of them take. */
function part(
  name: string,
  description: string,
  body: (options: KeysOptions) => Promise<number> | number,
): Command {
  return new Command(name)
    .description(description)
    .requiredOption('--file <path>', 'the keystore file')
    .option('--json', 'one JSON document on stdout')
    .action((options: KeysOptions) => runCommand(options.json === true, () => body(options)));
}

/** The command, to be added to the program. */
export function keysCommand(): Command {
  const bits = SETTINGS.proofBits.default;
  const network = SETTINGS.networkId.default;
  return new Command('keys')
    .description('make, show and verify identity keys')
    .addCommand(
      part('new', 'make an identity: a key, a proof of work, a keystore file', makeNew)
        .option('--network <id>', `the network that the proof of work is for (default: ${network})`)
        .option('--bits <n>', `its difficulty, 0 to 24, each doubling the time (default: ${bits})`)
        .option('--passphrase-file <path>', 'a file (mode 0600) with the passphrase')
        .addHelpText(
          'after',
          `${PASSPHRASE_HELP}
The file is written with mode 0600; an existing one is never replaced.

Examples:
  bitcraps keys new --file alice.key                    ask for a passphrase, then work for about a second
  bitcraps keys new --file node.key --network home --bits 8 --passphrase-file node.pass
  bitcraps keys new --file node.key --json              the same for scripts, with BITCRAPS_PASSPHRASE set`,
        ),
    )
    .addCommand(
      part('show', 'show the identity in a keystore; needs no passphrase', show)
        .option('--open', 'also try the passphrase, which proves every byte of the file')
        .option('--passphrase-file <path>', 'a file (mode 0600) with the passphrase')
        .addHelpText(
          'after',
          `
The peer id and the proof of work stand in clear in the file: every peer is told them anyway.
With --open: the passphrase comes from --passphrase-file, else BITCRAPS_PASSPHRASE, else the terminal.

Examples:
  bitcraps keys show --file alice.key
  bitcraps keys show --file alice.key --open            is this the right passphrase?
  bitcraps keys show --file alice.key --json`,
        ),
    )
    .addCommand(
      part('verify', 'whether the proof of work meets a difficulty (exit 0 yes, 1 no)', verify)
        .option('--bits <n>', `the difficulty asked for, 0 to 24 (default: ${bits})`)
        .option('--network <id>', 'the network to check for (default: the one in the file)')
        .addHelpText(
          'after',
          `
Examples:
  bitcraps keys verify --file alice.key                 enough for a network with default settings?
  bitcraps keys verify --file alice.key --bits 10
  bitcraps keys verify --file alice.key --network home --json`,
        ),
    )
    .addHelpText(
      'after',
      `
Examples:
  bitcraps keys new --file alice.key     make an identity
  bitcraps keys show --file alice.key    its peer id, to give to others
  bitcraps keys verify --file alice.key  whether its proof of work is worth the default difficulty`,
    );
}
