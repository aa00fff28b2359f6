// All end-to-end sessions of a node: opens them when something is to be sent, answers the peers', replaces them before
// they age, and survives a peer that restarted. Every table and queue is bounded; what authenticates nothing makes no
// state.
//
// Both ends may begin at once: the handshake that the peer with the lower PeerId began is the one that counts. A first
// message may be a replay: it changes nothing of what this node has or does until its sender has used the session.

import { create } from '@bufbuild/protobuf';
import { assert, unreachable } from '../core/assert.ts';
import { compareBytes } from '../core/bytes.ts';
import { fail, ok, type ErrorCode, type Result } from '../core/errors.ts';
import { peerIdShort, peerIdText } from '../core/peer-id.ts';
import type { NoiseHandshake } from '../crypto/noise.ts';
import { byteKey, type ByteKey } from '../routing/byte-key.ts';
import { createTokenBucket } from '../core/token-bucket.ts';
import { negotiate, revisionOf, type Negotiation } from '../versioning/negotiate.ts';
import {
  createPeerState,
  isEmpty,
  sessionInfo,
  type Attempt,
  type PeerState,
  type PendingMessage,
  type SessionInfo,
} from './peer-sessions.ts';
import {
  createSessionNoise,
  decodeStep,
  encodeStep,
  readHello,
  staticKeyOf,
  writeHello,
} from './session-handshake.ts';
import type {
  SessionDropCode,
  SessionSendErrorCode,
  SessionTableConfig,
} from './session-table-config.ts';
import { CONFIRMING_PROTOCOL, REPORT_PROTOCOL, Session, sessionIdOf } from './session.ts';
import { UnconfirmedSessions } from './unconfirmed-sessions.ts';
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
/** Packets under way when keys change are still opened for so long. */
export const PREVIOUS_MS_MAX = 60_000;
/** Handshakes of both ends that finished within this time count as begun at once. */
const SIMULTANEOUS_MS_MAX = 5_000;
/** A peer that does not fit is not tried again for so long. */
export const REFUSED_MS = 60_000;
/** Hints of unknown sessions start at most one handshake in this time per peer: they are not authenticated. */
export const HINT_INTERVAL_MS_MIN = 5_000;
/** Handshakes that this node answers: each costs some 0.2 ms. */
const ANSWERS_BURST = 200;
const ANSWERS_PER_SECOND = 100;
/** Hints of unknown sessions that this node sends. Anybody can ask for them, so handshakes do not share their bound. */
const HINTS_BURST = 200;
const HINTS_PER_SECOND = 100;

export class SessionTable<C extends ErrorCode> {
  readonly #config: SessionTableConfig<C>;
  /** Least recently used first. */
  readonly #peers = new Map<ByteKey, PeerState>();
  readonly #sessions = new Map<number, Session>();
  readonly #unconfirmed: UnconfirmedSessions;
  readonly #answers = createTokenBucket(ANSWERS_BURST, ANSWERS_PER_SECOND);
  readonly #hints = createTokenBucket(HINTS_BURST, HINTS_PER_SECOND);
  #pendingBytes = 0;
  #stopped = false;

  constructor(config: SessionTableConfig<C>) {
    this.#config = config;
    this.#unconfirmed = new UnconfirmedSessions(config.clock, (session) => this.#drop(session));
  }

  /** Peers for whom something is held, sessions that they began and have not used yet aside. */
  get peers(): number {
    return this.#peers.size;
  }

  /** Sessions that peers began and have not used yet. */
  get unconfirmed(): number {
    return this.#unconfirmed.size;
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
      if (state.current.isAging(nowMs)) this.#begin(state);
      return this.#sendOn(state.current, protocol, payload);
    }
    if (nowMs < state.refusedUntilMs) {
      return fail('MESH_SESSION_REFUSED', { destination: peerIdText(peer) });
    }
    if (!this.#keep(state, protocol, payload)) {
      const messages = state.pending.length;
      return fail('MESH_PENDING_FULL', { destination: peerIdText(peer), messages });
    }
    this.#begin(state);
    return ok(undefined);
  }

  /** A data packet for this node; a code if it was not delivered. `counts`: called if its source wants to know of it. */
  receiveData(source: Uint8Array, body: Uint8Array, counts?: () => void): SessionDropCode | null {
    const id = sessionIdOf(body);
    if (id === null) return 'MESH_BODY_MALFORMED';
    const session = this.#sessions.get(id);
    if (session === undefined || compareBytes(session.peer, source) !== 0) {
      if (!this.#hints.take(this.#config.clock.now())) return 'MESH_RATE_EXCEEDED';
      const step = {
        case: 'unknown',
        value: create(SessionUnknownSchema, { session: id }),
      } as const;
      this.#config.sendHandshake(source, encodeStep(step));
      return 'MESH_SESSION_UNKNOWN';
    }
    const outcome = session.open(body);
    if (outcome.kind === 'broken') return 'MESH_SEAL_BROKEN';
    this.#touch(byteKey(source));
    if (this.#unconfirmed.confirm(session)) this.#confirmed(session);
    if (outcome.kind === 'replayed') return 'MESH_MESSAGE_REPLAYED';
    if (outcome.kind === 'malformed') return 'MESH_BODY_MALFORMED';
    const { protocol, payload } = outcome;
    if (isReported(session, protocol)) counts?.();
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

  /** Sends nothing, so that a peer with a session reports; whether that could be sent. */
  probe(peer: Uint8Array): boolean {
    const session = this.#peers.get(byteKey(peer))?.current ?? null;
    if (session === null || !session.isUsable(this.#config.clock.now())) return false;
    if (!isReported(session, CONFIRMING_PROTOCOL)) return false;
    return this.#sendOn(session, CONFIRMING_PROTOCOL, new Uint8Array(0)).ok;
  }

  /** Drops what is past its time. Call it every few seconds. */
  sweep(): void {
    const nowMs = this.#config.clock.now();
    for (const [key, state] of this.#peers) {
      if (state.previous !== null && state.previous.untilMs <= nowMs) this.#forgetPrevious(state);
      if (state.current !== null && !state.current.isUsable(nowMs)) {
        this.#drop(state.current);
        state.current = null;
      }
      if (isEmpty(state, nowMs)) this.#peers.delete(key);
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
    this.#unconfirmed.clear();
  }

  #sendOn(session: Session, protocol: number, payload: Uint8Array): Result<void, C> {
    const flowId = (session.remoteId ^ protocol) >>> 0;
    const body = session.seal(protocol, payload);
    const reported = isReported(session, protocol);
    return this.#config.sendData(session.peer, body, flowId, reported, protocol);
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
    const given = this.#unconfirmed.answerTo(source, init.noise);
    if (given !== null) {
      this.#config.sendHandshake(source, given);
      return null;
    }
    const known = this.#peers.get(byteKey(source));
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
    // An incompatible peer learns it from the Hello in the answer, and comes to the same conclusion.
    if (noise.keys !== null && negotiation.mode !== 'incompatible') {
      const remoteId = init.senderSession;
      const session = this.#open('remote', source.slice(), noise, localId, remoteId, negotiation);
      this.#unconfirmed.add(session, init.noise, answer);
    }
    this.#config.sendHandshake(source, answer);
    return null;
  }

  /** The peer used the session that it began. */
  #confirmed(session: Session): void {
    const used = this.#use(session.peer);
    assert(used.ok, 'a peer with a session has a key');
    const state = used.value;
    this.#cancelAttempt(state);
    if (state.current === null || this.#supersedes(session, state.current)) {
      this.#promote(state, session);
    } else {
      this.#retire(state, session);
    }
    this.#flush(state, state.current ?? session);
  }

  /**
   * Whether a session that the peer began takes over, by a rule that gives the same answer at both ends in whatever
   * order packets come: of what both began at once the one of the lower PeerId, else the later one.
   */
  #supersedes(session: Session, current: Session): boolean {
    const laterMs = session.establishedAtMs - current.establishedAtMs;
    if (current.begunBy === 'remote') return laterMs >= 0;
    if (Math.abs(laterMs) > SIMULTANEOUS_MS_MAX) return laterMs > 0;
    return compareBytes(session.peer, this.#config.identity.publicKey) < 0;
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
    const remoteId = response.senderSession;
    const session = this.#open('local', state.peer, noise, localId, remoteId, negotiation);
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
    begunBy: Session['begunBy'],
    peer: Uint8Array,
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
      peer,
      begunBy,
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
    if (state.current !== null) this.#retire(state, state.current);
    state.current = session;
    state.refusedUntilMs = -Infinity;
    const { mode } = session.negotiation;
    this.#config.logger.debug('session-open', { peer: peerIdShort(state.peer), mode });
  }

  /** From now on this one only opens what was under way, for a while. */
  #retire(state: PeerState, session: Session): void {
    this.#forgetPrevious(state);
    state.previous = { session, untilMs: this.#config.clock.now() + PREVIOUS_MS_MAX };
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
    // At most three sessions for each of `SESSIONS_MAX` peers, and a few unconfirmed: a second draw is rare.
    while (this.#sessions.has(id)) id = this.#config.rng.uint32();
    return id;
  }
}

/** Reports are not reported on, or they would never end. */
function isReported({ negotiation }: Session, protocol: number): boolean {
  return protocol !== REPORT_PROTOCOL && revisionOf(negotiation, 'EnhancedRouting') >= 2;
}
