// The first frames of a link, as a state machine without I/O. Both sides send Hello at once; each answers the other's
// with a binding: a signature over its role, the transport's channel binding, both PeerIds and the hashes of both
// Hellos as they came over the wire. A link is established once both bindings hold, so a byte changed, replayed or
// relayed from elsewhere ends it (the TLS exporter alone does not cover the client's certificate: RFC 8446, 7.5).
// The machine holds at most one Hello and does a fixed amount of work; the caller bounds the time that it may take.

import { assert, unreachable } from '../core/assert.ts';
import { bytesEqual, concat } from '../core/bytes.ts';
import { BitcrapsError } from '../core/errors.ts';
import { PEER_ID_BYTES } from '../core/peer-id.ts';
import { hashIn } from '../crypto/hash.ts';
import { checkProofOfWork } from '../crypto/proof-of-work.ts';
import { signIn, verifyIn, type Identity } from '../crypto/signing.ts';
import type { Primitives } from '../env/primitives.ts';
import { decodeFrame, encodeFrame, FrameType } from '../wire/frame.ts';
import { decodeGoodbye, encodeGoodbye } from '../wire/goodbye.ts';
import { decodeHello, encodeHello, type Hello } from './hello.ts';
import { negotiate, type Negotiation } from './negotiate.ts';

export type LinkRole = 'dialer' | 'listener';

const CHANNEL_BINDING_BYTES = 32;
const ROLE_BYTE: Readonly<Record<LinkRole, number>> = { dialer: 1, listener: 2 };

export interface LinkHandshakeConfig {
  readonly primitives: Primitives;
  readonly identity: Identity;
  readonly role: LinkRole;
  /** The neighbour's PeerId, 32 bytes, as the transport proved it. */
  readonly remoteKey: Uint8Array;
  /** 32 bytes that both ends derive from the transport's handshake. */
  readonly channelBinding: Uint8Array;
  /** Fresh for this link: `helloFor`. */
  readonly hello: Hello;
  /** The difficulty that this node demands, whatever the neighbour claims. */
  readonly proofBits: number;
  /**
   * Replaces the check of the neighbour's proof of work (13 ms), for example by one that remembers keys. `later`: the verdict
   * is given to `proofChecked`. `busy`: too many wait to be checked.
   */
  readonly checkProof?: (publicKey: Uint8Array, proof: Uint8Array) => boolean | 'busy' | 'later';
}

export type LinkHandshakeOutput =
  | { readonly kind: 'send'; readonly frame: Uint8Array }
  | { readonly kind: 'established'; readonly negotiation: Negotiation; readonly remote: Hello }
  /** The last output. A goodbye with the error's code went before it, unless the neighbour ended the handshake. */
  | { readonly kind: 'failed'; readonly error: BitcrapsError };

export interface LinkHandshake {
  /** Call once, before `receive`. */
  start(): readonly LinkHandshakeOutput[];
  /**
   * One frame from the neighbour, in order. Once established, frames belong to the caller; one given to the
   * handshake still fails it. After a failure frames are ignored.
   */
  receive(frame: Uint8Array): readonly LinkHandshakeOutput[];
  /** What came of the check that answered `later`. Once; after a failure it is ignored. */
  proofChecked(verdict: boolean | 'busy'): readonly LinkHandshakeOutput[];
}

/** A Hello that passed all checks but that of its proof. */
interface ReceivedHello {
  readonly remote: Hello;
  readonly negotiation: Negotiation;
  /** Both Hellos as they went over the wire. */
  readonly sentBytes: Uint8Array;
  readonly receivedBytes: Uint8Array;
}

type State =
  | { readonly at: 'new' }
  | { readonly at: 'established' }
  | { readonly at: 'failed' }
  | { readonly at: 'awaiting-hello'; readonly sent: Uint8Array }
  | {
      readonly at: 'checking-proof';
      readonly received: ReceivedHello;
      /** The one frame that a neighbour may send meanwhile: it is done with this node's proof, and sends its binding. */
      readonly held: Uint8Array | null;
    }
  | {
      readonly at: 'awaiting-binding';
      readonly remote: Hello;
      readonly negotiation: Negotiation;
      /** What the neighbour must have signed. */
      readonly statement: Uint8Array;
    };

export function createLinkHandshake(config: LinkHandshakeConfig): LinkHandshake {
  const { primitives, identity, role, remoteKey, channelBinding } = config;
  assert(remoteKey.length === PEER_ID_BYTES, 'a remote key is a PeerId');
  assert(channelBinding.length === CHANNEL_BINDING_BYTES, 'a channel binding is 32 bytes');
  const checkProof = config.checkProof ?? ownCheck(config);
  let state: State = { at: 'new' };

  function end(error: BitcrapsError, tellNeighbour: boolean): readonly LinkHandshakeOutput[] {
    state = { at: 'failed' };
    const failed = { kind: 'failed', error } as const;
    return tellNeighbour ? [{ kind: 'send', frame: encodeGoodbye(error.code) }, failed] : [failed];
  }

  function receiveHello(
    sentBytes: Uint8Array,
    receivedBytes: Uint8Array,
  ): readonly LinkHandshakeOutput[] {
    const decoded = decodeHello(receivedBytes);
    if (!decoded.ok) return end(decoded.error, true);
    const remote = decoded.value;
    const negotiation = negotiate(config.hello, remote);
    const error = findRefusal(config, remote, negotiation);
    if (error !== null) return end(error, true);
    const received = { remote, negotiation, sentBytes, receivedBytes };
    const verdict = checkProof(remoteKey, remote.proof);
    if (verdict !== 'later') return proved(received, verdict);
    // The frame's bytes are the neighbour's, and the check takes its time.
    state = {
      at: 'checking-proof',
      received: { ...received, receivedBytes: receivedBytes.slice() },
      held: null,
    };
    return [];
  }

  function proved(
    { remote, negotiation, sentBytes, receivedBytes }: ReceivedHello,
    verdict: boolean | 'busy',
  ): readonly LinkHandshakeOutput[] {
    if (verdict !== true) return end(proofError(verdict, config.proofBits), true);
    const theirRole = role === 'dialer' ? 'listener' : 'dialer';
    const statement = bindingStatement(config, theirRole, sentBytes, receivedBytes);
    state = { at: 'awaiting-binding', remote, negotiation, statement };
    const own = bindingStatement(config, role, sentBytes, receivedBytes);
    const signature = signIn(primitives, identity, 'link-hello', own);
    return [{ kind: 'send', frame: encodeFrame(FrameType.helloBinding, signature) }];
  }

  return {
    start(): readonly LinkHandshakeOutput[] {
      assert(state.at === 'new', 'a handshake starts once');
      if (bytesEqual(identity.publicKey, remoteKey)) {
        return end(new BitcrapsError('HELLO_SELF', {}), true);
      }
      const sent = encodeHello(config.hello);
      state = { at: 'awaiting-hello', sent };
      return [{ kind: 'send', frame: encodeFrame(FrameType.hello, sent) }];
    },

    receive(frame: Uint8Array): readonly LinkHandshakeOutput[] {
      assert(state.at !== 'new', 'a handshake starts before it receives');
      if (state.at === 'failed') return [];
      const decoded = decodeFrame(frame);
      if (!decoded.ok) return end(decoded.error, true);
      const { type, payload } = decoded.value;
      if (type === FrameType.goodbye) {
        return end(new BitcrapsError('HELLO_REFUSED', { code: decodeGoodbye(payload) }), false);
      }
      switch (state.at) {
        case 'awaiting-hello': {
          if (type !== FrameType.hello) return end(unexpected(type, 'a Hello'), true);
          return receiveHello(state.sent, payload);
        }
        case 'checking-proof': {
          if (type !== FrameType.helloBinding || state.held !== null) {
            return end(unexpected(type, 'a binding'), true);
          }
          state = { ...state, held: frame.slice() };
          return [];
        }
        case 'awaiting-binding': {
          if (type !== FrameType.helloBinding) return end(unexpected(type, 'a binding'), true);
          const { remote, negotiation, statement } = state;
          if (!verifyIn(primitives, remoteKey, 'link-hello', statement, payload)) {
            return end(new BitcrapsError('HELLO_BINDING_INVALID', {}), true);
          }
          state = { at: 'established' };
          return [{ kind: 'established', negotiation, remote }];
        }
        case 'established':
          return end(unexpected(type, 'nothing'), true);
        default:
          return unreachable(state);
      }
    },

    proofChecked(verdict) {
      if (state.at === 'failed') return [];
      assert(state.at === 'checking-proof', 'a proof is checked once, when it was asked for');
      const { received, held } = state;
      const outputs = proved(received, verdict);
      return held === null ? outputs : [...outputs, ...this.receive(held)];
    },
  };
}

function proofError(verdict: false | 'busy', bits: number): BitcrapsError {
  return verdict === 'busy'
    ? new BitcrapsError('HELLO_PROOF_UNCHECKED', {})
    : new BitcrapsError('HELLO_PROOF_TOO_WEAK', { bits });
}

function ownCheck(config: LinkHandshakeConfig): (key: Uint8Array, proof: Uint8Array) => boolean {
  const { primitives, hello, proofBits } = config;
  return (key, proof) => checkProofOfWork(primitives, key, hello.networkId, proofBits, proof);
}

/** role ‖ channel binding ‖ dialer's PeerId ‖ listener's PeerId ‖ hash of the dialer's Hello ‖ of the listener's. */
function bindingStatement(
  config: LinkHandshakeConfig,
  signer: LinkRole,
  sent: Uint8Array,
  received: Uint8Array,
): Uint8Array {
  const { primitives, channelBinding, identity, remoteKey } = config;
  const local = { key: identity.publicKey, hello: hashIn(primitives, 'hello', sent) };
  const remote = { key: remoteKey, hello: hashIn(primitives, 'hello', received) };
  const [dialer, listener] = config.role === 'dialer' ? [local, remote] : [remote, local];
  const role = Uint8Array.of(ROLE_BYTE[signer]);
  return concat(role, channelBinding, dialer.key, listener.key, dialer.hello, listener.hello);
}

/** Why this node does not link with the sender of `remote`, whatever its proof; `null` if it may. */
function findRefusal(
  config: LinkHandshakeConfig,
  remote: Hello,
  negotiation: Negotiation,
): BitcrapsError | null {
  const { hello } = config;
  const incompatibility = incompatibilityError(negotiation);
  if (incompatibility !== null) return incompatibility;
  if (remote.purpose !== hello.purpose) {
    const data = { local: hello.purpose, remote: remote.purpose };
    return new BitcrapsError('HELLO_OTHER_PURPOSE', data);
  }
  if (hello.purpose === 'mesh' && remote.meshName !== hello.meshName) {
    const data = { local: hello.meshName, remote: remote.meshName };
    return new BitcrapsError('HELLO_OTHER_MESH', data);
  }
  return null;
}

/** The error of an incompatible negotiation, `null` of any other. */
function incompatibilityError({ reason }: Negotiation): BitcrapsError | null {
  switch (reason.kind) {
    case 'all-shared':
    case 'some-missing':
    case 'other-major':
      return null;
    case 'other-network':
      return new BitcrapsError('HELLO_OTHER_NETWORK', {
        local: reason.local,
        remote: reason.remote,
      });
    case 'other-rules':
      return new BitcrapsError('HELLO_OTHER_RULES', {});
    case 'no-common-wire': {
      const [local, remote] = [reason.local, reason.remote].map(({ min, max }) => `${min}–${max}`);
      return new BitcrapsError('HELLO_NO_COMMON_WIRE', {
        local: local ?? '',
        remote: remote ?? '',
      });
    }
    case 'required-feature-missing': {
      const { feature, lackedBy } = reason;
      return new BitcrapsError('HELLO_FEATURE_MISSING', { feature, lackedBy });
    }
    default:
      return unreachable(reason);
  }
}

function unexpected(type: number, expected: string): BitcrapsError {
  return new BitcrapsError('HELLO_UNEXPECTED_FRAME', { type, expected });
}
