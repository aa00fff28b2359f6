// All end-to-end sessions of a node: opens them when something is to be sent, answers the peers', replaces them before
// they age, and survives a peer that restarted. Every table and queue is bounded; what authenticates nothing makes no
// state.
//
// Both ends may begin at once: the handshake that the peer with the lower PeerId began is the one that counts.

import { create } from '@bufbuild/protobuf';
import { assert, unreachable } from '../core/assert.ts';
import { compareBytes } from '../core/bytes.ts';
import { fail, ok, type ErrorCode, type Result } from '../core/errors.ts';
import { peerIdShort, peerIdText } from '../core/peer-id.ts';
import type { NoiseHandshake } from '../crypto/noise.ts';
import type { Clock } from '../env/clock.ts';
import type { Compressor } from '../env/compressor.ts';
import type { Logger } from '../env/logger.ts';
import { byteKey, type ByteKey } from '../routing/byte-key.ts';
import { createTokenBucket } from '../routing/token-bucket.ts';
import type { Hello } from '../versioning/hello.ts';
import { negotiate, type Negotiation } from '../versioning/negotiate.ts';
import {
  createPeerState,
  sessionInfo,
  type Attempt,
  type PeerState,
  type PendingMessage,
  type SessionInfo,
  type Unconfirmed,
} from './peer-sessions.ts';
import {
  createSessionNoise,
  decodeStep,
  encodeStep,
  readHello,
  staticKeyOf,
  writeHello,
  type HandshakeParty,
} from './session-handshake.ts';
import { CONFIRMING_PROTOCOL, Session, sessionIdOf } from './session.ts';
import {
  SessionInitSchema,
  SessionResponseSchema,
  SessionUnknownSchema,
  type SessionInit,
  type SessionResponse,
} from '../wire/gen/bitcraps/v1/session_pb.ts';

/** Peers with a session or a handshake; the least recently used goes first. */
export const SESSIONS_MAX = 4096;
/** Messages that wait for one handshake. */
export const PENDING_MESSAGES_MAX = 64;
/** Bytes that wait for all handshakes together. */
export const PENDING_BYTES_MAX: number = 8 * 1024 * 1024;
/** A handshake is sent so often before it is given up: 1, 2, 4, 8 seconds apart, and 16 to wait for the last answer. */
export const HANDSHAKE_TRIES_MAX = 5;
export const HANDSHAKE_RETRY_MS = 1_000;
/** A peer's handshake that it does not confirm is dropped after so long. */
export const UNCONFIRMED_MS_MAX = 10_000;
/** Packets under way when keys change are still opened for so long. */
export const PREVIOUS_MS_MAX = 60_000;
/** A peer that does not fit is not tried again for so long. */
export const REFUSED_MS = 60_000;
/** Hints of unknown sessions start at most one handshake in this time per peer: they are not authenticated. */
export const HINT_INTERVAL_MS_MIN = 5_000;
/** Handshakes that this node answers, and hints that it sends: each costs some 0.2 ms. */
const ANSWERS_BURST = 200;
const ANSWERS_PER_SECOND = 100;

export type SessionSendErrorCode =
  | 'MESH_KEY_INVALID'
  | 'MESH_PENDING_FULL'
  | 'MESH_SESSION_REFUSED';

/** Why a packet for this node was not delivered. */
export type SessionDropCode =
  | 'MESH_BODY_MALFORMED'
  | 'MESH_SEAL_BROKEN'
  | 'MESH_SESSION_UNKNOWN'
  | 'MESH_MESSAGE_REPLAYED'
  | 'MESH_RATE_EXCEEDED';

export interface SessionTableConfig<C extends ErrorCode> extends HandshakeParty {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly compressor: Compressor;
  /** Default `SESSIONS_MAX`. */
  readonly sessionsMax?: number;
  /** A fresh Hello for each handshake. */
  hello(): Hello;
  sendHandshake(destination: Uint8Array, body: Uint8Array): void;
  sendData(destination: Uint8Array, body: Uint8Array, flowId: number): Result<void, C>;
  deliver(source: Uint8Array, protocol: number, payload: Uint8Array): void;
  /** A handshake was given up: `MESH_SESSION_TIMEOUT` or `MESH_SESSION_REFUSED`. */
  failed(peer: Uint8Array, code: 'MESH_SESSION_TIMEOUT' | 'MESH_SESSION_REFUSED'): void;
}

export class SessionTable<C extends ErrorCode> {
  readonly #config: SessionTableConfig<C>;
  /** Least recently used first. */
  readonly #peers = new Map<ByteKey, PeerState>();
  readonly #sessions = new Map<number, Session>();
  readonly #answers = createTokenBucket(ANSWERS_BURST, ANSWERS_PER_SECOND);
  #pendingBytes = 0;
  #stopped = false;

  constructor(config: SessionTableConfig<C>) {
    this.#config = config;
  }

  /** Seals and sends, or keeps the payload until the handshake is done. */
  send(
    peer: Uint8Array,
    protocol: number,
    payload: Uint8Array,
  ): Result<void, C | SessionSendErrorCode> {
    const found = this.#use(peer);
    if (!found.ok) return found;
    const state = found.value;
    const nowMs = this.#config.clock.now();
    if (state.current !== null && state.current.isUsable(nowMs)) {
      if (state.current.isAging(nowMs) && state.unconfirmed === null) this.#begin(state);
      return this.#sendOn(state.current, protocol, payload);
    }
    if (nowMs < state.refusedUntilMs) {
      return fail('MESH_SESSION_REFUSED', { destination: peerIdText(peer) });
    }
    if (!this.#keep(state, protocol, payload)) {
      const messages = state.pending.length;
      return fail('MESH_PENDING_FULL', { destination: peerIdText(peer), messages });
    }
    if (state.unconfirmed === null) this.#begin(state);
    return ok(undefined);
  }

  /** A data packet for this node; a code if it was not delivered. */
  receiveData(source: Uint8Array, body: Uint8Array): SessionDropCode | null {
    const id = sessionIdOf(body);
    if (id === null) return 'MESH_BODY_MALFORMED';
    const session = this.#sessions.get(id);
    if (session === undefined || compareBytes(session.peer, source) !== 0) {
      if (!this.#answers.take(this.#config.clock.now())) return 'MESH_RATE_EXCEEDED';
      const step = {
        case: 'unknown',
        value: create(SessionUnknownSchema, { session: id }),
      } as const;
      this.#config.sendHandshake(source, encodeStep(step));
      return 'MESH_SESSION_UNKNOWN';
    }
    const outcome = session.open(body);
    if (outcome.kind === 'broken') return 'MESH_SEAL_BROKEN';
    const state = this.#touch(byteKey(source));
    if (state?.unconfirmed?.session === session) this.#confirm(state);
    if (outcome.kind === 'replayed') return 'MESH_MESSAGE_REPLAYED';
    if (outcome.kind === 'malformed') return 'MESH_BODY_MALFORMED';
    const { protocol, payload } = outcome;
    if (protocol !== CONFIRMING_PROTOCOL) this.#config.deliver(session.peer, protocol, payload);
    return null;
  }

  /** A handshake packet for this node; a code if it was of no use. */
  receiveHandshake(source: Uint8Array, body: Uint8Array): SessionDropCode | null {
    const step = decodeStep(body);
    if (step === null) return 'MESH_BODY_MALFORMED';
    switch (step.case) {
      case 'init':
        return this.#receiveInit(source, step.value);
      case 'response':
        return this.#receiveResponse(source, step.value);
      case 'unknown':
        return this.#receiveUnknown(source, step.value.session);
      case undefined:
        return 'MESH_BODY_MALFORMED';
      default:
        return unreachable(step);
    }
  }

  /** Drops what is past its time. Call it every few seconds. */
  sweep(): void {
    const nowMs = this.#config.clock.now();
    for (const state of this.#peers.values()) {
      if (state.previous !== null && state.previous.untilMs <= nowMs) this.#forgetPrevious(state);
      if (state.current !== null && !state.current.isUsable(nowMs)) {
        this.#drop(state.current);
        state.current = null;
      }
    }
  }

  list(): readonly SessionInfo[] {
    const nowMs = this.#config.clock.now();
    return [...this.#peers.values()].flatMap((state) => sessionInfo(state, nowMs) ?? []);
  }

  /** Ends everything and wipes the keys. */
  stop(): void {
    this.#stopped = true;
    for (const [key, state] of this.#peers) this.#evict(key, state);
  }

  #sendOn(session: Session, protocol: number, payload: Uint8Array): Result<void, C> {
    const flowId = (session.remoteId ^ protocol) >>> 0;
    return this.#config.sendData(session.peer, session.seal(protocol, payload), flowId);
  }

  /** The state of a peer as the most recently used one. */
  #touch(key: ByteKey): PeerState | undefined {
    const state = this.#peers.get(key);
    if (state === undefined) return undefined;
    this.#peers.delete(key);
    this.#peers.set(key, state);
    return state;
  }

  #use(peer: Uint8Array): Result<PeerState, 'MESH_KEY_INVALID'> {
    const key = byteKey(peer);
    const known = this.#touch(key);
    if (known !== undefined) return ok(known);
    const remoteStatic = staticKeyOf(this.#config.primitives, peer);
    if (!remoteStatic.ok) return remoteStatic;
    for (const [oldest, state] of this.#peers) {
      if (this.#peers.size < (this.#config.sessionsMax ?? SESSIONS_MAX)) break;
      this.#evict(oldest, state);
    }
    const state = createPeerState(peer, remoteStatic.value);
    this.#peers.set(key, state);
    return ok(state);
  }

  #evict(key: ByteKey, state: PeerState): void {
    this.#peers.delete(key);
    this.#cancelAttempt(state);
    this.#forgetUnconfirmed(state);
    this.#forgetPrevious(state);
    if (state.current !== null) this.#drop(state.current);
    this.#takePending(state);
  }

  #keep(state: PeerState, protocol: number, payload: Uint8Array): boolean {
    if (state.pending.length >= PENDING_MESSAGES_MAX) return false;
    if (this.#pendingBytes + payload.length > PENDING_BYTES_MAX) return false;
    // A copy: the caller may use its bytes again.
    state.pending.push({ protocol, payload: payload.slice() });
    this.#pendingBytes += payload.length;
    return true;
  }

  #takePending(state: PeerState): readonly PendingMessage[] {
    const { pending } = state;
    state.pending = [];
    for (const { payload } of pending) this.#pendingBytes -= payload.length;
    return pending;
  }

  /** Begins a handshake unless one is under way. */
  #begin(state: PeerState): void {
    if (state.attempt !== null || this.#stopped) return;
    const hello = this.#config.hello();
    const noise = createSessionNoise(this.#config, 'initiator', state.peer, state.remoteStatic);
    const localId = this.#newId();
    const value = create(SessionInitSchema, {
      senderSession: localId,
      noise: writeHello(noise, hello),
    });
    const body = encodeStep({ case: 'init', value });
    state.attempt = { localId, noise, hello, body, tries: 0, timer: null };
    this.#try(state, state.attempt);
  }

  #try(state: PeerState, attempt: Attempt): void {
    if (attempt.tries >= HANDSHAKE_TRIES_MAX) {
      this.#giveUp(state, 'MESH_SESSION_TIMEOUT');
      return;
    }
    const delayMs = HANDSHAKE_RETRY_MS * 2 ** attempt.tries;
    // Spread by a quarter, so that peers that lost one gateway do not come back in step.
    const jitterMs = (delayMs / 4) * (this.#config.rng.uint32() / 2 ** 32);
    attempt.tries += 1;
    attempt.timer = this.#config.clock.after(delayMs + jitterMs, () => {
      if (state.attempt === attempt) this.#try(state, attempt);
    });
    this.#config.sendHandshake(state.peer, attempt.body);
  }

  #giveUp(state: PeerState, code: 'MESH_SESSION_TIMEOUT' | 'MESH_SESSION_REFUSED'): void {
    this.#cancelAttempt(state);
    const dropped = this.#takePending(state).length;
    this.#config.logger.info('session-failed', { peer: peerIdShort(state.peer), code, dropped });
    this.#config.failed(state.peer, code);
  }

  #receiveInit(source: Uint8Array, init: SessionInit): SessionDropCode | null {
    const { clock, identity } = this.#config;
    const message = byteKey(init.noise);
    const known = this.#peers.get(byteKey(source));
    if (known?.unconfirmed?.message === message) {
      this.#config.sendHandshake(source, known.unconfirmed.answer);
      return null;
    }
    // The peer hears this node's handshake in a moment, and answers it.
    if (known?.attempt && compareBytes(identity.publicKey, source) < 0) return null;
    if (!this.#answers.take(clock.now())) return 'MESH_RATE_EXCEEDED';
    const remoteStatic = known?.remoteStatic ?? this.#config.primitives.signPublicToX25519(source);
    if (remoteStatic === null) return 'MESH_BODY_MALFORMED';
    const noise = createSessionNoise(this.#config, 'responder', source, remoteStatic);
    const remote = readHello(noise, init.noise);
    if (remote === null) return 'MESH_SEAL_BROKEN';
    const hello = this.#config.hello();
    const localId = this.#newId();
    const value = create(SessionResponseSchema, {
      receiverSession: init.senderSession,
      senderSession: localId,
      noise: writeHello(noise, hello),
    });
    const answer = encodeStep({ case: 'response', value });
    const negotiation = negotiate(hello, remote);
    const state = this.#use(source);
    // An incompatible peer learns it from the Hello in the answer, and comes to the same conclusion.
    if (state.ok && noise.keys !== null && negotiation.mode !== 'incompatible') {
      const session = this.#open(state.value, noise, localId, init.senderSession, negotiation);
      this.#await(state.value, { session, message, answer });
    }
    this.#config.sendHandshake(source, answer);
    return null;
  }

  /** Keeps a session that the peer began until the peer uses it. */
  #await(state: PeerState, unconfirmed: Omit<Unconfirmed, 'timer'>): void {
    this.#cancelAttempt(state);
    this.#forgetUnconfirmed(state);
    const timer = this.#config.clock.after(UNCONFIRMED_MS_MAX, () => {
      if (state.unconfirmed?.session !== unconfirmed.session) return;
      this.#forgetUnconfirmed(state);
      if (state.pending.length > 0) this.#begin(state);
    });
    state.unconfirmed = { ...unconfirmed, timer };
  }

  #confirm(state: PeerState): void {
    const { unconfirmed } = state;
    if (unconfirmed === null) return;
    unconfirmed.timer.cancel();
    state.unconfirmed = null;
    this.#promote(state, unconfirmed.session);
    this.#flush(state, unconfirmed.session);
  }

  #receiveResponse(source: Uint8Array, response: SessionResponse): SessionDropCode | null {
    const state = this.#peers.get(byteKey(source));
    const attempt = state?.attempt ?? null;
    if (state === undefined || attempt?.localId !== response.receiverSession) {
      return 'MESH_SESSION_UNKNOWN';
    }
    const remote = readHello(attempt.noise, response.noise);
    if (remote === null || attempt.noise.keys === null) return 'MESH_SEAL_BROKEN';
    const negotiation = negotiate(attempt.hello, remote);
    if (negotiation.mode === 'incompatible') {
      state.refusedUntilMs = this.#config.clock.now() + REFUSED_MS;
      this.#giveUp(state, 'MESH_SESSION_REFUSED');
      return null;
    }
    const { localId, noise } = attempt;
    this.#cancelAttempt(state);
    this.#forgetUnconfirmed(state);
    const session = this.#open(state, noise, localId, response.senderSession, negotiation);
    this.#promote(state, session);
    // The peer may send only once it has heard something on the new session.
    if (state.pending.length === 0) this.#sendOn(session, CONFIRMING_PROTOCOL, new Uint8Array(0));
    this.#flush(state, session);
    return null;
  }

  /** The peer lost the session. The old one stays until the new one is up, since anybody may claim this. */
  #receiveUnknown(source: Uint8Array, id: number): SessionDropCode | null {
    const state = this.#peers.get(byteKey(source));
    const nowMs = this.#config.clock.now();
    if (state === undefined || state.current?.remoteId !== id) return 'MESH_SESSION_UNKNOWN';
    if (nowMs - state.hintedAtMs < HINT_INTERVAL_MS_MIN) return 'MESH_RATE_EXCEEDED';
    state.hintedAtMs = nowMs;
    this.#begin(state);
    return null;
  }

  #open(
    state: PeerState,
    noise: NoiseHandshake,
    localId: number,
    remoteId: number,
    negotiation: Negotiation,
  ): Session {
    const { primitives, compressor, clock } = this.#config;
    const { keys } = noise;
    assert(keys !== null, 'a session opens after its handshake');
    const session = new Session({
      primitives,
      compressor,
      peer: state.peer,
      keys,
      localId,
      remoteId,
      negotiation,
      establishedAtMs: clock.now(),
    });
    this.#sessions.set(localId, session);
    return session;
  }

  /** From now on this one seals; the one before still opens for a while. */
  #promote(state: PeerState, session: Session): void {
    this.#forgetPrevious(state);
    if (state.current !== null) {
      const untilMs = this.#config.clock.now() + PREVIOUS_MS_MAX;
      state.previous = { session: state.current, untilMs };
    }
    state.current = session;
    state.refusedUntilMs = -Infinity;
    const { mode } = session.negotiation;
    this.#config.logger.debug('session-open', { peer: peerIdShort(state.peer), mode });
  }

  #flush(state: PeerState, session: Session): void {
    for (const { protocol, payload } of this.#takePending(state)) {
      const sent = this.#sendOn(session, protocol, payload);
      if (sent.ok) continue;
      this.#config.logger.debug('pending-message-dropped', {
        peer: peerIdShort(state.peer),
        code: sent.error.code,
      });
    }
  }

  #cancelAttempt(state: PeerState): void {
    state.attempt?.timer?.cancel();
    state.attempt = null;
  }

  #forgetUnconfirmed(state: PeerState): void {
    if (state.unconfirmed === null) return;
    state.unconfirmed.timer.cancel();
    this.#drop(state.unconfirmed.session);
    state.unconfirmed = null;
  }

  #forgetPrevious(state: PeerState): void {
    if (state.previous !== null) this.#drop(state.previous.session);
    state.previous = null;
  }

  #drop(session: Session): void {
    this.#sessions.delete(session.localId);
    session.wipe();
  }

  /** A number that no other session here has. */
  #newId(): number {
    let id = this.#config.rng.uint32();
    // At most three sessions for each of `SESSIONS_MAX` peers: a second draw is rare.
    while (this.#sessions.has(id)) id = this.#config.rng.uint32();
    return id;
  }
}
