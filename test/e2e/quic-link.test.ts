// QUIC links over real loopback sockets: the suite of every transport, and what only datagrams can show.

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import type { LogFields, Logger } from '../../src/env/logger.ts';
import type { Link, LinkClose } from '../../src/env/link.ts';
import { identityFromSeed, type Identity } from '../../src/crypto/signing.ts';
import { certificateOf, pem, privateKeyOf } from '../../src/platform/links/certificate.ts';
import { createQuic, type Quic } from '../../src/platform/links/quic/quic.ts';
import { ID_BYTES, type QuicBounds } from '../../src/platform/links/quic/quic-node.ts';
import {
  loadQuiche,
  type QuicheConfig,
  type QuicheConnection,
} from '../../src/platform/links/quic/quiche.ts';
import { systemClock } from '../../src/platform/node/clock.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { describeLink, type LinkNode, DEAD_PORT, PATIENT_STOP } from '../suites/link.suite.ts';

const BOUNDS = { frameBytesMax: 64 * 1024, queueBytesMax: 256 * 1024 };
const LOCAL = { host: '127.0.0.1', port: 1 };
const REMOTE = { host: '127.0.0.1', port: 2 };

interface Entry {
  readonly event: string;
  readonly fields: LogFields;
}

/** A logger that tells who waits for an event. */
class LogBook implements Logger {
  readonly entries: Entry[] = [];
  #watchers = new Map<string, (entry: Entry) => void>();
  readonly debug = (event: string, fields: LogFields = {}): void => {
    const entry = { event, fields };
    this.entries.push(entry);
    this.#watchers.get(event)?.(entry);
  };
  readonly info = this.debug;
  readonly warn = this.debug;
  readonly error = this.debug;
  readonly child = (): Logger => this;

  next(event: string): Promise<Entry> {
    return new Promise((resolve) => {
      this.#watchers.set(event, resolve);
    });
  }
}

interface Node {
  readonly identity: Identity;
  readonly quic: Quic;
  readonly log: LogBook;
}

const opened: { close(): unknown }[] = [];

function newIdentity(): Identity {
  return identityFromSeed(primitives, new Uint8Array(randomBytes(32)));
}

function node(bounds: Partial<QuicBounds> = {}): Node {
  const identity = newIdentity();
  const log = new LogBook();
  const quic = createQuic({
    primitives,
    identity,
    clock: systemClock,
    logger: log,
    bounds: { ...BOUNDS, ...bounds },
  });
  opened.push(quic);
  return { identity, quic, log };
}

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1));
}

async function udpSocket(): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  opened.push(socket);
  return socket;
}

function closeOf(link: Link): Promise<LinkClose> {
  return new Promise((resolve) => {
    link.attach({ frame: () => undefined, drain: () => undefined, close: resolve });
  });
}

afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

function linkNode({ identity, quic }: Node): LinkNode {
  return {
    publicKey: identity.publicKey,
    dialer: quic.dialer,
    listen: quic.listen,
    listenAddress: 'quic:127.0.0.1:0',
    stop: () => quic.close(),
  };
}

describeLink('QUIC link', async () => {
  const [a, b, c] = [node(PATIENT_STOP), node(PATIENT_STOP), node(PATIENT_STOP)];
  return {
    nodes: [linkNode(a), linkNode(b), linkNode(c)],
    ...BOUNDS,
    settle: (work) => work,
    deadAddress: `quic:127.0.0.1:${DEAD_PORT}`,
    invalidAddresses: [
      '',
      '127.0.0.1:80',
      'quic:',
      'quic:host:',
      'quic::1',
      'quic:a b:1',
      'tls:h:1',
    ],
    close: () => Promise.all([a, b, c].map(({ quic }) => quic.close())).then(() => undefined),
  };
});

/** An engine's dialling end without our code around it. */
function strangerConfig(protocol: string, identity: Identity | null): QuicheConfig {
  const own = identity && {
    certificate: Buffer.from(pem('CERTIFICATE', certificateOf(primitives, identity))),
    key: Buffer.from(String(privateKeyOf(identity).export({ format: 'pem', type: 'pkcs8' }))),
  };
  const config = loadQuiche().Config.withBoringSslCtx(
    true,
    true,
    null,
    own && [own.key],
    own && [own.certificate],
    'ed25519',
  );
  config.setApplicationProtos([protocol]);
  config.setMaxIdleTimeout(5000);
  config.setInitialMaxData(10_000);
  config.setInitialMaxStreamDataBidiLocal(10_000);
  return config;
}

function strangerConnection(protocol: string, identity: Identity | null): QuicheConnection {
  return loadQuiche().Connection.connect(
    null,
    new Uint8Array(randomBytes(ID_BYTES)),
    LOCAL,
    REMOTE,
    strangerConfig(protocol, identity),
  );
}

/** What the connection has to send now. */
function datagramsOf(connection: QuicheConnection): Buffer[] {
  const datagrams: Buffer[] = [];
  for (;;) {
    const datagram = Buffer.alloc(1350);
    const made = connection.send(datagram);
    if (made === null) return datagrams;
    datagrams.push(datagram.subarray(0, made[0]));
  }
}

/** Lets a stranger talk to `port` for as long as the test runs; `stopAfter` datagrams of its own it falls silent. */
async function talk(
  connection: QuicheConnection,
  port: number,
  stopAfter = Number.POSITIVE_INFINITY,
): Promise<void> {
  const socket = await udpSocket();
  let sent = 0;
  const flush = (): void => {
    for (const datagram of datagramsOf(connection)) {
      sent += 1;
      if (sent <= stopAfter) socket.send(datagram, port, '127.0.0.1');
    }
  };
  socket.on('message', (datagram) => {
    try {
      connection.recv(datagram, { from: REMOTE, to: LOCAL });
    } catch {
      // It was told off; what it answers is still sent.
    }
    flush();
  });
  flush();
}

describe('a QUIC listener', () => {
  test('takes IPv6 and names it in brackets', async () => {
    const [a, b] = [node(), node()];
    const listener = await b.quic.listen('quic:[::1]:0', () => undefined);
    expect(listener.address).toMatch(/^quic:\[::1\]:\d+$/);
    const link = await a.quic.dialer.dial(listener.address, b.identity.publicKey);
    expect(link.remoteAddress).toBe(listener.address);
  });

  test('on all addresses serves IPv4 and IPv6, and names IPv4 peers as such', async () => {
    const [a, b] = [node(), node()];
    const accepted: string[] = [];
    const listener = await b.quic.listen('quic:[::]:0', (link) =>
      accepted.push(link.remoteAddress),
    );
    for (const host of ['127.0.0.1', '[::1]']) {
      const address = `quic:${host}:${portOf(listener.address)}`;
      const link = await a.quic.dialer.dial(address, b.identity.publicKey);
      expect(link.remoteAddress).toBe(address);
    }
    expect(accepted).toEqual([
      expect.stringMatching(/^quic:127\.0\.0\.1:\d+$/),
      expect.stringMatching(/^quic:\[::1\]:\d+$/),
    ]);
  });

  test('refuses an address that is not of this machine', async () => {
    const { quic } = node();
    await expect(quic.listen('quic:192.0.2.1:0', () => undefined)).rejects.toMatchObject({
      code: 'LINK_ADDRESS_REFUSED',
    });
  });

  test('answers a stranger with less than it sent, and keeps nothing of it', async () => {
    const b = node({ halfOpenMax: 1 });
    const { address } = await b.quic.listen('quic:127.0.0.1:0', () => undefined);
    const socket = await udpSocket();
    for (let i = 0; i < 5; i += 1) {
      const [first] = datagramsOf(strangerConnection('bitcraps', newIdentity()));
      const answer = once(socket, 'message') as Promise<[Buffer]>;
      socket.send(first ?? '', portOf(address), '127.0.0.1');
      const [reply] = await answer;
      expect(first?.length).toBeGreaterThanOrEqual(1200);
      expect(reply.length).toBeLessThan(200);
      // RFC 9000 section 17.2.5: a long header of type Retry.
      expect((reply[0] ?? 0) & 0xf0).toBe(0xf0);
    }
    // The one place is free: five half-open strangers took none.
    const a = node();
    await a.quic.dialer.dial(address, b.identity.publicKey);
  });

  test('does not take a token that was sent to another address', async () => {
    const b = node();
    const { address } = await b.quic.listen('quic:127.0.0.1:0', () => expect.unreachable());
    const [one, other] = [await udpSocket(), await udpSocket()];
    const connection = strangerConnection('bitcraps', newIdentity());
    const [first] = datagramsOf(connection);
    const answer = once(one, 'message') as Promise<[Buffer]>;
    one.send(first ?? '', portOf(address), '127.0.0.1');
    connection.recv((await answer)[0], { from: REMOTE, to: LOCAL });
    const [second] = datagramsOf(connection);
    let replies = 0;
    other.on('message', () => {
      replies += 1;
    });
    other.send(second ?? '', portOf(address), '127.0.0.1');
    // Whatever came of it came before a whole dial.
    const third = node();
    const c = await third.quic.listen('quic:127.0.0.1:0', () => undefined);
    await node().quic.dialer.dial(c.address, third.identity.publicKey);
    expect(replies).toBe(0);
  });

  test('refuses a peer without a certificate, and another protocol', async () => {
    const b = node();
    const { address } = await b.quic.listen('quic:127.0.0.1:0', () => expect.unreachable());
    for (const [protocol, identity] of [
      ['bitcraps', null],
      ['h3', newIdentity()],
    ] as const) {
      const refused = b.log.next('link-refused');
      await talk(strangerConnection(protocol, identity), portOf(address));
      expect((await refused).fields['code']).toMatch(/^LINK_(HANDSHAKE_FAILED|PEER_CERTIFICATE)$/);
    }
  });

  test('ends a handshake that does not finish in time, and gives its place away again', async () => {
    const b = node({ handshakeTimeoutMs: 100, halfOpenMax: 1 });
    const { address } = await b.quic.listen('quic:127.0.0.1:0', () => undefined);
    const refused = b.log.next('link-refused');
    const full = b.log.next('links-refused');
    // The first datagram, and the second with the token; then silence.
    await talk(strangerConnection('bitcraps', newIdentity()), portOf(address), 2);
    await talk(strangerConnection('bitcraps', newIdentity()), portOf(address), 2);
    expect((await full).fields).toMatchObject({ reason: 'half-open-of-all' });
    expect((await refused).fields).toMatchObject({ code: 'LINK_HANDSHAKE_TIMEOUT' });
    await node().quic.dialer.dial(address, b.identity.publicKey);
  });

  test('is not disturbed by anything that is no QUIC', async () => {
    const b = node();
    const { address } = await b.quic.listen('quic:127.0.0.1:0', () => undefined);
    const socket = await udpSocket();
    const [first] = datagramsOf(strangerConnection('bitcraps', newIdentity()));
    const seed = first ?? Buffer.alloc(0);
    for (let i = 0; i < 2000; i += 1) {
      const datagram = i % 2 === 0 ? randomBytes(1 + ((i * 37) % 1400)) : Buffer.from(seed);
      if (i % 2 === 1) datagram[(i * 7) % 60] = i & 0xff;
      socket.send(datagram, portOf(address), '127.0.0.1');
    }
    const link = await node().quic.dialer.dial(address, b.identity.publicKey);
    expect(link.remoteKey).toEqual(b.identity.publicKey);
  });
});

interface Middle {
  readonly port: number;
  /** What the listener sees datagrams come from. */
  back: Socket;
  /** What happens to each datagram: how often it is sent on, and whether after the next one. */
  fate: (count: number) => { readonly copies: number; readonly late: boolean };
}

/** A path between two nodes that loses, repeats and reorders datagrams. */
async function middle(target: number): Promise<Middle> {
  const [front, back] = [await udpSocket(), await udpSocket()];
  const path: Middle = {
    port: front.address().port,
    back,
    fate: () => ({ copies: 1, late: false }),
  };
  let dialer = 0;
  let count = 0;
  const pass = (send: (datagram: Buffer) => void): ((datagram: Buffer) => void) => {
    let held: Buffer | null = null;
    return (datagram) => {
      count += 1;
      const { copies, late } = path.fate(count);
      if (late && held === null) {
        held = datagram;
        return;
      }
      for (let i = 0; i < copies; i += 1) send(datagram);
      if (held !== null) send(held);
      held = null;
    };
  };
  const forth = pass((datagram) => path.back.send(datagram, target, '127.0.0.1'));
  const here = pass((datagram) => front.send(datagram, dialer, '127.0.0.1'));
  front.on('message', (datagram, from) => {
    dialer = from.port;
    forth(datagram);
  });
  back.on('message', here);
  return path;
}

async function connected(bounds: Partial<QuicBounds> = {}): Promise<{
  readonly out: Link;
  readonly inn: Link;
  readonly path: Middle;
  /** The dialler. */
  readonly a: Node;
}> {
  const [a, b] = [node(bounds), node(bounds)];
  const accepted = Promise.withResolvers<Link>();
  const { address } = await b.quic.listen('quic:127.0.0.1:0', accepted.resolve);
  const path = await middle(portOf(address));
  const out = await a.quic.dialer.dial(`quic:127.0.0.1:${path.port}`, b.identity.publicKey);
  return { out, inn: await accepted.promise, path, a };
}

describe('a QUIC link', () => {
  test('delivers each frame once and in order over a path that loses, repeats and reorders', async () => {
    const { out, inn, path } = await connected();
    path.fate = (count) => ({
      copies: count % 10 === 0 ? 0 : count % 7 === 0 ? 2 : 1,
      late: count % 5 === 0,
    });
    const sizes = Array.from({ length: 200 }, (_, i) => 1 + ((i * 131) % 3000));
    const got: number[] = [];
    const all = Promise.withResolvers<void>();
    inn.attach({
      frame(bytes) {
        expect(bytes.every((byte) => byte === (got.length & 0xff))).toBe(true);
        got.push(bytes.length);
        if (got.length === sizes.length) all.resolve();
      },
      drain: () => undefined,
      close: () => undefined,
    });
    const drained = { resolve: (): void => undefined };
    out.attach({
      frame: () => undefined,
      drain: () => drained.resolve(),
      close: () => undefined,
    });
    for (const [i, bytes] of sizes.entries()) {
      const frame = new Uint8Array(bytes).fill(i & 0xff);
      while (out.send(frame) === 'full') {
        const { promise, resolve } = Promise.withResolvers<void>();
        drained.resolve = resolve;
        await promise;
      }
    }
    await all.promise;
    expect(got).toEqual(sizes);
  });

  test('breaks at both ends when the path swallows everything', async () => {
    const { out, inn, path } = await connected({ idleTimeoutMs: 300, keepAliveMs: 100 });
    path.fate = () => ({ copies: 0, late: false });
    expect(await Promise.all([closeOf(out), closeOf(inn)])).toEqual([
      { code: 'LINK_RESET', detail: 'the other end fell silent' },
      { code: 'LINK_RESET', detail: 'the other end fell silent' },
    ]);
  });

  test('that nobody answers holds a node that stops up for a moment only', async () => {
    const { out, path, a } = await connected();
    const over = closeOf(out);
    path.fate = () => ({ copies: 0, late: false });
    out.close();
    await a.quic.close();
    expect((await over).code).toBeNull();
  });

  test('stays up in silence as long as the other end answers', async () => {
    const { out, inn, path } = await connected({ idleTimeoutMs: 400, keepAliveMs: 100 });
    let ended = false;
    for (const link of [out, inn]) void closeOf(link).then(() => (ended = true));
    const enough = Promise.withResolvers<void>();
    let passed = 0;
    path.fate = () => {
      passed += 1;
      // Each round of asking and answering is a fourth of the time after which silence is death.
      if (passed === 24) enough.resolve();
      return { copies: 1, late: false };
    };
    await enough.promise;
    expect(ended).toBe(false);
  });

  test('ignores datagrams with its id from any other address', async () => {
    const { out, inn, path } = await connected();
    const { back } = path;
    const frames: number[] = [];
    const arrived = Promise.withResolvers<void>();
    inn.attach({
      frame: (bytes) => {
        frames.push(bytes.length);
        arrived.resolve();
      },
      drain: () => undefined,
      close: () => undefined,
    });
    path.back = await udpSocket();
    const tried = Promise.withResolvers<void>();
    let passed = 0;
    path.fate = () => {
      passed += 1;
      // The frame, and the same again because nothing acknowledges it.
      if (passed === 3) tried.resolve();
      return { copies: 1, late: false };
    };
    out.send(new Uint8Array(10));
    await tried.promise;
    expect(frames).toEqual([]);
    path.back = back;
    await arrived.promise;
    expect(frames).toEqual([10]);
  });
});
