// Dialling: TCP, TLS, and the check that the one who answers is the one who was meant.

import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { bytesEqual } from '../../core/bytes.ts';
import { BitcrapsError } from '../../core/errors.ts';
import { peerIdShort } from '../../core/peer-id.ts';
import type { Link } from '../../env/link.ts';
import { parseAddress } from './address.ts';
import { TLS_PROTOCOL, TLS_SETTINGS, type TlsNode } from './tls-node.ts';

/**
 * One dial. Besides the codes of `Dialer.dial`: `LINK_HANDSHAKE_FAILED`, `LINK_HANDSHAKE_TIMEOUT` and
 * `LINK_PEER_CERTIFICATE`, once something answered at the address that is no BitCraps node.
 */
export function dialTls(
  node: TlsNode,
  address: string,
  remoteKey: Uint8Array | null,
): Promise<Link> {
  const parsed = parseAddress(address);
  if (!parsed.ok || parsed.value.port === 0) {
    return Promise.reject(new BitcrapsError('LINK_ADDRESS_INVALID', { address }));
  }
  const raw = connectTcp({ ...parsed.value, allowHalfOpen: true, noDelay: true, keepAlive: true });
  return new Promise<Link>((resolve, reject) => {
    let secure: TLSSocket | null = null;
    let over = false;
    const settle = (act: () => void): void => {
      if (over) return;
      over = true;
      timeout.cancel();
      node.closers.delete(giveUp);
      act();
    };
    const refuse = (error: BitcrapsError): void =>
      settle(() => {
        // Never the socket beneath a TLS socket: within one of its events that would free it under OpenSSL's feet.
        (secure ?? raw).destroy();
        reject(error);
      });
    const failed = (error: Error & { readonly code?: string }): void => {
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
    const timeout = node.clock.after(timeoutMs, () =>
      refuse(
        secure === null
          ? new BitcrapsError('LINK_DIAL_TIMEOUT', { address, timeoutMs })
          : new BitcrapsError('LINK_HANDSHAKE_TIMEOUT', { timeoutMs }),
      ),
    );
    node.closers.add(giveUp);
    raw.on('error', failed);
    raw.on('connect', () => {
      const upgraded = handshake(node, raw);
      secure = upgraded;
      upgraded.on('error', failed);
      upgraded.on('close', () => failed(new Error('the other end closed the connection')));
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
