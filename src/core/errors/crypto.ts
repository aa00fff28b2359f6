export const cryptoErrors = {
  CRYPTO_COUNTER_EXHAUSTED: {
    message: 'no message may be sealed under counter {counter}',
    cause: 'A transport key seals at most 2^64 − 1 messages, each under a counter of its own.',
    cure: 'Start a new handshake: it gives new keys and counters from zero.',
  },
  CRYPTO_HANDSHAKE_MISUSE: {
    message: 'the Noise handshake was misused: {reason}',
    cause: 'The program called the handshake out of turn, or without a key that its pattern needs.',
    cure: 'This is a defect in BitCraps; please report it with the log.',
  },
  CRYPTO_PROOF_BITS: {
    message: 'no proof of work has a difficulty of {bits} bits',
    cause: 'The difficulty of a proof of work is a whole number from 0 to 24.',
    cure: 'Give a difficulty from 0 to 24; each bit more doubles the time that making an identity takes.',
  },
  CRYPTO_PROOF_NOT_FOUND: {
    message: 'no proof of work of {bits} bits was found',
    cause:
      'The search took 64 times the effort that it takes on average, which chance does not explain.',
    cure: 'Please report this with your processor and operating system.',
  },
  CRYPTO_KEYSTORE_NOT_A_KEYSTORE: {
    message: 'this file is not a keystore',
    cause: 'The file does not begin as the files of `bitcraps keys new` do.',
    cure: 'Check the path; it may name another file. The file was not changed.',
  },
  CRYPTO_KEYSTORE_TRUNCATED: {
    message: 'the keystore ends after {bytes} bytes, before it is complete',
    cause:
      'The file was cut short, by a full disk, an interrupted copy or a crash while it was written.',
    cure: 'Restore the file from a backup, or make a new identity with `bitcraps keys new` elsewhere. The file was not changed.',
  },
  CRYPTO_KEYSTORE_VERSION: {
    message: 'the keystore has format version {version}, which this program does not know',
    cause: 'A newer BitCraps wrote the file, or its ninth byte was altered.',
    cure: 'Upgrade BitCraps, or restore the file from a backup. The file was not changed.',
  },
  CRYPTO_KEYSTORE_COST: {
    message: 'the keystore asks for {passes} passes over {memoryKiB} KiB',
    cause:
      'A keystore may ask for 1 to 16 passes over 8 KiB to 256 MiB; this one was altered or made by another program.',
    cure: 'Restore the file from a backup. The file was not changed.',
  },
  CRYPTO_KEYSTORE_CONTENT: {
    message: 'the identity does not fit into a keystore',
    cause:
      'A keystore holds a seed of 32 bytes, a proof of 8 and a network id of at most 255 bytes.',
    cure: 'Choose a shorter network id.',
  },
  CRYPTO_KEYSTORE_PASSPHRASE: {
    message: 'wrong passphrase, or the keystore was altered',
    cause:
      'The passphrase does not open the file. That an altered file looks the same is meant to be so.',
    cure: 'Try the passphrase again, mind the keyboard layout; else restore the file from a backup. The file was not changed.',
  },
  CRYPTO_KEYSTORE_PASSPHRASE_MISSING: {
    message: 'no passphrase was given',
    cause:
      'A keystore needs a passphrase that is not empty, and there is no terminal to ask for it.',
    cure: 'Set BITCRAPS_PASSPHRASE, or name a file with --passphrase-file.',
  },
  CRYPTO_KEYSTORE_PASSPHRASE_TYPO: {
    message: 'the two passphrases differ',
    cause: 'A new passphrase is typed twice, and the second was not the first.',
    cure: 'Run the command again. Nothing was written.',
  },
  CRYPTO_KEYSTORE_MISSING: {
    message: 'there is no keystore at {path}',
    cause: 'The file does not exist.',
    cure: 'Check the path, or make an identity with `bitcraps keys new --file PATH`.',
  },
  CRYPTO_KEYSTORE_EXISTS: {
    message: 'there is a file at {path} already',
    cause: 'A new keystore never replaces a file, since that could destroy the only copy of a key.',
    cure: 'Choose another path, or move the old file away yourself.',
  },
  CRYPTO_KEYSTORE_MODE: {
    message: 'others may read or change {path} (mode {mode})',
    cause: 'A keystore must be accessible to its owner only.',
    cure: 'Run `chmod 600` on the file. If others could read it, consider making a new identity.',
  },
  CRYPTO_KEYSTORE_IO: {
    message: 'the keystore {path} could not be read or written: {detail}',
    cause:
      'The operating system refused: a missing folder or permission, or a full or broken disk.',
    cure: 'See to what the message names, then try again.',
  },
} as const;
