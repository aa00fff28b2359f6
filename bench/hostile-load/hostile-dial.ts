// A dial as an attacker makes it: from whatever address of this machine's loopback network, as whatever identity, with
// the work done that is asked, and with the socket in hand.

import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { Identity } from '../../src/crypto/signing.ts';
import { certificateOf, pem, privateKeyOf } from '../../src/platform/links/certificate.ts';
import { answerSearch } from '../../src/platform/links/knock-answer.ts';
import { TLS_PROTOCOL } from '../../src/platform/links/tls-node.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { encodeKnock, KNOCK_BYTES } from '../../src/wire/knock.ts';

const KNOCK_FIRST = 'ERR_SSL_TLSV1_ALERT_INSUFFICIENT_SECURITY';

export interface Target {
  readonly host: string;
  readonly port: number;
}

/** Any address of 127.0.0.0/8 but those that begin as the honest ones do. */
export function anywhere(): string {
  return `127.${randomInt(1, 255)}.${randomInt(0, 256)}.${randomInt(1, 255)}`;
}

/** One of 250 addresses of one /24. */
export function oneRack(): string {
  return `127.66.6.${randomInt(1, 251)}`;
}

export function rawDial(target: Target, localAddress: string): Socket {
  const socket = connectTcp({ ...target, localAddress, noDelay: true });
  socket.on('error', () => undefined);
  return socket;
}

/** The socket once its handshake is over, or `null`. */
export async function hostileDial(
  target: Target,
  localAddress: string,
  identity: Identity,
): Promise<TLSSocket | null> {
  const first = await handshake(target, localAddress, identity, null);
  if (first !== 'knock') return first;
  const challenge = await ask(target, localAddress);
  const search = answerSearch(primitives, identity.publicKey, null, challenge);
  if (search === null) return null;
  for (;;) {
    const answer = search.step();
    if (answer !== null) {
      const second = await handshake(target, localAddress, identity, answer);
      return second === 'knock' ? null : second;
    }
    await new Promise(setImmediate);
  }
}

async function handshake(
  target: Target,
  localAddress: string,
  identity: Identity,
  answer: Uint8Array | null,
): Promise<TLSSocket | 'knock' | null> {
  const raw = rawDial(target, localAddress);
  try {
    await once(raw, 'connect');
  } catch {
    return null;
  }
  if (answer !== null) raw.write(answer);
  const secure = connectTls({
    socket: raw,
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
    cert: pem('CERTIFICATE', certificateOf(primitives, identity)),
    key: String(privateKeyOf(identity).export({ format: 'pem', type: 'pkcs8' })),
    ALPNProtocols: [TLS_PROTOCOL],
    minVersion: 'TLSv1.3',
  });
  return new Promise((resolve) => {
    secure.on('secureConnect', () => resolve(secure));
    secure.on('error', (error: Error & { readonly code?: string }) => {
      secure.destroy();
      resolve(error.code === KNOCK_FIRST ? 'knock' : null);
    });
    secure.on('close', () => resolve(null));
  });
}

async function ask(target: Target, localAddress: string): Promise<Uint8Array> {
  const raw = rawDial(target, localAddress);
  let received = Buffer.alloc(0);
  raw.on('data', (chunk: Buffer) => (received = Buffer.concat([received, chunk])));
  raw.write(encodeKnock({ kind: 'ask' }));
  await new Promise((resolve) => raw.once('close', resolve));
  return received.subarray(0, KNOCK_BYTES);
}
