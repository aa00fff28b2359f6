// `node bench/links/idle.ts --links 3000`: what a link that says nothing costs its listener, in memory and in processor
// time to accept, for WebSocket and TLS. The diallers are another process; each transport has a listener of its own.

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { identityFromSeed } from '../../src/crypto/signing.ts';
import type { Dialer, Link, Listen } from '../../src/env/link.ts';
import { createTls } from '../../src/platform/links/tls.ts';
import { createWebSockets } from '../../src/platform/links/websocket/websocket.ts';
import { systemClock } from '../../src/platform/node/clock.ts';
import { createLogger } from '../../src/platform/node/logger.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { systemRng } from '../../src/platform/node/rng.ts';

const { values: options } = parseArgs({
  options: {
    links: { type: 'string', default: '3000' },
    listen: { type: 'string' },
    dial: { type: 'string' },
  },
});
const LINKS = Number(options.links);
const AT_ONCE = 50;
const ADDRESSES = { websocket: 'ws:127.0.0.1:0', tls: '127.0.0.1:0' } as const;

async function transport(
  address: string,
  seed: number,
): Promise<{ readonly dialer: Dialer; readonly listen: Listen }> {
  const ground = {
    primitives,
    identity: identityFromSeed(primitives, new Uint8Array(32).fill(seed)),
    clock: systemClock,
    rng: systemRng,
    logger: createLogger({ level: 'silent' }),
    bounds: {
      acceptedLinksMax: LINKS,
      halfOpenMax: LINKS,
      halfOpenPerAddressMax: LINKS,
      dialTimeoutMs: 60_000,
      handshakeTimeoutMs: 60_000,
    },
  };
  return address.startsWith('ws:') ? createWebSockets(ground) : createTls(ground);
}

const links: Link[] = [];
function hold(link: Link): void {
  links.push(link);
  link.attach({ frame: () => undefined, drain: () => undefined, close: () => undefined });
}

async function dialAll(address: string): Promise<void> {
  const { dialer } = await transport(address, 2);
  while (links.length < LINKS) {
    const some = Math.min(AT_ONCE, LINKS - links.length);
    const opened = Array.from({ length: some }, () => dialer.dial(address, null));
    for (const link of await Promise.all(opened)) hold(link);
  }
  process.send?.('done');
}

/** In a process of its own, so that no other transport's memory is counted. */
async function listen(name: keyof typeof ADDRESSES): Promise<void> {
  const { listen } = await transport(ADDRESSES[name], 1);
  const { address } = await listen(ADDRESSES[name], hold);
  gc?.();
  const before = process.memoryUsage();
  const begun = process.cpuUsage();
  const dialers = fork(fileURLToPath(import.meta.url), ['--dial', address, '--links', `${LINKS}`]);
  await new Promise((resolve) => dialers.once('message', resolve));
  while (links.length < LINKS) await new Promise(setImmediate);
  const { user, system } = process.cpuUsage(begun);
  gc?.();
  const after = process.memoryUsage();
  const kibibytes = (bytes: number): string => (bytes / LINKS / 1024).toFixed(1);
  process.stdout.write(
    `${name.padEnd(9)} ${LINKS} links: ${kibibytes(after.rss - before.rss)} KiB resident each, of which ` +
      `${kibibytes(after.heapUsed - before.heapUsed)} KiB JavaScript; ${((user + system) / LINKS / 1000).toFixed(2)} ms to accept one\n`,
  );
  dialers.kill();
  process.exit();
}

if (options.dial !== undefined) await dialAll(options.dial);
else if (options.listen === 'websocket' || options.listen === 'tls') await listen(options.listen);
else {
  for (const name of ['websocket', 'tls']) {
    const child = fork(fileURLToPath(import.meta.url), ['--listen', name, '--links', `${LINKS}`], {
      execArgv: ['--expose-gc'],
    });
    await new Promise((resolve) => child.once('exit', resolve));
  }
}
