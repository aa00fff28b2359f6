// WebSocket links over real loopback sockets: the suite of every transport, and what only a real socket can show.

import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { utf8 } from '../../src/core/bytes.ts';
import { createIdentityHandshake } from '../../src/crypto/noise-identity.ts';
import { createRecordSealer } from '../../src/crypto/noise-records.ts';
import { identityFromSeed, type Identity } from '../../src/crypto/signing.ts';
import type { Link, LinkClose, Listener } from '../../src/env/link.ts';
import type { WebSocketBounds } from '../../src/platform/links/websocket/websocket-node.ts';
import { certificateOf, pem, privateKeyOf } from '../../src/platform/links/certificate.ts';
import { createPageWebSockets } from '../../src/platform/browser/websocket-dialer.ts';
import { createTransports } from '../../src/platform/links/transports.ts';
import { createWebSockets, type WebSockets } from '../../src/platform/links/websocket/websocket.ts';
import { systemClock } from '../../src/platform/node/clock.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { systemRng } from '../../src/platform/node/rng.ts';
import { createAdmissionGate, type NodeGate } from '../../src/gateway/admission/gate.ts';
import type { AdmissionLimits } from '../../src/gateway/admission/limits.ts';
import type { Clock, Timer } from '../../src/env/clock.ts';
import type { AdmissionGate } from '../../src/env/admission.ts';
import { KNOCK_BYTES } from '../../src/wire/knock.ts';
import { noMetrics } from '../suites/mesh-rig.ts';
import { press } from '../suites/pressed-gate.ts';
import { describeLink, type LinkNode, DEAD_PORT, PATIENT_STOP } from '../suites/link.suite.ts';
import { LogBook } from '../suites/log-book.ts';

const BOUNDS = { frameBytesMax: 64 * 1024, queueBytesMax: 256 * 1024 };
const PROTOCOL = 'bitcraps';
const PROLOGUE = utf8('bitcraps/websocket/1');

interface Node {
  readonly identity: Identity;
  readonly sockets: WebSockets;
  readonly log: LogBook;
}

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

function newIdentity(): Identity {
  return identityFromSeed(primitives, new Uint8Array(randomBytes(32)));
}

interface NodeOptions extends Partial<WebSocketBounds> {
  readonly origins?: readonly string[];
  readonly identity?: Identity;
  readonly gate?: AdmissionGate;
  readonly clock?: Clock;
}

function node(options: NodeOptions = {}): Node {
  const {
    origins = null,
    identity = newIdentity(),
    clock = systemClock,
    gate,
    ...bounds
  } = options;
  const log = new LogBook();
  const sockets = createWebSockets({
    primitives,
    identity,
    clock,
    rng: systemRng,
    logger: log,
    bounds: { ...BOUNDS, ...bounds },
    origins,
    ...(gate === undefined ? {} : { gate }),
  });
  opened.push(sockets);
  return { identity, sockets, log };
}

/** A clock whose timers go off when the test says so, however slow the machine is. */
class HandClock implements Clock {
  readonly now = (): number => systemClock.now();
  readonly wallMs = (): number => systemClock.wallMs();
  #pending = new Set<() => void>();

  readonly after = (_delayMs: number, run: () => void): Timer => {
    this.#pending.add(run);
    return { cancel: () => void this.#pending.delete(run) };
  };

  fire(): void {
    const due = this.#pending;
    this.#pending = new Set();
    for (const run of due) run();
  }
}

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1));
}

function urlOf(listener: Listener): string {
  return `ws://127.0.0.1:${portOf(listener.address)}/mesh`;
}

function closeOf(link: Link): Promise<LinkClose> {
  return new Promise((resolve) => {
    link.attach({ frame: () => undefined, drain: () => undefined, close: resolve });
  });
}

function linkNode({ identity, sockets }: Node): LinkNode {
  const { dialer, listen } = sockets;
  const stop = (): Promise<void> => sockets.close();
  return { publicKey: identity.publicKey, dialer, listen, listenAddress: 'ws:127.0.0.1:0', stop };
}

describeLink('WebSocket links', async () => {
  const nodes = [node(PATIENT_STOP), node(PATIENT_STOP), node(PATIENT_STOP)] as const;
  return {
    nodes: [linkNode(nodes[0]), linkNode(nodes[1]), linkNode(nodes[2])],
    ...BOUNDS,
    settle: (work) => work,
    deadAddress: `ws:127.0.0.1:${DEAD_PORT}`,
    invalidAddresses: ['', 'ws:nowhere', '127.0.0.1:80', 'http:h:1', 'ws://h:1', 'ws:h:65536'],
    close: async () => {
      for (const { sockets } of nodes) await sockets.close();
    },
  };
});

/** The same with the WebSocket that a page has, which Node has too: it tells less, and cannot stop reading. */
describeLink('WebSocket links that a page dials', async () => {
  const nodes = [node(PATIENT_STOP), node(PATIENT_STOP), node(PATIENT_STOP)] as const;
  const pages = nodes.map(({ identity, log }) =>
    createPageWebSockets({
      primitives,
      identity,
      clock: systemClock,
      rng: systemRng,
      logger: log,
      bounds: { ...BOUNDS, ...PATIENT_STOP },
    }),
  );
  const linkNodeOf = (index: 0 | 1 | 2): LinkNode => {
    const page = pages[index] ?? expect.unreachable();
    const stop = async (): Promise<void> => {
      page.close();
      await nodes[index].sockets.close();
    };
    return { ...linkNode(nodes[index]), dialer: page.dialer, stop };
  };
  return {
    nodes: [linkNodeOf(0), linkNodeOf(1), linkNodeOf(2)],
    ...BOUNDS,
    settle: (work) => work,
    deadAddress: `ws:127.0.0.1:${DEAD_PORT}`,
    invalidAddresses: ['', 'ws:nowhere', '127.0.0.1:80', 'http:h:1', 'ws://h:1', 'ws:h:65536'],
    close: async () => {
      for (const page of pages) page.close();
      for (const { sockets } of nodes) await sockets.close();
    },
  };
});

async function linked(bounds: NodeOptions = {}): Promise<readonly [Link, Link, Node, Node]> {
  const [a, b] = [node(bounds), node(bounds)];
  const inbound = Promise.withResolvers<Link>();
  const { address } = await b.sockets.listen('ws:127.0.0.1:0', inbound.resolve);
  const out = await a.sockets.dialer.dial(address, b.identity.publicKey);
  return [out, await inbound.promise, a, b];
}

/** Opens a WebSocket without our code; what the server answered. */
async function bare(
  url: string,
  options: { readonly protocols?: string[]; readonly origin?: string } = {},
): Promise<{ readonly socket: WebSocket; readonly status: number }> {
  const { protocols = [PROTOCOL], ...rest } = options;
  const socket = new WebSocket(url, protocols, rest);
  opened.push({ close: () => socket.terminate() });
  socket.on('error', () => undefined);
  const status = await new Promise<number>((resolve) => {
    socket.on('open', () => resolve(101));
    socket.on('unexpected-response', (_, response) => resolve(response.statusCode ?? 0));
    socket.on('close', () => resolve(0));
  });
  return { socket, status };
}

function nextMessage(socket: WebSocket): Promise<Uint8Array> {
  return new Promise((resolve) => {
    socket.once('message', (data: Buffer) => resolve(new Uint8Array(data)));
  });
}

/** A peer of our protocol made by hand, so that it can misbehave: its socket, and what seals its records. */
async function handmade(listener: Listener): Promise<{
  readonly socket: WebSocket;
  readonly seal: (content: Uint8Array) => Uint8Array;
}> {
  const { socket } = await bare(urlOf(listener));
  const handshake = createIdentityHandshake({
    primitives,
    rng: systemRng,
    identity: newIdentity(),
    role: 'initiator',
    prologue: PROLOGUE,
    expected: null,
  });
  socket.send(handshake.begin() ?? new Uint8Array(0));
  const step = handshake.receive(await nextMessage(socket));
  if (step.kind !== 'proved' || step.message === null) throw new Error(step.kind);
  socket.send(step.message);
  const sealer = createRecordSealer(primitives, step.peer.keys.send);
  return { socket, seal: (content) => sealer.seal(content) };
}

describe('a WebSocket listener', () => {
  test('answers at its path and for its protocol only', async () => {
    const b = node();
    const listener = await b.sockets.listen('ws:127.0.0.1:0', () => expect.unreachable());
    const url = urlOf(listener);
    expect((await bare(url)).status).toBe(101);
    expect((await bare(`${url}/other`)).status).toBe(404);
    expect((await bare(url, { protocols: [] })).status).toBe(400);
    expect((await bare(url, { protocols: ['chat'] })).status).toBe(400);
    const page = await fetch(url.replace('ws:', 'http:'));
    expect([page.status, await page.text()]).toEqual([426, '']);
  });

  test('takes pages of the named origins, and every peer that is no page', async () => {
    const b = node({ origins: ['http://home.example'] });
    const listener = await b.sockets.listen('ws:127.0.0.1:0', () => undefined);
    const url = urlOf(listener);
    expect((await bare(url, { origin: 'http://home.example' })).status).toBe(101);
    expect((await bare(url, { origin: 'http://away.example' })).status).toBe(403);
    expect((await bare(url, { origin: 'null' })).status).toBe(403);
    expect((await node().sockets.dialer.dial(listener.address, null)).role).toBe('dialer');
    const ground = { primitives, identity: newIdentity(), clock: systemClock, rng: systemRng };
    const all = createTransports({ ...ground, logger: b.log, origins: ['http://home.example'] });
    opened.push(all);
    const among = await all.listen('ws:127.0.0.1:0', () => undefined);
    expect((await bare(urlOf(among), { origin: 'http://away.example' })).status).toBe(403);
    expect((await bare(urlOf(among), { origin: 'http://home.example' })).status).toBe(101);
    const any = node();
    const open = await any.sockets.listen('ws:127.0.0.1:0', () => undefined);
    expect((await bare(urlOf(open), { origin: 'http://away.example' })).status).toBe(101);
  });

  test('offers no compression', async () => {
    const b = node();
    const listener = await b.sockets.listen('ws:127.0.0.1:0', () => undefined);
    const { socket } = await bare(urlOf(listener));
    expect(socket.extensions).toBe('');
    expect(socket.protocol).toBe(PROTOCOL);
  });

  test('drops whoever sends what is no handshake', async () => {
    const b = node();
    const listener = await b.sockets.listen('ws:127.0.0.1:0', () => expect.unreachable());
    for (const message of ['text', new Uint8Array(0), new Uint8Array(32), new Uint8Array(70_000)]) {
      const refused = b.log.next('link-refused');
      const { socket } = await bare(urlOf(listener));
      const over = once(socket, 'close');
      socket.send(message);
      expect((await refused).fields['code']).toBe('LINK_HANDSHAKE_FAILED');
      await over;
    }
  });

  test('ends a handshake that does not finish in time, wherever it stands, and counts those under way', async () => {
    const clock = new HandClock();
    const b = node({ clock, halfOpenPerAddressMax: 3 });
    const listener = await b.sockets.listen('ws:127.0.0.1:0', () => undefined);
    const port = portOf(listener.address);
    const silent = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
    for (const socket of silent) await once(socket, 'connect');
    silent[1]?.write('GET /mesh HTTP/1.1\r\nHost: a\r\n');
    const { socket: upgraded } = await bare(urlOf(listener));
    const refusing = b.log.next('links-refused');
    const fourth = connect(port, '127.0.0.1');
    fourth.on('error', () => undefined);
    await refusing;
    clock.fire();
    const over = [
      ...silent.map((socket) => once(socket.resume(), 'close')),
      once(upgraded, 'close'),
    ];
    await Promise.all(over);
    expect(b.log.entries.filter(({ event }) => event === 'link-refused')).toHaveLength(3);
    const link = await node().sockets.dialer.dial(listener.address, b.identity.publicKey);
    expect(link.role).toBe('dialer');
  });

  test('takes no more links than its bound, and new ones once old ones ended', async () => {
    const [a, b] = [node(), node({ acceptedLinksMax: 1 })];
    let over: Promise<LinkClose> = Promise.resolve({ code: null, detail: '' });
    const { address } = await b.sockets.listen('ws:127.0.0.1:0', (link) => {
      over = closeOf(link);
    });
    const first = await a.sockets.dialer.dial(address, null);
    await expect(a.sockets.dialer.dial(address, null)).rejects.toMatchObject({
      code: 'LINK_DIAL_FAILED',
    });
    const ended = closeOf(first);
    first.close();
    expect([(await ended).code, (await over).code]).toEqual([null, null]);
    expect((await a.sockets.dialer.dial(address, null)).role).toBe('dialer');
  });
});

/** A node whose gate bounds and challenges. */
function gated(limits: Partial<AdmissionLimits> = {}): Node & { readonly gate: NodeGate } {
  const identity = newIdentity();
  const gate = createAdmissionGate(
    { self: identity.publicKey, limits },
    { primitives, clock: systemClock, rng: systemRng, metrics: noMetrics },
  );
  return { ...node({ identity, gate }), gate };
}

describe('a WebSocket listener with a gate', () => {
  test('lets a dialler in that does the work, on the same connection', async () => {
    const [a, b] = [node(), gated({ puzzleBitsMax: 12 })];
    const accepted = Promise.withResolvers<Link>();
    const { address } = await b.sockets.listen('ws:127.0.0.1:0', accepted.resolve);
    press(b.gate);
    expect(b.gate.report().puzzleBits).toBe(10);
    const link = await a.sockets.dialer.dial(address, b.identity.publicKey);
    expect(link.remoteKey).toEqual(b.identity.publicKey);
    expect((await accepted.promise).remoteKey).toEqual(a.identity.publicKey);
    const { admitted, refused } = b.gate.report();
    expect([admitted, refused]).toEqual([1, { challenged: 1 }]);
    // A challenge in another's name would make a dialler work for somebody else.
    const other = newIdentity().publicKey;
    await expect(a.sockets.dialer.dial(address, other)).rejects.toMatchObject({
      code: 'LINK_HANDSHAKE_FAILED',
    });
  });

  test('gives who does not work a few challenges, each shorter than a request, and drops it', async () => {
    const b = gated();
    const listener = await b.sockets.listen('ws:127.0.0.1:0', () => expect.unreachable());
    press(b.gate);
    const { socket } = await bare(urlOf(listener));
    const over = once(socket, 'close');
    const got: number[] = [];
    socket.on('message', (data: Buffer) => {
      got.push(data.length);
      socket.send(new Uint8Array(32));
    });
    socket.send(new Uint8Array(32));
    await over;
    expect(got).toEqual([KNOCK_BYTES, KNOCK_BYTES, KNOCK_BYTES, KNOCK_BYTES]);
    expect(b.gate.report()).toMatchObject({ links: 0, halfOpen: 0 });
  });

  test('tells it how links end', async () => {
    const b = gated({ linksPerIdentityMax: 1 });
    const a = node({ frameBytesMax: 128 * 1024 });
    let inbound = Promise.withResolvers<Link>();
    const { address } = await b.sockets.listen('ws:127.0.0.1:0', (link) => inbound.resolve(link));
    const first = await a.sockets.dialer.dial(address, null);
    const ended = closeOf(await inbound.promise);
    expect((await closeOf(await a.sockets.dialer.dial(address, null))).code).toBe('LINK_RESET');
    expect(b.gate.report()).toMatchObject({ links: 1, refused: { 'links-of-identity': 1 } });
    first.send(new Uint8Array(BOUNDS.frameBytesMax + 1));
    expect((await ended).code).toBe('LINK_FRAME_TOO_LONG');
    expect(b.gate.report()).toMatchObject({ links: 0, refused: { 'frame-oversized': 1 } });
    inbound = Promise.withResolvers();
    await a.sockets.dialer.dial(address, null);
    await inbound.promise;
    expect(b.gate.report()).toMatchObject({ links: 1, halfOpen: 0 });
  });
});

describe('a WebSocket link', () => {
  test('breaks at a record that is repeated, changed or of text, and at an end without a goodbye', async () => {
    const b = node();
    const attacks: readonly [string, (socket: WebSocket, record: Uint8Array) => void, string][] = [
      ['repeated', (socket, record) => socket.send(record), 'LINK_RECORD_REFUSED'],
      ['changed', (socket, record) => socket.send(record.with(0, 1)), 'LINK_RECORD_REFUSED'],
      ['empty', (socket) => socket.send(new Uint8Array(0)), 'LINK_RECORD_REFUSED'],
      ['text', (socket) => socket.send('hello'), 'LINK_RESET'],
      ['too long', (socket) => socket.send(new Uint8Array(65_536)), 'LINK_RESET'],
      ['closed', (socket) => socket.close(1000), 'LINK_RESET'],
      ['cut', (socket) => socket.terminate(), 'LINK_RESET'],
    ];
    for (const [name, attack, code] of attacks) {
      const inbound = Promise.withResolvers<Link>();
      const listener = await b.sockets.listen('ws:127.0.0.1:0', inbound.resolve);
      const { socket, seal } = await handmade(listener);
      const link = await inbound.promise;
      const frames: Uint8Array[] = [];
      const closed = new Promise<LinkClose>((resolve) => {
        link.attach({
          frame: (bytes) => void frames.push(bytes),
          drain: () => undefined,
          close: resolve,
        });
      });
      const record = seal(Uint8Array.of(0, 0, 0, 2, 8, 9));
      socket.send(record);
      attack(socket, record);
      expect((await closed).code, name).toBe(code);
      expect(frames, name).toEqual([Uint8Array.of(8, 9)]);
    }
  });

  test('answers pings, while the other end reads', async () => {
    const b = node();
    const inbound = Promise.withResolvers<Link>();
    const listener = await b.sockets.listen('ws:127.0.0.1:0', inbound.resolve);
    const { socket } = await handmade(listener);
    void closeOf(await inbound.promise);
    const pong = once(socket, 'pong');
    socket.ping('abc');
    expect(String((await pong)[0])).toBe('abc');
  });

  test('masks what the other end may have chosen, and spares what is sealed', async () => {
    const [a, b] = [node(), node()];
    const inbound = Promise.withResolvers<Link>();
    const { address } = await b.sockets.listen('ws:127.0.0.1:0', inbound.resolve);
    const chunks: Buffer[] = [];
    const wire = createServer((client) => {
      const onward = connect(portOf(address), '127.0.0.1');
      for (const socket of [client, onward]) socket.on('error', () => undefined);
      client.on('data', (chunk) => chunks.push(chunk));
      client.pipe(onward).pipe(client);
    }).listen(0, '127.0.0.1');
    opened.push({ close: () => void wire.close() });
    await once(wire, 'listening');
    const { port } = wire.address() as AddressInfo;
    const out = await a.sockets.dialer.dial(`ws:127.0.0.1:${port}`, null);
    const atOut = closeOf(out);
    const got = new Promise<Uint8Array>((resolve) => {
      void inbound.promise.then((link) =>
        link.attach({ frame: resolve, drain: () => undefined, close: () => undefined }),
      );
    });
    out.send(new Uint8Array(500));
    await got;
    out.destroy({ code: null, detail: 'done' });
    await atOut;
    const bytes = Buffer.concat(chunks);
    const frames = maskedFrames(bytes.subarray(bytes.indexOf('\r\n\r\n') + 4));
    // The two messages of the handshake, then the record.
    expect(frames.map(({ length }) => length)).toEqual([32, 96, 4 + 500 + 16]);
    expect(frames.map(({ mask }) => mask !== 0)).toEqual([true, true, false]);
  });

  test('breaks when the other end sends a longer frame than agreed', async () => {
    const b = node();
    const a = node({ frameBytesMax: 128 * 1024, queueBytesMax: 1024 * 1024 });
    const inbound = Promise.withResolvers<Link>();
    const { address } = await b.sockets.listen('ws:127.0.0.1:0', inbound.resolve);
    const out = await a.sockets.dialer.dial(address, null);
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
    // The other end has no receiver, so it never hears the goodbye.
    out.close();
    expect(await over).toMatchObject({ code: 'LINK_STALLED' });
  });

  test('that nobody answers holds a node that stops up for a moment only', async () => {
    const [out, , a] = await linked();
    const over = closeOf(out);
    // The other end has no receiver, so it never sees the goodbye; the close alone would wait for five seconds.
    out.close();
    await a.sockets.close();
    expect((await over).code).toBeNull();
  });

  test('close of the node ends links, listeners and dials', async () => {
    const [out, inn, a, b] = await linked();
    const [atOut, atIn] = [closeOf(out), closeOf(inn)];
    const { port } = await silentServer();
    const pending = a.sockets.dialer.dial(`ws:127.0.0.1:${port}`, null);
    const failed = expect(pending).rejects.toMatchObject({ code: 'LINK_DIAL_FAILED' });
    await a.sockets.close();
    await failed;
    expect((await atOut).code).toBeNull();
    expect((await atIn).code).toBe('LINK_RESET');
    await b.sockets.close();
  });

  test('dialling what accepts and stays silent times out, before and after the upgrade', async () => {
    const clock = new HandClock();
    const a = node({ clock });
    const silent = await silentServer();
    const before = a.sockets.dialer.dial(`ws:127.0.0.1:${silent.port}`, null);
    const early = expect(before).rejects.toMatchObject({ code: 'LINK_DIAL_TIMEOUT' });
    await silent.heard;
    clock.fire();
    await early;
    const upgrading = await silentServer(true);
    const after = a.sockets.dialer.dial(`ws:127.0.0.1:${upgrading.port}`, null);
    const late = expect(after).rejects.toMatchObject({ code: 'LINK_HANDSHAKE_TIMEOUT' });
    await upgrading.heard;
    clock.fire();
    await late;
  });

  test('dialling another kind of server fails with what it said', async () => {
    const a = node();
    const { port } = await silentServer(false, 'HTTP/1.1 418 Teapot\r\nContent-Length: 0\r\n\r\n');
    await expect(a.sockets.dialer.dial(`ws:127.0.0.1:${port}`, null)).rejects.toMatchObject({
      code: 'LINK_DIAL_FAILED',
      data: { detail: 'HTTP status 418' },
    });
    await expect(a.sockets.dialer.dial(`wss:127.0.0.1:${port}`, null)).rejects.toMatchObject({
      code: 'LINK_DIAL_FAILED',
    });
  });
});

describe('behind a proxy that ends TLS', () => {
  afterEach(() => {
    delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  });

  test('a node is dialled as `wss:` and proves itself to the dialler, not the proxy', async () => {
    const [a, b] = [node(), node()];
    const inbound = Promise.withResolvers<Link>();
    const { address } = await b.sockets.listen('ws:127.0.0.1:0', inbound.resolve);
    const proxyIdentity = newIdentity();
    const proxy = createTlsServer(
      {
        cert: pem('CERTIFICATE', certificateOf(primitives, proxyIdentity)),
        key: privateKeyOf(proxyIdentity).export({ format: 'pem', type: 'pkcs8' }),
      },
      (secure) => {
        const onward = connect(portOf(address), '127.0.0.1');
        for (const socket of [secure, onward]) socket.on('error', () => undefined);
        secure.pipe(onward).pipe(secure);
      },
    ).listen(0, '127.0.0.1');
    proxy.on('tlsClientError', () => undefined);
    opened.push({ close: () => void proxy.close() });
    await once(proxy, 'listening');
    const { port } = proxy.address() as AddressInfo;
    const outside = `wss:127.0.0.1:${port}`;
    // No authority vouches for this proxy.
    await expect(a.sockets.dialer.dial(outside, b.identity.publicKey)).rejects.toMatchObject({
      code: 'LINK_DIAL_FAILED',
    });
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    const out = await a.sockets.dialer.dial(outside, b.identity.publicKey);
    const inn = await inbound.promise;
    expect([out.remoteKey, inn.remoteKey]).toEqual([b.identity.publicKey, a.identity.publicKey]);
    expect([out.remoteAddress, out.channelBinding]).toEqual([outside, inn.channelBinding]);
    const ends = [closeOf(out), closeOf(inn)];
    out.close();
    expect((await Promise.all(ends)).map(({ code }) => code)).toEqual([null, null]);
  });
});

/** Frames of a dialler (RFC 6455, section 5.2), each shorter than 64 KiB. */
function maskedFrames(stream: Buffer): { readonly length: number; readonly mask: number }[] {
  const frames = [];
  for (let at = 0; at < stream.length;) {
    const short = stream.readUInt8(at + 1) & 0x7f;
    const length = short === 126 ? stream.readUInt16BE(at + 2) : short;
    const maskAt = at + (short === 126 ? 4 : 2);
    frames.push({ length, mask: stream.readUInt32BE(maskAt) });
    at = maskAt + 4 + length;
  }
  return frames;
}

/** A server that takes connections, answers the request in one of three ways, and says nothing more. */
async function silentServer(
  upgrades = false,
  answer: string | null = null,
): Promise<{ readonly port: number; readonly heard: Promise<void> }> {
  const held: Socket[] = [];
  const heard = Promise.withResolvers<void>();
  const sockets = new WebSocketServer({ noServer: true });
  const http = createHttpServer().on('upgrade', (request, socket, head) =>
    sockets.handleUpgrade(request, socket, head, (upgraded) =>
      upgraded.on('message', () => heard.resolve()),
    ),
  );
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    held.push(socket);
    if (upgrades) http.emit('connection', socket);
    else {
      socket.once('data', () => {
        heard.resolve();
        if (answer !== null) socket.end(answer);
      });
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  opened.push({
    close: () => {
      for (const socket of held) socket.destroy();
      server.close();
    },
  });
  const { port } = server.address() as AddressInfo;
  return { port, heard: heard.promise };
}
