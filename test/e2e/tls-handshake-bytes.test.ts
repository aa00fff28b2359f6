// What opening a TLS link really costs on the wire, against what the simulator's wire model says.

import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { utf8 } from '../../src/core/bytes.ts';
import { identityFromSeed } from '../../src/crypto/signing.ts';
import type { Link } from '../../src/env/link.ts';
import { createTls, type Tls } from '../../src/platform/links/tls.ts';
import { systemClock } from '../../src/platform/node/clock.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { TLS_HANDSHAKE_BYTES } from '../../src/sim/mesh-run/wire-model.ts';
import { silentLogger } from '../suites/mesh-rig.ts';

function tlsOf(name: string): { readonly key: Uint8Array; readonly tls: Promise<Tls> } {
  const identity = identityFromSeed(primitives, primitives.sha256(utf8(name)));
  const tls = createTls({ primitives, identity, clock: systemClock, logger: silentLogger });
  return { key: identity.publicKey, tls };
}

test('the bytes of a TLS 1.3 handshake with our certificates are as modelled', async () => {
  const [a, b] = [tlsOf('a'), tlsOf('b')];
  const accepted: Link[] = [];
  const got = Promise.withResolvers<void>();
  const listener = await (
    await b.tls
  ).listen('127.0.0.1:0', (link) => {
    accepted.push(link);
    link.attach({ frame: () => got.resolve(), drain: () => {}, close: () => {} });
  });
  const bytes = { dialer: 0, listener: 0 };
  const proxy = createServer((client) => {
    const server = connect(Number(listener.address.split(':')[1]), '127.0.0.1');
    client.on('data', (chunk) => (bytes.dialer += chunk.length)).pipe(server);
    server.on('data', (chunk) => (bytes.listener += chunk.length)).pipe(client);
    for (const socket of [client, server]) socket.on('error', () => {});
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const { port } = proxy.address() as AddressInfo;
  const link = await (await a.tls).dialer.dial(`127.0.0.1:${port}`, b.key);
  link.attach({ frame: () => {}, drain: () => {}, close: () => {} });
  const frame = new Uint8Array(10);
  link.send(frame);
  await got.promise;
  // The frame's own record: its length, itself, header, type and tag.
  expect(bytes.dialer - (4 + frame.length + 22)).toBe(TLS_HANDSHAKE_BYTES.dialer);
  expect(bytes.listener).toBe(TLS_HANDSHAKE_BYTES.listener);
  await Promise.all([a.tls, b.tls].map(async (tls) => (await tls).close()));
  await listener.close();
  proxy.close();
});
