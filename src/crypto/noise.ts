// Handshakes of the Noise protocol framework (revision 34): Noise_{XX,IK,KK}_25519_ChaChaPoly_BLAKE2b.
// A pattern is data, the token loop of section 5.3 the only code. Transport messages afterwards go through
// `transport-cipher.ts` with counters of the caller's own.

import { assert } from '../core/assert.ts';
import { bytesEqual, concat, utf8 } from '../core/bytes.ts';
import { BitcrapsError } from '../core/errors.ts';
import type { Primitives } from '../env/primitives.ts';
import type { Rng } from '../env/rng.ts';
import { randomBytes } from './random-bytes.ts';
import { createSymmetricState, type SymmetricState } from './symmetric-state.ts';

/** Section 3: a longer message is refused, in bytes. */
export const NOISE_MESSAGE_BYTES_MAX = 65_535;

const KEY_BYTES = 32;
const TAG_BYTES = 16;
/** What a handshake message may carry whatever its tokens: an ephemeral key, a sealed static key and a tag less. */
export const NOISE_PAYLOAD_BYTES_MAX: number =
  NOISE_MESSAGE_BYTES_MAX - KEY_BYTES - (KEY_BYTES + TAG_BYTES) - TAG_BYTES;

type Token = 'e' | 's' | 'ee' | 'es' | 'se' | 'ss';
type Role = 'initiator' | 'responder';

interface Pattern {
  /** Whose static key is known to the other side beforehand, in the order in which they are hashed. */
  readonly known: readonly Role[];
  /** The initiator sends the first message; then they take turns. */
  readonly messages: readonly (readonly Token[])[];
}

/** Section 7.5. */
const PATTERNS = {
  XX: { known: [], messages: [['e'], ['e', 'ee', 's', 'es'], ['s', 'se']] },
  IK: {
    known: ['responder'],
    messages: [
      ['e', 'es', 's', 'ss'],
      ['e', 'ee', 'se'],
    ],
  },
  KK: {
    known: ['initiator', 'responder'],
    messages: [
      ['e', 'es', 'ss'],
      ['e', 'ee', 'se'],
    ],
  },
} as const satisfies Record<string, Pattern>;

export interface NoiseConfig {
  readonly pattern: 'XX' | 'IK' | 'KK';
  readonly role: Role;
  /** What both sides must agree on beforehand; any difference fails the handshake. */
  readonly prologue: Uint8Array;
  /** X25519 secret, 32 bytes. */
  readonly staticSecret: Uint8Array;
  /**
   * The other side's X25519 static key, 32 bytes. Needed by both sides of KK and by the initiator of IK. Elsewhere it
   * may be given, and a peer that presents another one is refused.
   */
  readonly remoteStatic?: Uint8Array;
  /** Known answers only: two handshakes with one ephemeral key give up forward secrecy. */
  readonly ephemeralSecret?: Uint8Array;
}

/** What a finished handshake leaves. */
export interface NoiseKeys {
  /** 32 bytes; counters from 0. */
  readonly send: Uint8Array;
  /** 32 bytes; counters from 0. */
  readonly receive: Uint8Array;
  /** 64 bytes, equal at both ends, unique to this handshake: the channel binding of section 11.2. */
  readonly handshakeHash: Uint8Array;
}

export interface NoiseHandshake {
  /**
   * The next message, with `payload` inside it, as secret and authentic as the pattern makes it by then (section 7.7).
   * Throws `CRYPTO_HANDSHAKE_MISUSE` out of turn or for a payload above `NOISE_PAYLOAD_BYTES_MAX`.
   */
  write(payload: Uint8Array): Uint8Array;
  /**
   * The payload of the other side's next message, or `null` for anything else, out of turn included. A refused message
   * changes nothing: whoever can forge datagrams cannot end a handshake, and the right message still completes it.
   */
  read(message: Uint8Array): Uint8Array | null;
  /** The transport keys once the last message has been written or read. */
  readonly keys: NoiseKeys | null;
  /** The other side's static key, 32 bytes, once it is known; proved once `keys` is set. */
  readonly remoteStatic: Uint8Array | null;
}

interface KeyPair {
  readonly secret: Uint8Array;
  readonly publicKey: Uint8Array;
}

/** What stays the same throughout a handshake. */
interface Party {
  readonly primitives: Primitives;
  readonly initiator: boolean;
  readonly own: KeyPair;
  readonly ephemeral: KeyPair;
  /** The static key that the peer must have, if the caller named one. */
  readonly expected: Uint8Array | null;
}

/** What a message changes; `read` works on a copy of it. */
interface Progress {
  readonly symmetric: SymmetricState;
  remoteStatic: Uint8Array | null;
  remoteEphemeral: Uint8Array | null;
}

function misuse(reason: string): BitcrapsError<'CRYPTO_HANDSHAKE_MISUSE'> {
  return new BitcrapsError('CRYPTO_HANDSHAKE_MISUSE', { reason });
}

function keyPair(primitives: Primitives, secret: Uint8Array): KeyPair {
  return { secret, publicKey: primitives.x25519Base(secret) };
}

/** Initialize of section 5.3: the protocol's name, the prologue and the static keys known beforehand. */
function begin(party: Party, config: NoiseConfig): Progress {
  const name = utf8(`Noise_${config.pattern}_25519_ChaChaPoly_BLAKE2b`);
  const symmetric = createSymmetricState(party.primitives, name);
  symmetric.mixHash(config.prologue);
  const progress: Progress = { symmetric, remoteStatic: null, remoteEphemeral: null };
  const { known }: Pattern = PATTERNS[config.pattern];
  for (const role of known) {
    if (role === config.role) {
      symmetric.mixHash(party.own.publicKey);
    } else {
      if (party.expected === null) throw misuse(`${config.pattern} needs the peer's static key`);
      symmetric.mixHash(party.expected);
      progress.remoteStatic = party.expected;
    }
  }
  return progress;
}

/**
 * Mixes one Diffie–Hellman result in; the token's first letter names the initiator's key, the second the responder's.
 * `false` for a point of small order.
 */
function mixSecret(party: Party, progress: Progress, token: 'ee' | 'es' | 'se' | 'ss'): boolean {
  const mine = token[party.initiator ? 0 : 1] === 'e' ? party.ephemeral : party.own;
  const remote = token[party.initiator ? 1 : 0];
  const theirs = remote === 'e' ? progress.remoteEphemeral : progress.remoteStatic;
  assert(theirs !== null, 'a pattern names a key before it uses it');
  const secret = party.primitives.x25519(mine.secret, theirs);
  if (secret === null) return false;
  progress.symmetric.mixKey(secret);
  party.primitives.wipe(secret);
  return true;
}

function writeMessage(
  party: Party,
  progress: Progress,
  tokens: readonly Token[],
  payload: Uint8Array,
): Uint8Array {
  const { symmetric } = progress;
  const parts: Uint8Array[] = [];
  for (const token of tokens) {
    if (token === 'e') {
      symmetric.mixHash(party.ephemeral.publicKey);
      parts.push(party.ephemeral.publicKey);
    } else if (token === 's') {
      parts.push(symmetric.encryptAndHash(party.own.publicKey));
    } else if (!mixSecret(party, progress, token)) {
      // Keys that arrived were checked on arrival, so this one came from the caller.
      throw misuse("the peer's static key has small order");
    }
  }
  return concat(...parts, symmetric.encryptAndHash(payload));
}

/** `null` as soon as something does not fit; `progress` is of no further use then. */
function readMessage(
  party: Party,
  progress: Progress,
  tokens: readonly Token[],
  message: Uint8Array,
): Uint8Array | null {
  const { symmetric } = progress;
  let rest = message;
  for (const token of tokens) {
    if (token === 'e') {
      const key = rest.slice(0, KEY_BYTES);
      // A product of zero tells a point of small order, before any message of ours depends on it.
      if (key.length < KEY_BYTES || party.primitives.x25519(party.own.secret, key) === null) {
        return null;
      }
      symmetric.mixHash(key);
      progress.remoteEphemeral = key;
      rest = rest.subarray(KEY_BYTES);
    } else if (token === 's') {
      const bytes = symmetric.hasKey ? KEY_BYTES + TAG_BYTES : KEY_BYTES;
      if (rest.length < bytes) return null;
      const key = symmetric.decryptAndHash(rest.subarray(0, bytes));
      if (key === null) return null;
      if (party.expected !== null && !bytesEqual(key, party.expected)) return null;
      progress.remoteStatic = key;
      rest = rest.subarray(bytes);
    } else if (!mixSecret(party, progress, token)) {
      return null;
    }
  }
  return symmetric.decryptAndHash(rest);
}

function finish(party: Party, symmetric: SymmetricState): NoiseKeys {
  const [first, second] = symmetric.split();
  const handshakeHash = symmetric.handshakeHash.slice();
  symmetric.wipe();
  party.primitives.wipe(party.ephemeral.secret);
  return party.initiator
    ? { send: first, receive: second, handshakeHash }
    : { send: second, receive: first, handshakeHash };
}

/**
 * Starts a handshake. Throws `CRYPTO_HANDSHAKE_MISUSE` if the pattern needs a `remoteStatic` that is missing, and
 * `TypeError` for a key of a wrong length.
 */
export function createNoise(primitives: Primitives, rng: Rng, config: NoiseConfig): NoiseHandshake {
  const { messages }: Pattern = PATTERNS[config.pattern];
  const party: Party = {
    primitives,
    initiator: config.role === 'initiator',
    own: keyPair(primitives, config.staticSecret.slice()),
    ephemeral: keyPair(primitives, config.ephemeralSecret?.slice() ?? randomBytes(rng, KEY_BYTES)),
    expected: config.remoteStatic?.slice() ?? null,
  };
  if (party.expected !== null && party.expected.length !== KEY_BYTES) {
    throw new TypeError(`remoteStatic must be ${KEY_BYTES} bytes, not ${party.expected.length}`);
  }
  let progress = begin(party, config);
  let turn = 0;
  let keys: NoiseKeys | null = null;

  function tokens(role: Role): readonly Token[] | undefined {
    const sender: Role = turn % 2 === 0 ? 'initiator' : 'responder';
    return role === sender ? messages[turn] : undefined;
  }

  function endTurn(): void {
    turn += 1;
    if (turn === messages.length) keys = finish(party, progress.symmetric);
  }

  return {
    write(payload) {
      const mine = tokens(config.role);
      if (mine === undefined) throw misuse('write was called out of turn');
      if (payload.length > NOISE_PAYLOAD_BYTES_MAX) throw misuse('the payload is too long');
      const message = writeMessage(party, progress, mine, payload);
      endTurn();
      return message;
    },

    read(message) {
      const theirs = tokens(party.initiator ? 'responder' : 'initiator');
      if (theirs === undefined || message.length > NOISE_MESSAGE_BYTES_MAX) return null;
      const draft: Progress = { ...progress, symmetric: progress.symmetric.clone() };
      const payload = readMessage(party, draft, theirs, message);
      const refused = payload === null;
      (refused ? draft : progress).symmetric.wipe();
      if (refused) return null;
      progress = draft;
      endTurn();
      return payload;
    },

    get keys() {
      return keys;
    },

    get remoteStatic() {
      return progress.remoteStatic;
    },
  };
}
