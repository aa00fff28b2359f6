// A Noise handshake that proves both Ed25519 identities, for links over transports that prove none: XX on the X25519
// keys that the identities imply, each side naming its identity inside a sealed payload.
//
// XX and not IK, since a dialler need not know whom it will find; since a wrong peer is then told from a broken
// handshake before this side has named itself; and since the listener does nothing for a first message that IK would
// make it open with two multiplications more. It costs half a round trip, which the first data of the dialler shares.

import { bytesEqual } from '../core/bytes.ts';
import type { Primitives } from '../env/primitives.ts';
import type { Rng } from '../env/rng.ts';
import { createNoise, type NoiseKeys } from './noise.ts';
import { PUBLIC_KEY_BYTES, type Identity } from './signing.ts';

const NOTHING = new Uint8Array(0);
/** What a link's channel binding takes of the handshake hash. */
const BINDING_BYTES = 32;

export interface IdentityHandshakeConfig {
  readonly primitives: Primitives;
  readonly rng: Rng;
  readonly identity: Identity;
  readonly role: 'initiator' | 'responder';
  /** Names the transport and its version; both sides must give the same. */
  readonly prologue: Uint8Array;
  /** The identity that the peer must prove; `null`: any. */
  readonly expected: Uint8Array | null;
}

/** Whom the handshake found, and the keys to talk under. */
export interface ProvedPeer {
  /** 32 bytes, Ed25519. */
  readonly publicKey: Uint8Array;
  readonly keys: NoiseKeys;
  /** 32 bytes, equal at both ends, unique to this handshake. */
  readonly channelBinding: Uint8Array;
}

export type IdentityStep =
  /** Send `message` and wait for the next one. */
  | { readonly kind: 'reply'; readonly message: Uint8Array }
  /** Send `message`, if there is one; the peer is proved. */
  | { readonly kind: 'proved'; readonly message: Uint8Array | null; readonly peer: ProvedPeer }
  /** A peer that proved to be `actual`, not the expected one. Nothing of this side's identity has left. */
  | { readonly kind: 'other-peer'; readonly actual: Uint8Array }
  /** Not a message of this handshake. Give up. */
  | { readonly kind: 'refused'; readonly detail: string };

export interface IdentityHandshake {
  /** The initiator's first message; `null` for a responder, who waits. */
  begin(): Uint8Array | null;
  /** Takes the peer's next message. Never throws on what the network says. */
  receive(message: Uint8Array): IdentityStep;
}

/**
 * Whether `publicKey` is an identity whose X25519 key is `staticKey`. A point and its negative share one X25519 key, but
 * who knows the secret of the one knows that of the other: nobody can pass for somebody else this way.
 */
function implies(primitives: Primitives, publicKey: Uint8Array, staticKey: Uint8Array): boolean {
  if (publicKey.length !== PUBLIC_KEY_BYTES) return false;
  const implied = primitives.signPublicToX25519(publicKey);
  return implied !== null && bytesEqual(implied, staticKey);
}

export function createIdentityHandshake(config: IdentityHandshakeConfig): IdentityHandshake {
  const { primitives, rng, identity, role, prologue, expected } = config;
  const staticSecret = primitives.signSecretToX25519(identity.secretKey);
  const noise = createNoise(primitives, rng, { pattern: 'XX', role, prologue, staticSecret });
  primitives.wipe(staticSecret);
  let messages = 0;

  /** `payload` names the identity behind the static key that came with it. */
  function checked(payload: Uint8Array): Uint8Array | IdentityStep {
    const { remoteStatic } = noise;
    if (remoteStatic === null || !implies(primitives, payload, remoteStatic)) {
      return { kind: 'refused', detail: 'the key is not the identity’s' };
    }
    const isOther = expected !== null && !bytesEqual(payload, expected);
    return isOther ? { kind: 'other-peer', actual: payload } : payload;
  }

  function proved(publicKey: Uint8Array, message: Uint8Array | null): IdentityStep {
    const { keys } = noise;
    if (keys === null) return { kind: 'refused', detail: 'a message too many' };
    const channelBinding = keys.handshakeHash.slice(0, BINDING_BYTES);
    return { kind: 'proved', message, peer: { publicKey, keys, channelBinding } };
  }

  return {
    begin: () => (role === 'initiator' ? noise.write(NOTHING) : null),

    receive(message) {
      const payload = noise.read(message);
      if (payload === null) return { kind: 'refused', detail: 'no message of the handshake' };
      messages += 1;
      if (role === 'responder' && messages === 1) {
        if (payload.length > 0)
          return { kind: 'refused', detail: 'a payload before there are keys' };
        return { kind: 'reply', message: noise.write(identity.publicKey) };
      }
      const peer = checked(payload);
      if ('kind' in peer) return peer;
      return proved(peer, role === 'initiator' ? noise.write(identity.publicKey) : null);
    },
  };
}
