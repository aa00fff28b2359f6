// `node bench/links/websocket.ts`: frames through our WebSocket link beside bare `ws`, which neither seals nor proves
// anything, and beside our TLS link. All in one process over loopback, in turns; the cost is processor time of both ends
// together, so that what else the machine does counts for nobody. `--json` prints one document.

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { WebSocket, WebSocketServer, type ClientOptions } from 'ws';
import { measure, type Contender } from '../../src/bench/measure.ts';
import { median, summarize } from '../../src/bench/statistics.ts';
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
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '7' },
  },
});
const ROUNDS = { rounds: Number(options.rounds), warmUpRounds: 2 };
/** Frames of one round: large enough for 100 ms of work. */
const CASES = [
  { frameBytes: 16 * 1024, frames: 4000 },
  { frameBytes: 256, frames: 60_000 },
] as const;
/** What bare `ws` may have waiting, as a link's queue. */
const QUEUE_BYTES_MAX = 1024 * 1024;

/** Sends some frames one way, and resolves when the other end has got them all. */
interface Channel {
  send(frame: Uint8Array, frames: number): Promise<void>;
}

/** Counts arrivals at the far end. */
class Arrivals {
  #missing = 0;
  #done: () => void = () => undefined;

  expect(frames: number): Promise<void> {
    this.#missing = frames;
    return new Promise((resolve) => {
      this.#done = resolve;
    });
  }

  readonly one = (): void => {
    this.#missing -= 1;
    if (this.#missing === 0) this.#done();
  };
}

const closers: (() => unknown)[] = [];

async function bare(settings: ClientOptions): Promise<Channel> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const arrivals = new Arrivals();
  server.on('connection', (socket) => socket.on('message', arrivals.one));
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, {
    perMessageDeflate: false,
    ...settings,
  });
  await once(socket, 'open');
  closers.push(() => {
    socket.terminate();
    server.close();
  });
  return {
    async send(frame, frames) {
      const all = arrivals.expect(frames);
      for (let sent = 0; sent < frames; sent += 1) {
        if (socket.bufferedAmount < QUEUE_BYTES_MAX) socket.send(frame);
        else await new Promise((resolve) => socket.send(frame, resolve));
      }
      await all;
    },
  };
}

async function overLink(address: string, listen: Listen, dialer: Dialer): Promise<Channel> {
  const inbound = Promise.withResolvers<Link>();
  const listener = await listen(address, inbound.resolve);
  const out = await dialer.dial(listener.address, null);
  const arrivals = new Arrivals();
  let drained = Promise.withResolvers<void>();
  out.attach({ frame: () => undefined, drain: () => drained.resolve(), close: () => undefined });
  (await inbound.promise).attach({
    frame: arrivals.one,
    drain: () => undefined,
    close: () => undefined,
  });
  return {
    async send(frame, frames) {
      const all = arrivals.expect(frames);
      for (let sent = 0; sent < frames;) {
        if (out.send(frame) === 'sent') sent += 1;
        else {
          drained = Promise.withResolvers();
          await drained.promise;
        }
      }
      await all;
    },
  };
}

const ground = {
  primitives,
  identity: identityFromSeed(primitives, new Uint8Array(32).fill(1)),
  clock: systemClock,
  rng: systemRng,
  logger: createLogger({ level: 'silent' }),
  bounds: { queueBytesMax: QUEUE_BYTES_MAX },
};
const sockets = createWebSockets(ground);
const tls = await createTls(ground);
closers.push(
  () => sockets.close(),
  () => tls.close(),
);
const channels = {
  'ws, masked': await bare({}),
  'ws, mask zero': await bare({ generateMask: (mask) => void mask.fill(0) }),
  'websocket link': await overLink('ws:127.0.0.1:0', sockets.listen, sockets.dialer),
  'tls link': await overLink('127.0.0.1:0', tls.listen, tls.dialer),
} as const;
type Name = keyof typeof channels;
const names = Object.keys(channels) as Name[];

/** Microseconds of processor time for one frame, both ends. */
async function cost(channel: Channel, frame: Uint8Array, frames: number): Promise<number> {
  const begun = process.cpuUsage();
  await channel.send(frame, frames);
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / frames;
}

const report = [];
for (const { frameBytes, frames } of CASES) {
  const frame = new Uint8Array(frameBytes).map((_, i) => i * 7);
  const contenders: Contender<Name>[] = names.map((name) => ({
    name,
    round: () => cost(channels[name], frame, frames),
  }));
  const costs = await measure(contenders, ROUNDS, systemRng);
  for (const name of names) {
    const { median: microseconds, mad } = summarize(costs[name]);
    report.push({
      frameBytes,
      name,
      microsecondsPerFrame: microseconds,
      mad,
      framesPerProcessorSecond: 1e6 / microseconds,
      megabytesPerProcessorSecond: frameBytes / microseconds,
      // Round by round, since those of one round met the same machine.
      timesBareWs: median(costs['ws, masked'].map((bare, i) => bare / (costs[name][i] ?? 0))),
    });
  }
}
for (const close of closers) await close();

if (options.json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
else {
  for (const row of report) {
    process.stdout.write(
      `${String(row.frameBytes).padStart(6)} B  ${row.name.padEnd(15)} ${row.microsecondsPerFrame.toFixed(2).padStart(7)} µs/frame ±${row.mad.toFixed(2)}  ` +
        `${Math.round(row.framesPerProcessorSecond).toString().padStart(8)} frames/CPU-s  ${row.megabytesPerProcessorSecond.toFixed(0).padStart(5)} MB/CPU-s  ` +
        `${row.timesBareWs.toFixed(2)} × bare ws\n`,
    );
  }
}
