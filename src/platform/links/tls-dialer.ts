// Dialling: TCP, TLS, and the check that the one who answers is the one who was meant. A listener under load asks for
// some work first: then the dialer knocks, solves what it is given, and dials again with the solution in front. It may also have
// to let a connection go for want of places: then the dialer waits a little and tries again.

import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { bytesEqual, concat } from '../../core/bytes.ts';
import { BitcrapsError } from '../../core/errors.ts';
import { peerIdShort } from '../../core/peer-id.ts';
import type { Link } from '../../env/link.ts';
import { encodeKnock, KNOCK_BYTES } from '../../wire/knock.ts';
import { parseAddress, type Address } from './address.ts';
import { answerSearch } from './knock-answer.ts';
import { TLS_PROTOCOL, TLS_SETTINGS, type TlsNode } from './tls-node.ts';

/** What Node calls the alert of a listener that wants a knock first. */
const KNOCK_FIRST = 'ERR_SSL_TLSV1_ALERT_INSUFFICIENT_SECURITY';
/** What we call the end of a connection that says nothing about why. */
const ENDED = 'the other end closed the connection';
/** The demand may rise while a dialer works. */
const KNOCKS_MAX = 3;

/** Tries of one dial that the other end cut off before it proved anything; the second begins after the pause, the third after two. */
const CUT_OFF_MAX = 3;
const PAUSE_MS = 100;
const CUT_OFF: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', ENDED]);

interface Target {
  readonly address: string;
  readonly parsed: Address;
  readonly remoteKey: Uint8Array | null;
  /** On the node's clock. */
  readonly untilMs: number;
}

/**
 * One dial. Besides the codes of `Dialer.dial`: `LINK_HANDSHAKE_FAILED`, `LINK_HANDSHAKE_TIMEOUT` and
 * `LINK_PEER_CERTIFICATE`, once something answered at the address that is no BitCraps node.
 */
export async function dialTls(
  node: TlsNode,
  address: string,
  remoteKey: Uint8Array | null,
): Promise<Link> {
  const parsed = parseAddress(address);
  if (!parsed.ok || parsed.value.port === 0) {
    throw new BitcrapsError('LINK_ADDRESS_INVALID', { address });
  }
  const untilMs = node.clock.now() + node.bounds.dialTimeoutMs;
  const target = { address, parsed: parsed.value, remoteKey, untilMs };
  for (let cutOff = 1; ; cutOff += 1) {
    try {
      return await dialOnce(node, target);
    } catch (error) {
      const pauseMs = cutOff * PAUSE_MS;
      const isLast = cutOff === CUT_OFF_MAX || node.clock.now() + pauseMs >= untilMs;
      if (isLast || !isCutOff(error)) throw error;
      await pause(node, address, pauseMs);
    }
  }
}

/** Whether a listener may have ended the connection for its own reasons, and would take another one. */
function isCutOff(error: unknown): boolean {
  if (!(error instanceof BitcrapsError)) return false;
  const { code, data } = error;
  if (code !== 'LINK_HANDSHAKE_FAILED' && code !== 'LINK_DIAL_FAILED') return false;
  return 'detail' in data && CUT_OFF.has(String(data.detail));
}

/** Rejects when the node stops meanwhile. */
function pause(node: TlsNode, address: string, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      timer.cancel();
      node.closers.delete(stop);
      reject(new BitcrapsError('LINK_DIAL_FAILED', { address, detail: 'this node stops' }));
    };
    const timer = node.clock.after(ms, () => {
      node.closers.delete(stop);
      resolve();
    });
    node.closers.add(stop);
  });
}

async function dialOnce(node: TlsNode, target: Target): Promise<Link> {
  let first = await attempt(node, target, null);
  for (let knocks = 0; first === 'knock'; knocks += 1) {
    if (knocks === KNOCKS_MAX) {
      throw new BitcrapsError('LINK_HANDSHAKE_FAILED', { detail: 'it wants more and more work' });
    }
    first = await attempt(node, target, await knock(node, target));
  }
  return first;
}

/** Dials once, with `answer` before the handshake; `knock`: the listener wants one first, or another. */
function attempt(
  node: TlsNode,
  { address, parsed, remoteKey, untilMs }: Target,
  answer: Uint8Array | null,
): Promise<Link | 'knock'> {
  const raw = connectTcp({ ...parsed, allowHalfOpen: true, noDelay: true, keepAlive: true });
  return new Promise<Link | 'knock'>((resolve, reject) => {
    let secure: TLSSocket | null = null;
    let over = false;
    const settle = (act: () => void): void => {
      if (over) return;
      over = true;
      timeout.cancel();
      node.closers.delete(giveUp);
      act();
    };
    // Never the socket beneath a TLS socket: within one of its events that would free it under OpenSSL's feet.
    const drop = (): void => void (secure ?? raw).destroy();
    const refuse = (error: BitcrapsError): void =>
      settle(() => {
        drop();
        reject(error);
      });
    const failed = (error: Error & { readonly code?: string }): void => {
      if (error.code === KNOCK_FIRST) {
        settle(() => {
          drop();
          resolve('knock');
        });
        return;
      }
      const detail = error.code ?? error.message;
      refuse(
        secure === null
          ? new BitcrapsError('LINK_DIAL_FAILED', { address, detail }, { cause: error })
          : new BitcrapsError('LINK_HANDSHAKE_FAILED', { detail }, { cause: error }),
      );
    };
    const giveUp = (): void =>
      refuse(new BitcrapsError('LINK_DIAL_FAILED', { address, detail: 'this node stops' }));
    const { dialTimeoutMs: timeoutMs } = node.bounds;
    const timeout = node.clock.after(Math.max(0, untilMs - node.clock.now()), () =>
      refuse(
        secure === null
          ? new BitcrapsError('LINK_DIAL_TIMEOUT', { address, timeoutMs })
          : new BitcrapsError('LINK_HANDSHAKE_TIMEOUT', { timeoutMs }),
      ),
    );
    node.closers.add(giveUp);
    raw.on('error', failed);
    raw.on('connect', () => {
      if (answer !== null) raw.write(answer);
      const upgraded = handshake(node, raw);
      secure = upgraded;
      upgraded.on('error', failed);
      upgraded.on('close', () => failed(new Error(ENDED)));
      upgraded.on('secureConnect', () => {
        const checked = checkRemote(node, upgraded, address, remoteKey);
        if (checked instanceof BitcrapsError) {
          refuse(checked);
          return;
        }
        const ends = { secure: upgraded, role: 'dialer', remoteKey: checked } as const;
        settle(() => resolve(node.linkOf({ ...ends, remoteAddress: address }, () => undefined)));
      });
    });
  });
}

/** Asks for a challenge on a connection of its own and works on it. */
async function knock(node: TlsNode, target: Target): Promise<Uint8Array> {
  const { primitives, self, clock } = node;
  const challenge = await askForChallenge(node, target);
  const { remoteKey, untilMs } = target;
  const search = answerSearch(primitives, self, remoteKey, challenge);
  if (search === null) {
    throw new BitcrapsError('LINK_HANDSHAKE_FAILED', { detail: 'its challenge is none' });
  }
  for (;;) {
    const answer = search.step();
    if (answer !== null) return answer;
    if (clock.now() >= untilMs) {
      const { dialTimeoutMs: timeoutMs } = node.bounds;
      throw new BitcrapsError('LINK_HANDSHAKE_TIMEOUT', { timeoutMs });
    }
    // Everybody else's turn.
    await new Promise(setImmediate);
  }
}

function askForChallenge(node: TlsNode, { address, parsed, untilMs }: Target): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const raw = connectTcp({ ...parsed, noDelay: true });
    let received: Uint8Array = new Uint8Array(0);
    const end = (detail: string): void => {
      timeout.cancel();
      node.closers.delete(stop);
      raw.destroy();
      // After an answer this has no effect.
      reject(new BitcrapsError('LINK_DIAL_FAILED', { address, detail }));
    };
    const stop = (): void => end('this node stops');
    const timeout = node.clock.after(Math.max(0, untilMs - node.clock.now()), () =>
      end('no challenge came in time'),
    );
    node.closers.add(stop);
    raw.on('error', (error: Error & { readonly code?: string }) =>
      end(error.code ?? error.message),
    );
    raw.on('close', () => end(ENDED));
    raw.on('connect', () => raw.write(encodeKnock({ kind: 'ask' })));
    raw.on('data', (chunk: Buffer) => {
      received = concat(received, chunk);
      if (received.length < KNOCK_BYTES) return;
      resolve(received.slice(0, KNOCK_BYTES));
      end('done');
    });
  });
}

function handshake(node: TlsNode, raw: Socket): TLSSocket {
  return connectTls({
    socket: raw,
    secureContext: node.context,
    minVersion: TLS_SETTINGS.minVersion,
    maxVersion: TLS_SETTINGS.maxVersion,
    ALPNProtocols: [TLS_PROTOCOL],
    // No authority signs our certificates: the key itself is checked, before anything else is done.
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
  });
}

function checkRemote(
  node: TlsNode,
  secure: TLSSocket,
  address: string,
  expected: Uint8Array | null,
): Uint8Array | BitcrapsError {
  const remote = node.remoteKeyOf(secure);
  if ('refusal' in remote) {
    return new BitcrapsError('LINK_PEER_CERTIFICATE', { detail: remote.refusal });
  }
  if (expected === null || bytesEqual(remote.key, expected)) return remote.key;
  return new BitcrapsError('LINK_WRONG_IDENTITY', {
    address,
    actual: peerIdShort(remote.key),
    expected: peerIdShort(expected),
  });
}
