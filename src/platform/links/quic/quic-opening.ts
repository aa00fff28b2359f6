// From a QUIC connection to a link: both identities proved, then a nonce each way, from which both ends derive the
// channel binding.
//
// The engine shows no exporter (RFC 8446 section 7.5). In its place: a hash over both proved keys, in the order of
// their roles, and over one fresh nonce of each end, exchanged inside the connection. Whoever sits between two nodes has
// one connection with each, under other keys, hence other bindings; and two connections of the same two nodes differ
// by the nonce of whichever end is honest. See docs/adr for the whole argument.

import { bytesEqual } from '../../../core/bytes.ts';
import { BitcrapsError } from '../../../core/errors.ts';
import { peerIdShort } from '../../../core/peer-id.ts';
import { hashIn } from '../../../crypto/hash.ts';
import { randomBytes } from 'node:crypto';
import {
  CLOSE_BROKEN,
  CONNECTION_REFUSED,
  type QuicConnection,
  type QuicEnd,
} from './quic-connection.ts';
import type { QuicNode } from './quic-node.ts';

const NONCE_BYTES = 32;

/** What an opening has proved. */
export interface Opened {
  readonly remoteKey: Uint8Array;
  readonly channelBinding: Uint8Array;
}

export interface OpeningConfig {
  readonly node: QuicNode;
  readonly connection: QuicConnection;
  readonly role: 'dialer' | 'listener';
  /** For the errors. */
  readonly address: string;
  /** The key that the other end must have; `null`: any. */
  readonly expected: Uint8Array | null;
  /** Either of the two once, never synchronously. After an error the connection is closed. */
  readonly onOpened: (opened: Opened) => void;
  readonly onRefused: (error: BitcrapsError) => void;
}

/** Takes `connection` over until it is opened or refused; the result gives it up before that. */
export function openLink(config: OpeningConfig): (error: BitcrapsError) => void {
  const { node, connection, role } = config;
  const mine = new Uint8Array(randomBytes(NONCE_BYTES));
  const theirs = new Uint8Array(NONCE_BYTES);
  let remoteKey: Uint8Array | null = null;
  let received = 0;
  let toSend = mine;
  let over = false;

  const refuse = (error: BitcrapsError): void => {
    if (over) return;
    over = true;
    connection.close(true, CLOSE_BROKEN);
    config.onRefused(error);
  };
  const finishIfDone = (): void => {
    if (over || remoteKey === null || received < NONCE_BYTES || toSend.length > 0) return;
    over = true;
    const channelBinding = bindingOf(node, role, remoteKey, mine, theirs);
    config.onOpened({ remoteKey, channelBinding });
  };
  connection.own({
    established() {
      const checked = checkedKey(config);
      if (checked instanceof BitcrapsError) refuse(checked);
      else remoteKey = checked;
    },
    readable() {
      if (over || remoteKey === null) return;
      while (received < NONCE_BYTES) {
        const got = connection.read(theirs.subarray(received));
        if (got === null || got.bytes === 0) break;
        received += got.bytes;
      }
    },
    writable() {
      if (over || remoteKey === null) return;
      // The stream begins with the dialer.
      if (role === 'dialer' || received === NONCE_BYTES) {
        toSend = toSend.subarray(connection.write(toSend));
      }
      finishIfDone();
    },
    ended(end) {
      if (over) return;
      over = true;
      config.onRefused(refusalOf(end, config.address, connection.answered));
    },
  });
  return refuse;
}

function bindingOf(
  node: QuicNode,
  role: 'dialer' | 'listener',
  remoteKey: Uint8Array,
  mine: Uint8Array,
  theirs: Uint8Array,
): Uint8Array {
  const parts =
    role === 'dialer'
      ? [node.publicKey, remoteKey, mine, theirs]
      : [remoteKey, node.publicKey, theirs, mine];
  return hashIn(node.primitives, 'channel-binding', ...parts);
}

function checkedKey(config: OpeningConfig): Uint8Array | BitcrapsError {
  const { node, connection, expected, address } = config;
  const remote = node.remoteKeyOf(connection.engine);
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

function refusalOf(end: QuicEnd, address: string, answered: boolean): BitcrapsError {
  if (end.kind === 'closed' && !end.application && end.code === CONNECTION_REFUSED) {
    return new BitcrapsError('LINK_DIAL_FAILED', { address, detail: 'refused' });
  }
  if (end.kind === 'silent' && !answered) {
    return new BitcrapsError('LINK_DIAL_FAILED', { address, detail: 'no answer' });
  }
  const detail =
    end.kind === 'closed'
      ? `the other end closed the connection with code ${end.code}`
      : end.kind === 'silent'
        ? 'the other end fell silent'
        : end.detail;
  return new BitcrapsError('LINK_HANDSHAKE_FAILED', { detail });
}
