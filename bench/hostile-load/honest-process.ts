// The honest ones: two members of the mesh that talk to each other through the node under attack, at a fixed rate, and
// now and then somebody new who dials it. Latency counts from the time at which a message was due, sent or not.

import { createHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { BitcrapsError, unwrap } from '../../src/core/errors.ts';
import { parsePeerId } from '../../src/core/peer-id.ts';
import { createTls } from '../../src/platform/links/tls.ts';
import { systemClock } from '../../src/platform/node/clock.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { identityOf, memberOf, pause, PROTOCOL, silent, until } from './mesh-member.ts';

/** Below what is compressed end to end: that costs the honest ones more than all else, and is not what is measured here. */
const MESSAGE_BYTES = 120;
const OWN_LOOK_MS = 1;
const LATE_ANSWERS_MS = 2_000;
const NEWCOMER_EVERY_MS = 1_000;

export interface Measure {
  readonly seconds: number;
  readonly perSecond: number;
}

export interface Measured {
  readonly due: number;
  readonly delivered: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** By how much this process was late for what it had to do: no doing of the node's. */
  readonly ownDelayP99Ms: number;
  readonly newcomers: {
    readonly dials: number;
    readonly failed: number;
    readonly slowestMs: number;
    /** Why dials failed, and how often. */
    readonly reasons: Readonly<Record<string, number>>;
  };
}

async function main(address: string, peerId: string): Promise<void> {
  const victim = unwrap(parsePeerId(peerId));
  const [alice, bob] = ['alice', 'bob'].map(identityOf);
  if (alice === undefined || bob === undefined) return;
  // Both first: whoever works on a proof answers nobody meanwhile.
  const meshes = [memberOf(alice), memberOf(bob)];
  for (const [i, identity] of [alice, bob].entries()) {
    const tls = await createTls({ primitives, identity, clock: systemClock, logger: silent });
    meshes[i]?.addLink(await tls.dialer.dial(address, victim));
  }
  const [from, to] = meshes;
  if (from === undefined || to === undefined) return;
  await until('a route', 20_000, () => from.route(bob.publicKey) !== null);

  let histogram = createHistogram();
  let delivered = 0;
  const own = monitorEventLoopDelay({ resolution: OWN_LOOK_MS });
  own.enable();
  to.handle(PROTOCOL, ({ payload }) => {
    const dueMs = new DataView(payload.buffer, payload.byteOffset).getFloat64(0);
    histogram.record(Math.max(1, Math.round(1000 * (performance.now() - dueMs))));
    delivered += 1;
  });

  async function measure({ seconds, perSecond }: Measure): Promise<Measured> {
    histogram = createHistogram();
    own.reset();
    delivered = 0;
    const due = Math.round(seconds * perSecond);
    const startMs = performance.now();
    const newcomers = dialNow(address, victim, startMs + 1000 * seconds);
    for (let sent = 0; sent < due;) {
      const now = performance.now();
      for (; sent < due && startMs + (1000 * sent) / perSecond <= now; sent += 1) {
        const payload = new Uint8Array(MESSAGE_BYTES);
        new DataView(payload.buffer).setFloat64(0, startMs + (1000 * sent) / perSecond);
        // What is refused now counts as lost.
        from?.send(bob?.publicKey ?? payload, PROTOCOL, payload);
      }
      await pause(1);
    }
    const end = performance.now() + LATE_ANSWERS_MS;
    while (delivered < due && performance.now() < end) await pause(10);
    return {
      due,
      delivered,
      p50Ms: histogram.percentile(50) / 1000,
      p99Ms: histogram.percentile(99) / 1000,
      maxMs: histogram.max / 1000,
      ownDelayP99Ms: Math.max(0, own.percentile(99) / 1e6 - OWN_LOOK_MS),
      newcomers: await newcomers,
    };
  }

  process.on('message', (message: Measure) => {
    void measure(message).then((measured) => process.send?.(measured));
  });
  process.send?.('ready');
}

/** Newcomers come one after the other until `untilMs`, each an identity of its own, from the same address. */
async function dialNow(
  address: string,
  victim: Uint8Array,
  untilMs: number,
): Promise<Measured['newcomers']> {
  let dials = 0;
  let failed = 0;
  let slowestMs = 0;
  const reasons: Record<string, number> = {};
  while (performance.now() + NEWCOMER_EVERY_MS < untilMs) {
    const identity = identityOf(`newcomer ${process.pid} ${performance.now()}`);
    const tls = await createTls({ primitives, identity, clock: systemClock, logger: silent });
    const startMs = performance.now();
    dials += 1;
    await tls.dialer.dial(address, victim).then(
      () => (slowestMs = Math.max(slowestMs, performance.now() - startMs)),
      (error: unknown) => {
        failed += 1;
        const reason = error instanceof BitcrapsError ? `${error.code} ${error.message}` : 'other';
        reasons[reason] = (reasons[reason] ?? 0) + 1;
      },
    );
    await tls.close();
    await pause(NEWCOMER_EVERY_MS);
  }
  return { dials, failed, slowestMs, reasons };
}

const [, , address = '', peerId = ''] = process.argv;
process.on('disconnect', () => process.exit());
await main(address, peerId);
