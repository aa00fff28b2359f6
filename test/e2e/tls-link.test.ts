// TLS links over real loopback sockets: the suite of every transport, and what only a real socket can show.

import { once } from 'node:events';
import { createServer, connect, type Server, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { randomBytes, X509Certificate } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import type { Link, LinkClose } from '../../src/env/link.ts';
import {
  certificateOf,
  certifiedKey,
  pem,
  privateKeyOf,
} from '../../src/platform/links/certificate.ts';
import { createTls, type Tls } from '../../src/platform/links/tls.ts';
import type { TlsBounds } from '../../src/platform/links/tls-node.ts';
import { systemClock } from '../../src/platform/node/clock.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { identityFromSeed, type Identity } from '../../src/crypto/signing.ts';
import { describeLink, type LinkNode, DEAD_PORT, PATIENT_STOP } from '../suites/link.suite.ts';
import { LogBook } from '../suites/log-book.ts';

const BOUNDS = { frameBytesMax: 64 * 1024, queueBytesMax: 256 * 1024 };

function newIdentity(): Identity {
  return identityFromSeed(primitives, new Uint8Array(randomBytes(32)));
}

interface Node {
  readonly identity: Identity;
  readonly tls: Tls;
  readonly log: LogBook;
}

const opened: { close(): unknown }[] = [];

async function node(bounds: Partial<TlsBounds> = {}): Promise<Node> {
  const identity = newIdentity();
  const log = new LogBook();
  const tls = await createTls({
    primitives,
    identity,
    clock: systemClock,
    logger: log,
    bounds: { ...BOUNDS, ...bounds },
  });
  opened.push(tls);
  return { identity, tls, log };
}

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1));
}

function closeOf(link: Link): Promise<LinkClose> {
  return new Promise((resolve) => {
    link.attach({ frame: () => undefined, drain: () => undefined, close: resolve });
  });
}

const deaf = {
  frame: (): void => undefined,
  drain: (): void => undefined,
  close: (): void => undefined,
};

afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

function linkNode({ identity, tls }: Node): LinkNode {
  return {
    publicKey: identity.publicKey,
    dialer: tls.dialer,
    listen: tls.listen,
    listenAddress: '127.0.0.1:0',
    stop: () => tls.close(),
  };
}

describeLink('TLS link', async () => {
  const [a, b, c] = [await node(PATIENT_STOP), await node(PATIENT_STOP), await node(PATIENT_STOP)];
  return {
    nodes: [linkNode(a), linkNode(b), linkNode(c)],
    ...BOUNDS,
    settle: (work) => work,
    deadAddress: `127.0.0.1:${DEAD_PORT}`,
    invalidAddresses: ['', '127.0.0.1', 'host:', ':1', 'host:65536', '::1:80', '[::1]', 'a b:1'],
    close: () => Promise.all([a, b, c].map(({ tls }) => tls.close())).then(() => undefined),
  };
});

describe('certificate', () => {
  test('is one that OpenSSL reads and verifies, the same each time', () => {
    const identity = newIdentity();
    const der = certificateOf(primitives, identity);
    expect(certificateOf(primitives, identity)).toEqual(der);
    const certificate = new X509Certificate(der);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.checkIssued(certificate)).toBe(true);
    expect(certificate.checkPrivateKey(privateKeyOf(identity))).toBe(true);
    expect(certificate.ca).toBe(false);
    expect(certifiedKey(primitives, certificate)).toEqual({ key: identity.publicKey });
  });

  test('of another issuer, another key type, or none proves nothing', () => {
    const identity = newIdentity();
    const other = newIdentity();
    const stolen = certificateOf(primitives, {
      publicKey: identity.publicKey,
      secretKey: other.secretKey,
    });
    expect(certifiedKey(primitives, new X509Certificate(stolen))).toEqual({
      refusal: 'it is not self-signed',
    });
    const small = new Uint8Array(32);
    small[0] = 1;
    const forged = certificateOf(primitives, { publicKey: small, secretKey: other.secretKey });
    expect(certifiedKey(primitives, new X509Certificate(forged))).toEqual({
      refusal: 'its key is not a valid point',
    });
    expect(certifiedKey(primitives, undefined)).toEqual({ refusal: 'it sent no certificate' });
  });
});

/** A listener behind a door that slams on the first `cutOff` who come. */
async function behindDoor(cutOff: number): Promise<{ address: string; came: () => number }> {
  const b = await node();
  const inner = await b.tls.listen('127.0.0.1:0', (link) => link.attach(deaf));
  let came = 0;
  const door = createServer((raw) => {
    came += 1;
    raw.on('error', () => undefined);
    // After its first bytes, so that the dialer is within its handshake.
    if (came <= cutOff) raw.once('data', () => raw.resetAndDestroy());
    else {
      const through = connect(portOf(inner.address), '127.0.0.1');
      through.on('error', () => undefined);
      raw.pipe(through).pipe(raw);
    }
  });
  opened.push(door);
  door.listen(0, '127.0.0.1');
  await once(door, 'listening');
  const at = door.address();
  const port = typeof at === 'object' && at !== null ? at.port : 0;
  return { address: `127.0.0.1:${port}`, came: () => came };
}

describe('a TLS dialer', () => {
  test('comes again when it is cut off before anything is proved, a few times', async () => {
    const a = await node();
    const twice = await behindDoor(2);
    const link = await a.tls.dialer.dial(twice.address, null);
    expect(twice.came()).toBe(3);
    link.attach(deaf);
    const ever = await behindDoor(Infinity);
    await expect(a.tls.dialer.dial(ever.address, null)).rejects.toMatchObject({
      code: 'LINK_HANDSHAKE_FAILED',
      data: { detail: 'ECONNRESET' },
    });
    expect(ever.came()).toBe(3);
  });

  test('does not come again when its node stops', async () => {
    const a = await node();
    const door = await behindDoor(Infinity);
    const dial = a.tls.dialer.dial(door.address, null);
    const over = expect(dial).rejects.toMatchObject({ code: 'LINK_DIAL_FAILED' });
    await a.tls.close();
    await over;
    expect(door.came()).toBeLessThanOrEqual(1);
  });
});

describe('a TLS listener', () => {
  test('takes IPv6 and names it in brackets', async () => {
    const [a, b] = [await node(), await node()];
    const listener = await b.tls.listen('[::1]:0', () => undefined);
    expect(listener.address).toMatch(/^\[::1\]:\d+$/);
    const link = await a.tls.dialer.dial(listener.address, b.identity.publicKey);
    expect(link.remoteAddress).toBe(listener.address);
  });

  test('refuses an address that is not of this machine', async () => {
    const { tls } = await node();
    await expect(tls.listen('192.0.2.1:0', () => undefined)).rejects.toMatchObject({
      code: 'LINK_ADDRESS_REFUSED',
    });
  });

  test('refuses a peer without a certificate', async () => {
    const b = await node();
    const { address } = await b.tls.listen('127.0.0.1:0', () => expect.unreachable());
    const refused = b.log.next('link-refused');
    const anonymous = connectTls({
      port: portOf(address),
      host: '127.0.0.1',
      rejectUnauthorized: false,
      ALPNProtocols: ['bitcraps'],
    });
    anonymous.on('error', () => undefined);
    expect((await refused).fields).toMatchObject({
      code: 'LINK_PEER_CERTIFICATE',
      detail: 'it sent no certificate',
    });
    anonymous.destroy();
  });

  test('refuses another key type, an older TLS and another protocol', async () => {
    const b = await node();
    const { address } = await b.tls.listen('127.0.0.1:0', () => expect.unreachable());
    const identity = newIdentity();
    const ours = {
      port: portOf(address),
      host: '127.0.0.1',
      rejectUnauthorized: false,
      cert: pem('CERTIFICATE', certificateOf(primitives, identity)),
      key: privateKeyOf(identity).export({ format: 'pem', type: 'pkcs8' }),
      ALPNProtocols: ['bitcraps'],
    } as const;
    const attempts = [
      { ...ours, ALPNProtocols: ['h2'] },
      { ...ours, ALPNProtocols: [] },
      { ...ours, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' },
      { ...ours, sigalgs: 'ecdsa_secp256r1_sha256' },
    ] as const;
    for (const attempt of attempts) {
      const refused = b.log.next('link-refused');
      const socket = connectTls({ ...attempt, ALPNProtocols: [...attempt.ALPNProtocols] });
      socket.on('error', () => undefined);
      expect((await refused).fields['code']).toMatch(/^LINK_(HANDSHAKE_FAILED|PEER_CERTIFICATE)$/);
      socket.destroy();
    }
  });

  test('ends a handshake that does not finish in time, and keeps count of those under way', async () => {
    const b = await node({ handshakeTimeoutMs: 50, halfOpenPerAddressMax: 2 });
    const { address } = await b.tls.listen('127.0.0.1:0', () => undefined);
    const silent = [1, 2].map(() => connect(portOf(address), '127.0.0.1'));
    await Promise.all(silent.map((socket) => once(socket, 'connect')));
    const refusing = b.log.next('links-refused');
    const third = connect(portOf(address), '127.0.0.1');
    third.on('error', () => undefined);
    await refusing;
    await Promise.all(silent.map((socket) => once(socket.resume(), 'close')));
    expect(b.log.entries.filter(({ event }) => event === 'link-refused')).toHaveLength(2);
    const a = await node();
    const link = await a.tls.dialer.dial(address, b.identity.publicKey);
    expect(link.role).toBe('dialer');
  });

  test('takes no more links than its bound, and new ones once old ones ended', async () => {
    const [a, b] = [await node(), await node({ acceptedLinksMax: 1 })];
    let over: Promise<LinkClose> = Promise.resolve({ code: null, detail: '' });
    const { address } = await b.tls.listen('127.0.0.1:0', (link) => {
      over = closeOf(link);
    });
    const first = await a.tls.dialer.dial(address, null);
    await expect(a.tls.dialer.dial(address, null)).rejects.toMatchObject({
      code: expect.stringMatching(/^LINK_(DIAL|HANDSHAKE)_FAILED$/),
    });
    const ended = closeOf(first);
    first.close();
    await ended;
    await over;
    expect((await a.tls.dialer.dial(address, null)).role).toBe('dialer');
  });
});

async function linked(bounds: Partial<TlsBounds> = {}): Promise<readonly [Link, Link, Node, Node]> {
  const [a, b] = [await node(bounds), await node(bounds)];
  const inbound = Promise.withResolvers<Link>();
  const { address } = await b.tls.listen('127.0.0.1:0', inbound.resolve);
  const out = await a.tls.dialer.dial(address, b.identity.publicKey);
  return [out, await inbound.promise, a, b];
}

describe('a TLS link', () => {
  test('takes a last frame and the goodbye in one piece, and a stream without goodbye as broken', async () => {
    const b = await node();
    const identity = newIdentity();
    for (const [goodbye, code] of [
      [[0, 0, 0, 0], null],
      [[], 'LINK_RESET'],
    ] as const) {
      const inbound = Promise.withResolvers<Link>();
      const { address } = await b.tls.listen('127.0.0.1:0', inbound.resolve);
      const peer = connectTls({
        port: portOf(address),
        host: '127.0.0.1',
        rejectUnauthorized: false,
        cert: pem('CERTIFICATE', certificateOf(primitives, identity)),
        key: privateKeyOf(identity).export({ format: 'pem', type: 'pkcs8' }),
        ALPNProtocols: ['bitcraps'],
      });
      await once(peer, 'secureConnect');
      peer.resume().end(Uint8Array.from([0, 0, 0, 5, 7, 0, 0, 0, 0, ...goodbye]));
      const frames: Uint8Array[] = [];
      const link = await inbound.promise;
      const closed = new Promise<LinkClose>((resolve) => {
        link.attach({
          frame: (bytes) => void frames.push(bytes),
          drain: () => undefined,
          close: resolve,
        });
      });
      expect((await closed).code).toBe(code);
      expect(frames).toEqual([Uint8Array.of(7, 0, 0, 0, 0)]);
    }
  });

  test('breaks when the other end sends a longer frame than agreed', async () => {
    const b = await node();
    const a = await node({ frameBytesMax: 128 * 1024, queueBytesMax: 1024 * 1024 });
    const inbound = Promise.withResolvers<Link>();
    const { address } = await b.tls.listen('127.0.0.1:0', inbound.resolve);
    const out = await a.tls.dialer.dial(address, null);
    const [atOut, atIn] = [closeOf(out), closeOf(await inbound.promise)];
    out.send(new Uint8Array(BOUNDS.frameBytesMax + 1));
    expect((await atOut).code).toBe('LINK_RESET');
    expect(await atIn).toMatchObject({ code: 'LINK_FRAME_TOO_LONG' });
  });

  test('breaks when the other end reads nothing for too long', async () => {
    const [out, , a] = await linked({ stallTimeoutMs: 100 });
    const stalled = new Promise<LinkClose>((resolve) => {
      const fill = (): void => {
        while (out.send(new Uint8Array(60_000)) === 'sent');
      };
      out.attach({ frame: () => undefined, drain: fill, close: resolve });
      fill();
    });
    expect(await stalled).toMatchObject({ code: 'LINK_STALLED' });
    expect(a.log.entries.map(({ event }) => event)).toContain('link-destroyed');
  });

  test('ends an orderly close that the other end never answers', async () => {
    const [out] = await linked({ closeTimeoutMs: 50 });
    const over = closeOf(out);
    // The other end has no receiver, so it never sees the goodbye.
    out.close();
    expect(await over).toMatchObject({ code: 'LINK_STALLED' });
  });

  test('that nobody answers holds a node that stops up for a moment only', async () => {
    const [out, , a] = await linked();
    const over = closeOf(out);
    // The other end has no receiver, so it never sees the goodbye; the close alone would wait for five seconds.
    out.close();
    await a.tls.close();
    expect((await over).code).toBeNull();
  });

  test('close of the node ends links, listeners and dials', async () => {
    const [out, inn, a, b] = await linked();
    const [atOut, atIn] = [closeOf(out), closeOf(inn)];
    const silent: Server = createServer(() => undefined).listen(0, '127.0.0.1');
    opened.push({ close: () => void silent.close() });
    await once(silent, 'listening');
    const sockets: Socket[] = [];
    silent.on('connection', (socket) => {
      socket.on('error', () => undefined);
      sockets.push(socket);
    });
    const address = silent.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const pending = a.tls.dialer.dial(`127.0.0.1:${port}`, null);
    const failed = expect(pending).rejects.toMatchObject({ code: 'LINK_DIAL_FAILED' });
    await a.tls.close();
    await failed;
    expect((await atOut).code).toBeNull();
    expect((await atIn).code).toBe('LINK_RESET');
    await b.tls.close();
    for (const socket of sockets) socket.destroy();
  });

  test('dialling something that accepts and stays silent times out', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    const held: Socket[] = [];
    silent.on('connection', (socket) => {
      socket.on('error', () => undefined);
      held.push(socket);
    });
    await once(silent, 'listening');
    const address = silent.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const a = await node({ dialTimeoutMs: 50 });
    await expect(a.tls.dialer.dial(`127.0.0.1:${port}`, null)).rejects.toMatchObject({
      code: 'LINK_HANDSHAKE_TIMEOUT',
    });
    for (const socket of held) socket.destroy();
    silent.close();
  });
});
