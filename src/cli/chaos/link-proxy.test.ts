import { once } from 'node:events';
import {
  createConnection,
  createServer,
  type AddressInfo,
  type Server,
  type Socket,
} from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { primitives } from '../../platform/node/primitives.ts';
import { createSeededRng } from '../../sim/seeded-rng.ts';
import { startLinkProxy, type LinkProxy } from './link-proxy.ts';

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

/** A server that gives back what it gets. */
async function echo(): Promise<{ server: Server; address: string; sockets: Socket[] }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(() => server.close());
  open.push(() => sockets.forEach((socket) => socket.destroy()));
  return { server, address: `127.0.0.1:${(server.address() as AddressInfo).port}`, sockets };
}

async function proxyTo(target: string | null): Promise<LinkProxy> {
  const proxy = await startLinkProxy(() => target, createSeededRng(primitives, 1, 'losses'));
  open.push(() => proxy.close());
  return proxy;
}

function connect(address: string): Socket {
  const [host = '', port = ''] = address.split(':');
  const socket = createConnection({ host, port: Number(port) });
  socket.on('error', () => undefined);
  open.push(() => socket.destroy());
  return socket;
}

/** Collects until so many bytes came. */
function bytes(socket: Socket, count: number): Promise<Buffer> {
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let length = 0;
  const take = (chunk: Buffer): void => {
    chunks.push(chunk);
    length += chunk.length;
    if (length < count) return;
    socket.off('data', take);
    resolve(Buffer.concat(chunks));
  };
  socket.on('data', take);
  return promise;
}

test('carries everything in order, slow and lossy too, and hands on the end', async () => {
  const { address } = await echo();
  const proxy = await proxyTo(address);
  proxy.slow(3);
  proxy.lose(0.05);
  const socket = connect(proxy.address);
  const sent = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * 31) & 0xff));
  const [came, ended] = [bytes(socket, sent.length), once(socket, 'end')];
  socket.end(sent);
  expect((await came).equals(sent)).toBe(true);
  await ended;
});

test('a cut wire carries nothing, and all of it once it is mended', async () => {
  const { address } = await echo();
  const [cut, whole] = [await proxyTo(address), await proxyTo(address)];
  const socket = connect(cut.address);
  const first = bytes(socket, 5);
  socket.write('hello');
  await first;
  cut.cut(true);
  let heard = 0;
  socket.on('data', (chunk: Buffer) => (heard += chunk.length));
  const rest = bytes(socket, 9);
  socket.write('are you ');
  // Meanwhile another wire to the same place goes to and fro.
  const other = connect(whole.address);
  for (let round = 0; round < 20; round += 1) {
    const answer = bytes(other, 4);
    other.write('ping');
    await answer;
  }
  expect(heard).toBe(0);
  socket.write('?');
  cut.cut(false);
  expect((await rest).toString()).toBe('are you ?');
});

test('who connects while the wire is cut waits; an end that breaks meanwhile is told afterwards', async () => {
  const { address, sockets } = await echo();
  const proxy = await proxyTo(address);
  const before = connect(proxy.address);
  const hello = bytes(before, 2);
  before.write('hi');
  await hello;
  proxy.cut(true);
  const late = connect(proxy.address);
  await once(late, 'connect');
  late.write('late');
  sockets[0]?.destroy();
  let isClosed = false;
  before.once('close', () => (isClosed = true));
  const [other, came] = [await proxyTo(address), bytes(late, 4)];
  const probe = connect(other.address);
  const answer = bytes(probe, 4);
  probe.write('ping');
  await answer;
  expect([isClosed, sockets.length]).toEqual([false, 2]);
  const closed = once(before, 'close');
  proxy.cut(false);
  await closed;
  expect((await came).toString()).toBe('late');
});

test('where nobody listens, the connection breaks', async () => {
  const { server, address } = await echo();
  const closed = once(server, 'close');
  server.close();
  await closed;
  for (const target of [address, null]) {
    const proxy = await proxyTo(target);
    const socket = connect(proxy.address);
    await once(socket, 'close');
  }
});
