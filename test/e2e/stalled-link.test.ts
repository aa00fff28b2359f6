// When a link has stalled, on real sockets and with a clock that the test moves: the same on every transport.

import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import type { Link, LinkClose } from '../../src/env/link.ts';
import { identityFromSeed } from '../../src/crypto/signing.ts';
import { createTls } from '../../src/platform/links/tls.ts';
import type { Transport, TransportOptions } from '../../src/platform/links/transports.ts';
import { createUdp } from '../../src/platform/links/udp/udp.ts';
import { createWebSockets } from '../../src/platform/links/websocket/websocket.ts';
import { createLogger } from '../../src/platform/node/logger.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { systemRng } from '../../src/platform/node/rng.ts';
import { HandClock } from '../suites/hand-clock.ts';

const STALL_MS = 60_000;
const bounds = { stallTimeoutMs: STALL_MS, queueBytesMax: 256 * 1024 };

const TRANSPORTS: Readonly<
  Record<string, readonly [string, (options: TransportOptions) => Promise<Transport>]>
> = {
  tls: ['127.0.0.1:0', (options) => createTls({ ...options, bounds })],
  websocket: ['ws:127.0.0.1:0', async (options) => createWebSockets({ ...options, bounds })],
  udp: ['udp:127.0.0.1:0', (options) => createUdp({ ...options, bounds })],
};

/** What is sent waits in the link, then in the socket, until a later turn: the watch looks at each of these moments. */
const MOMENTS: readonly ((run: () => void) => void)[] = [
  (run) => run(),
  (run) => queueMicrotask(run),
  (run) => process.nextTick(run),
  (run) => process.nextTick(() => process.nextTick(run)),
];

const opened: Transport[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

async function start(kind: string, clock: HandClock): Promise<Transport> {
  const [, create] = TRANSPORTS[kind] ?? [];
  const identity = identityFromSeed(primitives, new Uint8Array(randomBytes(32)));
  const logger = createLogger({ level: 'silent' });
  const transport = await create?.({ primitives, identity, clock, rng: systemRng, logger });
  if (transport === undefined) throw new Error(`no transport ${kind}`);
  opened.push(transport);
  return transport;
}

interface Pair {
  readonly out: Link;
  readonly inn: Link;
  /** Moves the dialer's time alone. */
  readonly clock: HandClock;
}

async function pair(kind: string): Promise<Pair> {
  const clock = new HandClock();
  const [a, b] = [await start(kind, clock), await start(kind, new HandClock())];
  const inbound = Promise.withResolvers<Link>();
  const { address } = await b.listen(TRANSPORTS[kind]?.[0] ?? '', inbound.resolve);
  return { out: await a.dialer.dial(address, null), inn: await inbound.promise, clock };
}

function turns(count: number): Promise<void> {
  return count === 0
    ? Promise.resolve()
    : new Promise((resolve) => setImmediate(() => resolve(turns(count - 1))));
}

function nothing(): void {}

describe.each(Object.keys(TRANSPORTS))('%s', (kind) => {
  test('what is sent just before the watch looks has not stalled, however long nothing was', async () => {
    const { out, inn, clock } = await pair(kind);
    const closes: LinkClose[] = [];
    const came: number[] = [];
    let tell: () => void = nothing;
    inn.attach({
      frame: (bytes) => {
        came.push(bytes[0] ?? 0);
        tell();
      },
      drain: () => undefined,
      close: () => undefined,
    });
    out.attach({
      frame: () => undefined,
      drain: () => undefined,
      close: (reason) => {
        closes.push(reason);
        tell();
      },
    });
    const heard = (frame: number): Promise<void> => {
      const { promise, resolve } = Promise.withResolvers<void>();
      tell = (): void => {
        if (came.includes(frame) || closes.length > 0) resolve();
      };
      tell();
      return promise;
    };
    let frame = 0;
    for (const soon of MOMENTS) {
      out.send(Uint8Array.of((frame += 1)));
      await heard(frame);
      // Acknowledgements are on their way, too, where the transport counts them.
      while (out.bufferedBytes > 0) await turns(1);
      await turns(20);
      clock.advance(STALL_MS - 1);
      out.send(Uint8Array.of((frame += 1)));
      soon(() => clock.advance(2));
      await heard(frame);
      // The next round begins with a watch that does not run.
      await turns(20);
      clock.advance(2 * STALL_MS);
    }
    expect(closes).toEqual([]);
  });

  // Over UDP an acknowledgement is a sign of life, so that one is in `udp-link.test.ts`, on a wire that is cut.
  test.skipIf(kind === 'udp')(
    'an end that takes nothing has stalled once the time allowed is over',
    async () => {
      const { out, clock } = await pair(kind);
      const closed = Promise.withResolvers<LinkClose>();
      out.attach({ frame: () => undefined, drain: () => undefined, close: closed.resolve });
      // Nobody receives at the other end. The queue fills again until the system's buffers are full as well.
      for (let full = 0; full < 50;) {
        const sent = out.send(new Uint8Array(32 * 1024));
        full = sent === 'full' ? full + 1 : 0;
        if (sent === 'full') await turns(1);
      }
      clock.advance(STALL_MS - 1);
      await turns(5);
      clock.advance(2 * STALL_MS);
      expect(await closed.promise).toMatchObject({ code: 'LINK_STALLED' });
    },
  );
});
