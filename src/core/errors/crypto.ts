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
} as const;
