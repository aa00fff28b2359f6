// UDP links over real loopback sockets: the suite of every transport, straight to a port and by key through a table of
// our own, and what only real sockets can show.

import { spawnSync } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import type { AdmissionGate } from '../../src/env/admission.ts';
import type { LogFields, Logger } from '../../src/env/logger.ts';
import type { Link, LinkClose } from '../../src/env/link.ts';
import { bytesEqual } from '../../src/core/bytes.ts';
import { peerIdText } from '../../src/core/peer-id.ts';
import { identityFromSeed, type Identity } from '../../src/crypto/signing.ts';
import { startBootstrapNode, startDhtNode, type DhtNode } from '../../src/platform/dht/dht-node.ts';
import { createHandshakeGate } from '../../src/platform/links/handshake-gate.ts';
import { decodeOpening, encodeOpening } from '../../src/platform/links/udp/opening-message.ts';
import { createUdp, type Udp } from '../../src/platform/links/udp/udp.ts';
import {
  DATAGRAM_FRAME_BYTES_MAX,
  type UdpBounds,
} from '../../src/platform/links/udp/udp-bounds.ts';
import { systemClock } from '../../src/platform/node/clock.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { systemRng } from '../../src/platform/node/rng.ts';
import {
  COOKIE_NONCE_BYTES,
  COOKIE_TAG_BYTES,
  decodeKnock,
  encodeCookie,
  encodeKnock,
} from '../../src/wire/knock.ts';
import { describeLink, type LinkNode, DEAD_PORT, PATIENT_STOP } from '../suites/link.suite.ts';

const BOUNDS = { frameBytesMax: 64 * 1024, queueBytesMax: 256 * 1024 };
const DIRECT = 'udp:127.0.0.1:0';

interface Entry {
  readonly event: string;
  readonly fields: LogFields;
}

/** A logger that keeps what it is told and tells who waits for an event. */
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
  readonly udp: Udp;
  readonly log: LogBook;
}

const opened: { close(): unknown }[] = [];

afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) await one.close();
});

function newIdentity(): Identity {
  return identityFromSeed(primitives, new Uint8Array(randomBytes(32)));
}

async function node(
  bounds: Partial<UdpBounds> = {},
  dht?: DhtNode,
  more: { readonly gate?: AdmissionGate; readonly identity?: Identity } = {},
): Promise<Node> {
  const { identity = newIdentity(), gate } = more;
  const log = new LogBook();
  const udp = await createUdp({
    primitives,
    identity,
    clock: systemClock,
    rng: systemRng,
    logger: log,
    bounds: { ...BOUNDS, ...bounds },
    ...(dht === undefined ? {} : { dht }),
    ...(gate === undefined ? {} : { gate }),
  });
  opened.push(udp);
  return { identity, udp, log };
}

async function bootstrapped(): Promise<() => Promise<DhtNode>> {
  const bootstrap = await startBootstrapNode({ listen: '127.0.0.1:0' });
  opened.push(bootstrap);
  await bootstrap.joined;
  return async () => {
    const dht = await startDhtNode({ listen: '127.0.0.1:0', bootstrap: [bootstrap.address] });
    opened.push(dht);
    await dht.joined;
    return dht;
  };
}

function linkNode({ identity, udp }: Node, listenAddress: string): LinkNode {
  const { dialer, listen } = udp;
  const stop = (): Promise<void> => udp.close();
  return { publicKey: identity.publicKey, dialer, listen, listenAddress, stop };
}

describeLink('UDP link, direct', async () => {
  const quick = { dialTimeoutMs: 500, ...PATIENT_STOP };
  const [a, b, c] = [await node(quick), await node(quick), await node(quick)];
  return {
    nodes: [linkNode(a, DIRECT), linkNode(b, DIRECT), linkNode(c, DIRECT)],
    ...BOUNDS,
    settle: (work) => work,
    deadAddress: `udp:127.0.0.1:${DEAD_PORT}`,
    invalidAddresses: ['', 'udp:', 'udp:127.0.0.1', '127.0.0.1:80', 'udp:host:65536', 'udp:::1:80'],
    close: () => Promise.all([a, b, c].map(({ udp }) => udp.close())).then(() => undefined),
  };
});

describeLink('UDP link, by key', async () => {
  const join = await bootstrapped();
  const [a, b, c] = [
    await node(PATIENT_STOP, await join()),
    await node(PATIENT_STOP, await join()),
    await node(PATIENT_STOP, await join()),
  ];
  const nobody = identityFromSeed(primitives, new Uint8Array(32).fill(9));
  return {
    nodes: [linkNode(a, 'dht:'), linkNode(b, 'dht:'), linkNode(c, 'dht:')],
    ...BOUNDS,
    settle: (work) => work,
    deadAddress: `dht:${peerIdText(nobody.publicKey)}`,
    invalidAddresses: ['', 'dht', 'dht:abc', 'dht:127.0.0.1:80'],
    close: () => Promise.all([a, b, c].map(({ udp }) => udp.close())).then(() => undefined),
  };
});

function closeOf(link: Link): Promise<LinkClose> {
  return new Promise((resolve) => {
    link.attach({ frame: () => undefined, drain: () => undefined, close: resolve });
  });
}

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1));
}

/** A dialer that is not ours: it speaks the datagrams before a link, byte by byte. */
class BareDialer {
  readonly #socket: Socket;
  readonly #port: number;
  readonly nonce = new Uint8Array(randomBytes(8));

  private constructor(socket: Socket, port: number) {
    this.#socket = socket;
    this.#port = port;
  }

  static async open(address: string): Promise<BareDialer> {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    opened.push(socket);
    return new BareDialer(socket, portOf(address));
  }

  send(bytes: Uint8Array): void {
    this.#socket.send(bytes, this.#port, '127.0.0.1');
  }

  async ask(bytes: Uint8Array): Promise<Uint8Array> {
    const answered = once(this.#socket, 'message');
    this.send(bytes);
    const [reply] = (await answered) as [Buffer];
    expect(reply.length).toBeLessThanOrEqual(bytes.length);
    return new Uint8Array(reply);
  }

  probe(stream = 7): Uint8Array {
    return encodeOpening({ kind: 'probe', nonce: this.nonce, stream });
  }

  async cookie(stream = 7): Promise<Uint8Array> {
    const reply = decodeOpening(await this.ask(this.probe(stream)));
    return reply?.kind === 'cookie' ? reply.cookie : expect.unreachable('a cookie was asked for');
  }

  openWith(cookie: Uint8Array, stream = 7): Uint8Array {
    return encodeOpening({ kind: 'open', nonce: this.nonce, stream, cookie, answer: null });
  }
}

describe('a UDP listener', () => {
  test('takes IPv6 and names it in brackets', async () => {
    const [a, b] = [await node(), await node()];
    const listener = await b.udp.listen('udp:[::1]:0', () => undefined);
    expect(listener.address).toMatch(/^udp:\[::1\]:\d+$/);
    const link = await a.udp.dialer.dial(listener.address, b.identity.publicKey);
    expect(link.remoteAddress).toBe(listener.address);
    // However it is written.
    const long = listener.address.replace('[::1]', '[0:0:0:0:0:0:0:1]');
    expect((await a.udp.dialer.dial(long, null)).remoteKey).toEqual(b.identity.publicKey);
  });

  test('takes names for addresses', async () => {
    const [a, b] = [await node(), await node()];
    const { address } = await b.udp.listen('udp:localhost:0', () => undefined);
    const link = await a.udp.dialer.dial(`udp:localhost:${portOf(address)}`, b.identity.publicKey);
    expect(link.remoteKey).toEqual(b.identity.publicKey);
    await expect(a.udp.dialer.dial('udp:nowhere.invalid:1', null)).rejects.toMatchObject({
      code: 'LINK_DIAL_FAILED',
    });
  });

  test('refuses an address that is not of this machine, and one that another process has', async () => {
    const { udp } = await node();
    await expect(udp.listen('udp:192.0.2.1:0', () => undefined)).rejects.toMatchObject({
      code: 'LINK_ADDRESS_REFUSED',
    });
    const other = createSocket('udp4').bind(0, '127.0.0.1');
    await once(other, 'listening');
    opened.push(other);
    const taken = `udp:127.0.0.1:${other.address().port}`;
    await expect(udp.listen(taken, () => undefined)).rejects.toMatchObject({
      code: 'LINK_ADDRESS_IN_USE',
    });
  });

  test('keeps nothing for who does not come back with a cookie of its own', async () => {
    const b = await node({ halfOpenMax: 1 });
    const { address } = await b.udp.listen(DIRECT, () => expect.unreachable());
    const [one, two] = [await BareDialer.open(address), await BareDialer.open(address)];
    const cookie = await one.cookie();
    two.send(two.openWith(cookie));
    one.send(one.openWith(cookie, 8));
    one.send(one.openWith(new Uint8Array(16)));
    // Datagrams of one socket stay in order here: this is the answer to what came last.
    const reply = await one.ask(one.openWith(cookie));
    expect(decodeOpening(reply)?.kind).toBe('accept');
  });

  test('opens one stream for a request that comes twice', async () => {
    const b = await node({ halfOpenMax: 1 });
    const { address } = await b.udp.listen(DIRECT, () => expect.unreachable());
    const dialer = await BareDialer.open(address);
    const open = dialer.openWith(await dialer.cookie());
    expect(await dialer.ask(open)).toEqual(await dialer.ask(open));
  });

  test('ends a handshake that does not finish in time, and keeps count of those under way', async () => {
    const b = await node({ handshakeTimeoutMs: 200, halfOpenPerAddressMax: 2 });
    const { address } = await b.udp.listen(DIRECT, () => undefined);
    const kinds: string[] = [];
    for (let i = 0; i < 3; i += 1) {
      const dialer = await BareDialer.open(address);
      const reply = decodeOpening(await dialer.ask(dialer.openWith(await dialer.cookie())));
      kinds.push(reply?.kind === 'refuse' ? reply.reason : (reply?.kind ?? ''));
    }
    expect(kinds).toEqual(['accept', 'accept', 'busy']);
    await b.log.next('link-refused');
    const a = await node();
    expect((await a.udp.dialer.dial(address, b.identity.publicKey)).role).toBe('dialer');
  });

  test('takes no more links than its bound, and new ones once old ones ended', async () => {
    const [a, b] = [await node(), await node({ acceptedLinksMax: 1 })];
    let over: Promise<LinkClose> = Promise.resolve({ code: null, detail: '' });
    const { address } = await b.udp.listen(DIRECT, (link) => {
      over = closeOf(link);
    });
    const first = await a.udp.dialer.dial(address, null);
    await expect(a.udp.dialer.dial(address, null)).rejects.toMatchObject({
      code: 'LINK_DIAL_FAILED',
      message: expect.stringContaining('no more links'),
    });
    const ended = closeOf(first);
    first.close();
    await ended;
    await over;
    expect((await a.udp.dialer.dial(address, null)).role).toBe('dialer');
  });

  test('lets go of a port that others asked for in vain', async () => {
    const [a, b] = [await node(), await node()];
    const listener = await b.udp.listen(DIRECT, () => undefined);
    const { address } = listener;
    await a.udp.dialer.dial(address, null);
    await listener.close();
    await expect(a.udp.dialer.dial(address, null)).rejects.toMatchObject({
      message: expect.stringContaining('nobody listens'),
    });
    await b.udp.close();
    const again = await (await node()).udp.listen(address, () => undefined);
    expect(again.address).toBe(address);
  });

  test('demands work where its gate does, and a dialer does it', async () => {
    const inner = createHandshakeGate({
      halfOpenMax: 10,
      halfOpenPerAddressMax: 10,
      acceptedLinksMax: 10,
    });
    const cookie = encodeCookie({
      slot: 1,
      bits: 6,
      nonce: new Uint8Array(COOKIE_NONCE_BYTES),
      tag: new Uint8Array(COOKIE_TAG_BYTES),
    });
    const answers: (Uint8Array | null)[] = [];
    const [a, identity] = [await node(), newIdentity()];
    const gate: AdmissionGate = {
      challengeFor: () => null,
      arrive(caller) {
        const visit = inner.arrive(caller);
        if (typeof visit === 'string') return visit;
        const listener = identity.publicKey;
        return {
          ...visit,
          begin(answer) {
            answers.push(answer);
            const solved = answer === null ? null : decodeKnock(answer);
            return solved?.kind === 'answer' && bytesEqual(solved.cookie, cookie)
              ? { kind: 'admitted' }
              : {
                  kind: 'challenged',
                  challenge: encodeKnock({ kind: 'challenge', listener, cookie }),
                };
          },
        };
      },
    };
    const b = await node({}, undefined, { gate, identity });
    const { address } = await b.udp.listen(DIRECT, () => undefined);
    const link = await a.udp.dialer.dial(address, b.identity.publicKey);
    expect(link.remoteKey).toEqual(b.identity.publicKey);
    expect(answers.map((answer) => answer !== null)).toEqual([false, true]);
    // A challenge in another's name would make a dialer work for somebody else.
    await expect(a.udp.dialer.dial(address, newIdentity().publicKey)).rejects.toMatchObject({
      code: 'LINK_HANDSHAKE_FAILED',
    });
  });

  test('hears its gate about identities, and tells it how links end', async () => {
    const told: string[] = [];
    const gate: AdmissionGate = {
      challengeFor: () => null,
      arrive: () => ({
        looks: false,
        begin: () => ({ kind: 'admitted' }),
        prove: (key) => (bytesEqual(key, a.identity.publicKey) ? null : 'links-of-identity'),
        holds: ({ bufferedBytes }) => void told.push(`holds ${bufferedBytes}`),
        fail: (reason) => void told.push(reason),
        leave: () => void told.push('leave'),
      }),
    };
    const [a, other] = [await node({ frameBytesMax: 128 * 1024 }), await node()];
    const b = await node({}, undefined, { gate });
    const { address } = await b.udp.listen(DIRECT, (link) => void closeOf(link));
    await expect(other.udp.dialer.dial(address, null)).rejects.toMatchObject({
      code: expect.stringMatching(/^LINK_HANDSHAKE_FAILED$/),
    });
    const link = await a.udp.dialer.dial(address, null);
    told.length = 0;
    const over = closeOf(link);
    link.send(new Uint8Array(BOUNDS.frameBytesMax + 1));
    await over;
    expect(told).toContain('frame-oversized');
  });

  test('takes both kinds of links on one port, each by its own listener', async () => {
    const [a, b] = [await node(), await node()];
    const kinds: string[] = [];
    const first = await b.udp.listen(DIRECT, (link) => void kinds.push(link.transport));
    const { address } = first;
    const datagram = address.replace('udp:', 'udp-datagram:');
    await expect(a.udp.dialer.dial(datagram, null)).rejects.toMatchObject({
      code: 'LINK_HANDSHAKE_FAILED',
    });
    const second = await b.udp.listen(datagram, (link) => void kinds.push(link.transport));
    expect(second.address).toBe(datagram);
    expect((await a.udp.dialer.dial(datagram, null)).reliable).toBe(false);
    expect((await a.udp.dialer.dial(address, null)).reliable).toBe(true);
    await first.close();
    expect((await a.udp.dialer.dial(datagram, null)).reliable).toBe(false);
    expect(kinds).toEqual(['udp-datagram', 'udp', 'udp-datagram']);
  });
});

/** A wire between dialers and a listener that does to each packet what `fate` says: copies of it to pass on. */
async function wireTo(address: string, fate: (toListener: boolean) => number): Promise<string> {
  const front = createSocket('udp4').bind(0, '127.0.0.1');
  await once(front, 'listening');
  const backs = new Map<number, Socket>();
  front.on('message', (bytes, from) => {
    let back = backs.get(from.port);
    if (back === undefined) {
      back = createSocket('udp4');
      back.on('message', (reply) => {
        for (let i = fate(false); i > 0; i -= 1) front.send(reply, from.port, '127.0.0.1');
      });
      backs.set(from.port, back);
    }
    for (let i = fate(true); i > 0; i -= 1) back.send(bytes, portOf(address), '127.0.0.1');
  });
  opened.push({
    close: () => {
      front.close();
      for (const back of backs.values()) back.close();
    },
  });
  return address.replace(/\d+$/, String(front.address().port));
}

interface Linked {
  readonly out: Link;
  readonly inn: Link;
  readonly a: Node;
  readonly b: Node;
}

async function linked(
  bounds: Partial<UdpBounds> = {},
  listenAddress: string = DIRECT,
  fate: ((toListener: boolean) => number) | null = null,
): Promise<Linked> {
  const [a, b] = [await node(bounds), await node(bounds)];
  const inbound = Promise.withResolvers<Link>();
  const { address } = await b.udp.listen(listenAddress, inbound.resolve);
  const to = fate === null ? address : await wireTo(address, fate);
  const out = await a.udp.dialer.dial(to, b.identity.publicKey);
  return { out, inn: await inbound.promise, a, b };
}

/** Everything that comes, until `count` frames came. */
function framesOf(link: Link, count: number): Promise<Uint8Array[]> {
  const frames: Uint8Array[] = [];
  return new Promise((resolve, reject) => {
    link.attach({
      frame(bytes) {
        frames.push(bytes);
        if (frames.length === count) resolve(frames);
      },
      drain: () => undefined,
      close: ({ code, detail }) => reject(new Error(`${code}: ${detail}`)),
    });
  });
}

/** Draws in [0, 1) that are the same in each run. */
function draws(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) / 2 ** 24;
  };
}

describe('a UDP link', () => {
  test('carries every frame once and in order over a wire that loses and repeats packets', async () => {
    const draw = draws();
    const { out, inn } = await linked(
      { dialTimeoutMs: 20_000, handshakeTimeoutMs: 20_000 },
      DIRECT,
      () => {
        const fate = draw();
        if (fate < 0.1) return 0;
        return fate < 0.2 ? 2 : 1;
      },
    );
    const came = framesOf(inn, 300);
    const frames = Array.from({ length: 300 }, (_, i) =>
      new Uint8Array(1 + ((i * 37) % 900)).fill(i),
    );
    for (const frame of frames) out.send(frame);
    expect(await came).toEqual(frames);
  }, 30_000);

  test('breaks when the other end sends a longer frame than agreed', async () => {
    const b = await node();
    const a = await node({ frameBytesMax: 128 * 1024, queueBytesMax: 1024 * 1024 });
    const inbound = Promise.withResolvers<Link>();
    const { address } = await b.udp.listen(DIRECT, inbound.resolve);
    const out = await a.udp.dialer.dial(address, null);
    const [atOut, atIn] = [closeOf(out), closeOf(await inbound.promise)];
    out.send(new Uint8Array(BOUNDS.frameBytesMax + 1));
    expect((await atOut).code).toBe('LINK_RESET');
    expect(await atIn).toMatchObject({ code: 'LINK_FRAME_TOO_LONG' });
  });

  test('breaks when nothing comes back while bytes wait', async () => {
    let isCut = false;
    const { out, a } = await linked({ stallTimeoutMs: 200 }, DIRECT, () => (isCut ? 0 : 1));
    isCut = true;
    const stalled = closeOf(out);
    out.send(new Uint8Array(1000));
    expect(await stalled).toMatchObject({ code: 'LINK_STALLED' });
    expect(a.log.entries.map(({ event }) => event)).toContain('link-destroyed');
  });

  test('bounds what waits for an end that is gone', async () => {
    let isCut = false;
    const { out } = await linked({ stallTimeoutMs: 300 }, DIRECT, () => (isCut ? 0 : 1));
    isCut = true;
    const stalled = new Promise<LinkClose>((resolve) => {
      const fill = (): void => {
        while (out.send(new Uint8Array(10_000)) === 'sent') {
          expect(out.bufferedBytes).toBeLessThan(BOUNDS.queueBytesMax + 20_000);
        }
      };
      out.attach({ frame: () => undefined, drain: fill, close: resolve });
      fill();
    });
    expect(await stalled).toMatchObject({ code: 'LINK_STALLED' });
  });

  test('ends an orderly close that the other end never answers', async () => {
    let isCut = false;
    const { out } = await linked({ closeTimeoutMs: 50 }, DIRECT, () => (isCut ? 0 : 1));
    isCut = true;
    const over = closeOf(out);
    out.close();
    expect(await over).toMatchObject({ code: 'LINK_STALLED' });
  });

  test('ends in order although its last acknowledgement is lost, if all it had to say arrived', async () => {
    const state = { isClosing: false, isCut: false };
    const fate = (toListener: boolean): number => {
      if (toListener) return state.isCut ? 0 : 1;
      state.isCut ||= state.isClosing;
      return 1;
    };
    const { out, inn } = await linked({ closeTimeoutMs: 100 }, DIRECT, fate);
    const [atOut, atIn] = [closeOf(out), closeOf(inn)];
    state.isClosing = true;
    out.close();
    expect([(await atOut).code, (await atIn).code]).toEqual([null, null]);
    expect(state.isCut).toBe(true);
  });

  test('close of the node ends links, listeners and dials', async () => {
    const { out, inn, a, b } = await linked();
    const [atOut, atIn] = [closeOf(out), closeOf(inn)];
    const pending = a.udp.dialer.dial(`udp:127.0.0.1:${DEAD_PORT}`, null);
    const failed = expect(pending).rejects.toMatchObject({ code: 'LINK_DIAL_FAILED' });
    await new Promise(setImmediate);
    await a.udp.close();
    await failed;
    expect((await atOut).code).toBeNull();
    expect((await atIn).code).toBe('LINK_RESET');
    await b.udp.close();
  });

  test('dialling something that answers and stays silent times out', async () => {
    const silent = createSocket('udp4').bind(0, '127.0.0.1');
    await once(silent, 'listening');
    opened.push(silent);
    silent.on('message', (bytes, from) => {
      const message = decodeOpening(bytes);
      if (message?.kind !== 'probe') return;
      const reply = { kind: 'cookie', nonce: message.nonce, cookie: new Uint8Array(16) } as const;
      silent.send(encodeOpening(reply), from.port, '127.0.0.1');
    });
    const a = await node({ dialTimeoutMs: 100 });
    await expect(
      a.udp.dialer.dial(`udp:127.0.0.1:${silent.address().port}`, null),
    ).rejects.toMatchObject({ code: 'LINK_HANDSHAKE_TIMEOUT' });
  });
});

const DATAGRAM = 'udp-datagram:127.0.0.1:0';

/** A sealed frame of 50 bytes behind the header of UDX. */
function isSealed50(bytes: Buffer): boolean {
  return bytes.length === 20 + 8 + 50 + 16;
}

describe('a datagram link', () => {
  test('carries frames of up to its bound, knows both ends, and refuses longer ones', async () => {
    const { out, inn, a, b } = await linked({}, DATAGRAM);
    expect([out.transport, out.reliable, inn.reliable]).toEqual(['udp-datagram', false, false]);
    expect([out.remoteKey, inn.remoteKey]).toEqual([b.identity.publicKey, a.identity.publicKey]);
    expect(out.channelBinding).toEqual(inn.channelBinding);
    expect(out.frameBytesMax).toBe(DATAGRAM_FRAME_BYTES_MAX);
    const frames = [1, 100, DATAGRAM_FRAME_BYTES_MAX].map((size) => new Uint8Array(size).fill(5));
    const [there, back] = [framesOf(inn, 3), framesOf(out, 3)];
    for (const frame of frames) {
      expect(out.send(frame)).toBe('sent');
      expect(inn.send(frame)).toBe('sent');
    }
    expect(await there).toEqual(frames);
    expect(await back).toEqual(frames);
    expect(Object.getPrototypeOf((await there)[0])).toBe(Uint8Array.prototype);
    expect(() => out.send(new Uint8Array(DATAGRAM_FRAME_BYTES_MAX + 1))).toThrow(
      expect.objectContaining({ code: 'LINK_FRAME_TOO_LONG' }),
    );
  });

  test('loses what the wire loses, delivers once what it repeats, and goes on', async () => {
    const fates = [1, 0, 2, 1, 0, 3, 1];
    let at = -1;
    const { out, inn } = await linked({}, DATAGRAM, (toListener) =>
      at < 0 || !toListener ? 1 : (fates[at++] ?? 1),
    );
    const came: number[] = [];
    const last = Promise.withResolvers<void>();
    inn.attach({
      frame(bytes) {
        came.push(bytes[0] ?? 0);
        if (bytes[0] === 99) last.resolve();
      },
      drain: () => undefined,
      close: () => undefined,
    });
    // The stream's own packets are through once an answer came.
    const echoed = framesOf(out, 1);
    inn.send(Uint8Array.of(1));
    await echoed;
    at = 0;
    for (let i = 0; i < fates.length; i += 1) out.send(Uint8Array.of(i));
    out.send(Uint8Array.of(99));
    await last.promise;
    expect(came).toEqual([0, 2, 3, 5, 6, 99]);
  });

  test('pushes back at its bound, then drains', async () => {
    const { out } = await linked({ queueBytesMax: 10_000 }, DATAGRAM);
    const drained = new Promise<void>((resolve) => {
      out.attach({ frame: () => undefined, drain: resolve, close: () => undefined });
    });
    while (out.send(new Uint8Array(1000)) === 'sent')
      expect(out.bufferedBytes).toBeLessThan(11_001);
    expect(out.send(new Uint8Array(1))).toBe('full');
    await drained;
    expect(out.bufferedBytes).toBeLessThanOrEqual(5000);
    expect(out.send(new Uint8Array(1))).toBe('sent');
  });

  test('ends in order at both ends, or at once with a code', async () => {
    const first = await linked({}, DATAGRAM);
    const [atOut, atIn] = [closeOf(first.out), closeOf(first.inn)];
    first.out.send(Uint8Array.of(1));
    first.out.close();
    expect(first.out.send(Uint8Array.of(1))).toBe('closed');
    expect([(await atOut).code, (await atIn).code]).toEqual([null, null]);
    const second = await linked({}, DATAGRAM);
    const ends = [closeOf(second.out), closeOf(second.inn)];
    second.out.destroy({ code: 'LINK_STALLED', detail: 'a test' });
    expect((await Promise.all(ends)).map(({ code }) => code)).toEqual([
      'LINK_STALLED',
      'LINK_RESET',
    ]);
  });

  test('drops what somebody else sends to its stream, and what was changed on the way', async () => {
    const seen: Buffer[] = [];
    const b = await node();
    const inbound = Promise.withResolvers<Link>();
    const { address } = await b.udp.listen(DATAGRAM, inbound.resolve);
    const tap = createSocket('udp4').bind(0, '127.0.0.1');
    const back = createSocket('udp4').bind(0, '127.0.0.1');
    await Promise.all([once(tap, 'listening'), once(back, 'listening')]);
    opened.push(tap, back);
    let dialer = 0;
    tap.on('message', (bytes, from) => {
      dialer = from.port;
      seen.push(bytes);
      back.send(bytes, portOf(address), '127.0.0.1');
    });
    back.on('message', (bytes) => tap.send(bytes, dialer, '127.0.0.1'));
    const to = `udp-datagram:127.0.0.1:${tap.address().port}`;
    const out = await (await node()).udp.dialer.dial(to, b.identity.publicKey);
    const came = framesOf(await inbound.promise, 2);
    out.send(new Uint8Array(50).fill(1));
    while (!seen.some(isSealed50)) await new Promise(setImmediate);
    const original = seen.find(isSealed50) ?? Buffer.alloc(0);
    for (let at = 20; at < original.length; at += 7) {
      const changed = Buffer.from(original);
      changed[at] = (changed[at] ?? 0) ^ 1;
      back.send(changed, portOf(address), '127.0.0.1');
    }
    back.send(original, portOf(address), '127.0.0.1');
    out.send(new Uint8Array(50).fill(2));
    expect(await came).toEqual([new Uint8Array(50).fill(1), new Uint8Array(50).fill(2)]);
  });

  test('also goes to a peer by its key', async () => {
    const join = await bootstrapped();
    const [a, b] = [await node({}, await join()), await node({}, await join())];
    const inbound = Promise.withResolvers<Link>();
    const { address } = await b.udp.listen('dht-datagram:', inbound.resolve);
    expect(address).toBe(`dht-datagram:${peerIdText(b.identity.publicKey)}`);
    const out = await a.udp.dialer.dial(address, null);
    const came = framesOf(await inbound.promise, 1);
    out.send(Uint8Array.of(7));
    expect(await came).toEqual([Uint8Array.of(7)]);
  });
});

test('a listener by key keeps no more handshakes than its bound', async () => {
  const join = await bootstrapped();
  const a = await node({ dialTimeoutMs: 2000 }, await join());
  const bounds = { dhtHandshakesMax: 2, handshakeTimeoutMs: 60_000 };
  const b = await node(bounds, await join());
  const { address } = await b.udp.listen('dht:', () => undefined);
  const dials = Array.from({ length: 6 }, () => a.udp.dialer.dial(address, b.identity.publicKey));
  const results = await Promise.allSettled(dials);
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
}, 30_000);

test('nothing keeps the process alive after close', () => {
  // Everything that holds a socket or a timer: a table, links of each kind, a dial under way.
  const program = `
    import { startBootstrapNode, startDhtNode } from './src/platform/dht/dht-node.ts';
    import { createUdp } from './src/platform/links/udp/udp.ts';
    import { systemClock as clock } from './src/platform/node/clock.ts';
    import { createLogger } from './src/platform/node/logger.ts';
    import { primitives } from './src/platform/node/primitives.ts';
    import { systemRng as rng } from './src/platform/node/rng.ts';
    const listen = '127.0.0.1:0';
    const logger = createLogger({ level: 'silent' });
    const bootstrap = await startBootstrapNode({ listen });
    const taken = { listen: bootstrap.address, bootstrap: [bootstrap.address] };
    await startDhtNode(taken).catch(() => console.log('refused'));
    const tables = await Promise.all([0, 1].map(() => startDhtNode({ listen, bootstrap: [bootstrap.address] })));
    const [a, b] = await Promise.all(tables.map((dht, i) => {
      const identity = primitives.signKeypair(new Uint8Array(32).fill(i));
      return createUdp({ primitives, identity, clock, rng, logger, dht });
    }));
    for (const address of ['udp:127.0.0.1:0', 'udp-datagram:127.0.0.1:0', 'dht:', 'dht-datagram:']) {
      const listener = await b.listen(address, (link) => link.attach({ frame() {}, drain() {}, close() {} }));
      const link = await a.dialer.dial(listener.address, null);
      link.attach({ frame() {}, drain() {}, close() {} });
      link.send(new Uint8Array(1000));
    }
    a.dialer.dial('udp:127.0.0.1:9', null).catch(() => console.log('given up'));
    await new Promise(setImmediate);
    await Promise.all([a.close(), b.close()]);
    for (const table of tables) await table.close();
    await bootstrap.close();
    console.log('closed');
  `;
  const { stdout, stderr, signal } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', program],
    { encoding: 'utf8', timeout: 20_000 },
  );
  expect({ stderr, signal }).toEqual({ stderr: '', signal: null });
  expect(stdout.trim().split('\n').toSorted()).toEqual(['closed', 'given up', 'refused']);
}, 30_000);

test('the handshake’s hash follows from what passes on the wire, so no key may come from it', () => {
  // If this fails, the library mixes a secret into the hash, and its own seal for messages would do.
  const load = createRequire(createRequire(import.meta.url).resolve('hyperdht'));
  const Noise = load('noise-handshake') as new (
    pattern: string,
    initiator: boolean,
    keyPair: null,
    options: { curve: unknown },
  ) => NoiseState;
  const curve: unknown = load('noise-curve-ed');
  const [a, b] = [new Noise('XX', true, null, { curve }), new Noise('XX', false, null, { curve })];
  a.initialise(Buffer.alloc(0));
  b.initialise(Buffer.alloc(0));
  const messages: Buffer[] = [];
  for (const [from, to] of [
    [a, b],
    [b, a],
    [a, b],
  ] as const) {
    const message = Buffer.from(from.send());
    messages.push(message);
    // The library wipes what it was given.
    to.recv(Buffer.from(message));
  }
  const [first, second, third] = messages as [Buffer, Buffer, Buffer];
  const parts = [
    Buffer.alloc(0),
    first,
    second.subarray(0, 32),
    second.subarray(32, 80),
    second.subarray(80),
    third.subarray(0, 48),
    third.subarray(48),
  ];
  let hash = Buffer.alloc(64);
  hash.write('Noise_XX_Ed25519_ChaChaPoly_BLAKE2b');
  // Message 1 has an empty payload, which is mixed in as well.
  parts.splice(2, 0, Buffer.alloc(0));
  for (const part of parts) {
    hash = Buffer.from(primitives.blake2b(Buffer.concat([hash, part]), 64));
  }
  expect(a.hash).toEqual(b.hash);
  expect(hash).toEqual(Buffer.from(a.hash));
});

interface NoiseState {
  initialise(prologue: Buffer): void;
  send(): Uint8Array;
  recv(message: Buffer): Uint8Array;
  readonly hash: Uint8Array;
}
