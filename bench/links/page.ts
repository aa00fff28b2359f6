// `node bench/links/page.ts`: what a page in a real browser can send to a node, over our link and over a bare WebSocket
// that seals nothing, in turns. By the clock, from the first frame handed over to the last one arrived: browser and node
// share the machine, so the ratio is the figure. Needs a Chromium (`BITCRAPS_BROWSER`).

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { WebSocketServer } from 'ws';
import { measure, type Contender } from '../../src/bench/measure.ts';
import { median } from '../../src/bench/statistics.ts';
import { toHex } from '../../src/core/bytes.ts';
import { identityFromSeed } from '../../src/crypto/signing.ts';
import { createWebSockets } from '../../src/platform/links/websocket/websocket.ts';
import { systemClock } from '../../src/platform/node/clock.ts';
import { createLogger } from '../../src/platform/node/logger.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { systemRng } from '../../src/platform/node/rng.ts';
import { bundlePage, findBrowser, openPage, PAGE_HOST } from '../../test/e2e/browser-page.ts';
import type { Flooder } from './page/flood.ts';

const CASES = [
  { frameBytes: 16 * 1024, frames: 2000 },
  { frameBytes: 256, frames: 50_000 },
] as const;
const ROUNDS = { rounds: 5, warmUpRounds: 1 };

let missing = 0;
let arrived = Promise.withResolvers<void>();
const one = (): void => {
  missing -= 1;
  if (missing === 0) arrived.resolve();
};

const browser = findBrowser();
if (browser === null) throw new Error('no Chromium found: name one in BITCRAPS_BROWSER');
const identity = identityFromSeed(primitives, new Uint8Array(32).fill(1));
const logger = createLogger({ level: 'silent' });
const sockets = createWebSockets({
  primitives,
  identity,
  clock: systemClock,
  rng: systemRng,
  logger,
});
const listener = await sockets.listen('ws:127.0.0.1:0', (link) =>
  link.attach({ frame: one, drain: () => undefined, close: () => undefined }),
);
const bare = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
bare.on('connection', (socket) => socket.on('message', one));
await once(bare, 'listening');
const open = await openPage(
  browser,
  await bundlePage(join(import.meta.dirname, 'page', 'flood.ts')),
);

/** Calls the page. */
async function call<Name extends keyof Flooder>(
  name: Name,
  ...words: Parameters<Flooder[Name]>
): Promise<void> {
  await open.page.evaluate(
    async ({ name, words }) => {
      const page = Reflect.get(globalThis, 'flooder') as Record<
        string,
        (...w: unknown[]) => unknown
      >;
      await page[name]?.(...words);
    },
    { name, words },
  );
}

const { port } = bare.address() as AddressInfo;
const address = listener.address.replace('127.0.0.1', PAGE_HOST);
await call('open', address, toHex(identity.publicKey), `ws://${PAGE_HOST}:${port}`);
for (const { frameBytes, frames } of CASES) {
  const contenders = (['bare', 'link'] as const).map((name): Contender<'bare' | 'link'> => ({
    name,
    async round() {
      missing = frames;
      arrived = Promise.withResolvers();
      const begun = performance.now();
      await call('flood', name, frameBytes, frames);
      await arrived.promise;
      return ((performance.now() - begun) * 1000) / frames;
    },
  }));
  const costs = await measure(contenders, ROUNDS, systemRng);
  const ratio = median(costs.bare.map((cost, i) => cost / (costs.link[i] ?? 0)));
  for (const name of ['bare', 'link'] as const) {
    const microseconds = median(costs[name]);
    process.stdout.write(
      `${String(frameBytes).padStart(6)} B  ${name}  ${microseconds.toFixed(2).padStart(7)} µs/frame  ` +
        `${Math.round(1e6 / microseconds)} frames/s  ${(frameBytes / microseconds).toFixed(0)} MB/s\n`,
    );
  }
  process.stdout.write(`${String(frameBytes).padStart(6)} B  link = ${ratio.toFixed(2)} × bare\n`);
}
await open.close();
await sockets.close();
bare.close();
for (const client of bare.clients) client.terminate();
