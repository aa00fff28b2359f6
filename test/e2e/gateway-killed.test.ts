// Three gateways in each of two meshes, real processes; one of each is killed (SIGKILL) under load. What was acknowledged
// has come, once and in order, and the others carry on. How long the longest silence lasted is printed, not asserted.

import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { utf8 } from '../../src/core/bytes.ts';
import { rulesHash } from '../../src/casino/rules-hash.ts';
import { createDelivery, type Delivery } from '../../src/mesh/delivery/delivery.ts';
import { createMesh, type Mesh } from '../../src/mesh/mesh.ts';
import { createTransports, type Transport } from '../../src/platform/links/transports.ts';
import { systemClock } from '../../src/platform/node/clock.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { systemRng } from '../../src/platform/node/rng.ts';
import { zstd } from '../../src/platform/node/zstd.ts';
import { presets } from '../../src/resilience/presets.ts';
import { CURRENT } from '../../src/versioning/protocol-version.ts';
import { noMetrics, silentLogger, testIdentity } from '../suites/mesh-rig.ts';
import { bitcraps, scratch, until, type Running } from './harness.ts';

const PROTOCOL = 9;
const GATEWAYS = [0, 1, 2] as const;
const MESSAGE_EVERY_MS = 10;
const folder = scratch();

interface Started {
  readonly running: Running;
  readonly listen: string;
  readonly gatewayListen: string;
}

async function gateway(mesh: string, number: number, bridges: readonly string[]): Promise<Started> {
  const state = join(folder.path, `${mesh}${number}`);
  const joins = bridges.length === 0 ? [] : ['--gateway-join', ...bridges];
  const flags = `--proof-bits 0 --preset local --log-level error --mesh ${mesh} --listen 127.0.0.1:0 --gateway --gateway-listen 127.0.0.1:0 --json`;
  const words = ['node', '--state', state, ...flags.split(' '), ...joins];
  const running = bitcraps(folder.path, ...words);
  return until(
    `gateway ${number} of ${mesh} to listen`,
    () => {
      const [line = ''] = running.stdout().split('\n');
      return line.endsWith('}')
        ? { ...(JSON.parse(line) as Omit<Started, 'running'>), running }
        : undefined;
    },
    60_000,
  );
}

class Member {
  readonly key: Uint8Array;
  readonly mesh: Mesh;
  readonly delivery: Delivery;
  readonly got: number[] = [];
  readonly gotAtMs: number[] = [];
  readonly delivered: number[] = [];
  readonly expired: number[] = [];
  sent = 0;
  readonly #transports: Transport;

  constructor(name: string, meshName: string) {
    const identity = testIdentity(name);
    this.key = identity.publicKey;
    const ground = { primitives, clock: systemClock, rng: systemRng, logger: silentLogger };
    this.#transports = createTransports({ ...ground, identity });
    this.mesh = createMesh(
      {
        identity,
        networkId: 'bitcraps',
        meshName,
        version: CURRENT,
        rulesHash: rulesHash(primitives),
        proof: new Uint8Array(8),
        proofBits: 0,
        gateway: false,
        ...presets.local,
      },
      { ...ground, metrics: noMetrics, compressor: zstd, bootEpoch: 1 },
    );
    this.delivery = createDelivery({
      mesh: this.mesh,
      clock: systemClock,
      bootEpoch: 1,
      protocol: PROTOCOL,
      receive: (_, payload) => {
        this.got.push(Number(new TextDecoder().decode(payload)));
        this.gotAtMs.push(performance.now());
      },
      delivered: (_, id) => this.delivered.push(id),
      expired: (_, id) => this.expired.push(id),
    });
  }

  async join(address: string): Promise<void> {
    this.mesh.addLink(await this.#transports.dialer.dial(address, null));
  }

  say(to: Member): void {
    if (this.delivery.send(to.key, utf8(String(this.sent))).ok) this.sent += 1;
  }

  /** The longest time between two arrivals. */
  silenceMs(): number {
    return this.gotAtMs.reduce(
      (longest, atMs, i) => Math.max(longest, atMs - (this.gotAtMs[i - 1] ?? atMs)),
      0,
    );
  }

  async stop(): Promise<void> {
    this.delivery.stop();
    this.mesh.stop();
    await this.#transports.close();
  }
}

const west: Started[] = [];
const east: Started[] = [];
const ann = new Member('ann', 'west');
const bob = new Member('bob', 'east');

beforeAll(async () => {
  east.push(...(await Promise.all(GATEWAYS.map((i) => gateway('east', i, [])))));
  const bridges = east.map(({ gatewayListen }) => gatewayListen);
  west.push(...(await Promise.all(GATEWAYS.map((i) => gateway('west', i, bridges)))));
  for (const { listen } of west) await ann.join(listen);
  for (const { listen } of east) await bob.join(listen);
}, 120_000);

afterAll(async () => {
  await ann.stop();
  await bob.stop();
  for (const { running } of [...west, ...east]) running.process.kill('SIGTERM');
  await Promise.all([...west, ...east].map(({ running }) => running.finished));
  folder.remove();
});

test('nothing that was acknowledged is lost, nothing comes twice, and others carry on', async () => {
  await until('a way from one mesh to the other', () => {
    ann.say(bob);
    bob.say(ann);
    return ann.got.length > 0 && bob.got.length > 0 ? true : undefined;
  });
  const talk = setInterval(() => {
    ann.say(bob);
    bob.say(ann);
  }, MESSAGE_EVERY_MS);
  const heard = (count: number): Promise<unknown> => {
    const [a, b] = [ann.got.length, bob.got.length];
    return until(`${count} messages each way`, () =>
      ann.got.length >= a + count && bob.got.length >= b + count ? true : undefined,
    );
  };
  await heard(100);
  for (const victim of [west[0], east[1]]) victim?.running.process.kill('SIGKILL');
  await heard(200);
  clearInterval(talk);
  await until('all acknowledgements', () =>
    ann.delivered.length + ann.expired.length === ann.sent &&
    bob.delivered.length + bob.expired.length === bob.sent
      ? true
      : undefined,
  );
  for (const [from, to] of [
    [ann, bob],
    [bob, ann],
  ] as const) {
    expect(from.expired).toEqual([]);
    expect(to.got).toEqual(Array.from({ length: from.sent }, (_, i) => i));
  }
  const silences = [ann, bob].map((member) => Math.round(member.silenceMs()));
  console.info(`two of six gateways killed: longest silence ${silences.join(' and ')} ms`);
});
