// What a node holds for one peer: the session in use, the one before it, the handshake that this node began, and the
// messages that wait for it.

import type { NoiseHandshake } from '../crypto/noise.ts';
import type { Timer } from '../env/clock.ts';
import type { Hello } from '../versioning/hello.ts';
import type { Negotiation } from '../versioning/negotiate.ts';
import type { Session } from './session.ts';

export interface SessionInfo {
  /** PeerId. */
  readonly peer: Uint8Array;
  /** `opening`: a handshake is under way and nothing can be sent yet. */
  readonly state: 'opening' | 'open';
  readonly negotiation: Negotiation | null;
  readonly ageMs: number | null;
  /** Messages since the present keys. */
  readonly sent: bigint;
  readonly received: bigint;
  readonly pendingMessages: number;
}

export interface Attempt {
  readonly localId: number;
  readonly noise: NoiseHandshake;
  readonly hello: Hello;
  readonly body: Uint8Array;
  tries: number;
  timer: Timer | null;
}

export interface PendingMessage {
  readonly protocol: number;
  readonly payload: Uint8Array;
}

export interface PeerState {
  readonly peer: Uint8Array;
  readonly remoteStatic: Uint8Array;
  current: Session | null;
  /** Opens what was under way when the keys changed. */
  previous: { readonly session: Session; readonly untilMs: number } | null;
  attempt: Attempt | null;
  pending: PendingMessage[];
  hintedAtMs: number;
  refusedUntilMs: number;
}

/** Nothing yet. `remoteStatic` is the peer's X25519 key. */
export function createPeerState(peer: Uint8Array, remoteStatic: Uint8Array): PeerState {
  return {
    peer: peer.slice(),
    remoteStatic,
    current: null,
    previous: null,
    attempt: null,
    pending: [],
    hintedAtMs: -Infinity,
    refusedUntilMs: -Infinity,
  };
}

/** Whether nothing would be lost with it. */
export function isEmpty(state: PeerState, nowMs: number): boolean {
  const { current, previous, attempt, pending, refusedUntilMs } = state;
  const isIdle = current === null && previous === null && attempt === null;
  return isIdle && pending.length === 0 && refusedUntilMs <= nowMs;
}

/** `null` if there is neither a session nor a handshake. */
export function sessionInfo(state: PeerState, nowMs: number): SessionInfo | null {
  const { peer, current, attempt, pending } = state;
  if (current === null && attempt === null) return null;
  return {
    peer,
    state: current === null ? 'opening' : 'open',
    negotiation: current?.negotiation ?? null,
    ageMs: current === null ? null : nowMs - current.establishedAtMs,
    sent: current?.sent ?? 0n,
    received: current?.received ?? 0n,
    pendingMessages: pending.length,
  };
}
