// What partitions cost and how soon they are noticed: `node scripts/bench-partitions.ts` prints the time of one look at
// meshes of several sizes, and for each preset when a hundred simulated nodes that are cut in two prove it and are one
// again after a link has come back.

import { identityFromSeed } from '../src/crypto/signing.ts';
import type { Clock } from '../src/env/clock.ts';
import { memberReports } from '../src/mesh/member-reports.ts';
import { PartitionWatch } from '../src/mesh/partition-watch.ts';
import { primitives } from '../src/platform/node/primitives.ts';
import { systemRng } from '../src/platform/node/rng.ts';
import { presets, type PresetName } from '../src/resilience/presets.ts';
import { LinkStateDatabase } from '../src/routing/link-state-database.ts';
import { signRecord } from '../src/routing/link-state-record.ts';
import { PLAIN_NODE } from '../src/routing/node-attributes.ts';
import { RecordPool } from '../src/routing/record-pool.ts';
import { createSeededRng } from '../src/sim/seeded-rng.ts';
import { PartitionRig } from '../test/suites/partition-rig.ts';

/** Members, and for each how many links it makes besides the one by which it joined. */
const SIZES = [
  [100, 2],
  [1_000, 2],
  [10_000, 2],
  [1_000, 60],
  [1_000, 600],
] as const;
const LOOKS = 20;
const NETWORK = 'bench';
const SEEDS = [1, 2, 3];

/** Who is linked to whom: each to an earlier one, and to others at random. */
function randomLinks(nodes: number, extraLinks: number): readonly ReadonlySet<number>[] {
  const rng = createSeededRng(primitives, 1, 'links');
  const links = Array.from({ length: nodes }, () => new Set<number>());
  const join = (a: number, b: number): void => {
    if (a === b) return;
    links[a]?.add(b);
    links[b]?.add(a);
  };
  for (let node = 1; node < nodes; node += 1) {
    for (let k = 0; k <= extraLinks; k += 1) join(node, rng.uint32() % (k === 0 ? node : nodes));
  }
  return links;
}

function databaseOf(links: readonly ReadonlySet<number>[]): {
  readonly database: LinkStateDatabase;
  readonly self: Uint8Array;
} {
  const identities = links.map((_, i) => {
    const seed = new Uint8Array(32);
    new DataView(seed.buffer).setUint32(0, i);
    return identityFromSeed(primitives, seed);
  });
  const database = new LinkStateDatabase(new RecordPool(primitives, NETWORK, systemRng.uint32()));
  for (const [i, identity] of identities.entries()) {
    const neighbours = [...(links[i] ?? [])]
      .map((other) => identities[other]?.publicKey ?? identity.publicKey)
      .toSorted((a, b) => Buffer.compare(a, b))
      .map((peer, k) => ({ peer, port: k + 1, weight: 10, metrics: 0 }));
    const { publicKey: originator } = identity;
    const record = { originator, sequence: 1n, attributes: PLAIN_NODE, neighbours };
    const pooled = database.pool.addOwn(signRecord(primitives, identity, NETWORK, record));
    if (i === 0) database.storeOwn(pooled, 0);
    else database.store(pooled, -1, 0, 0);
  }
  return { database, self: identities[0]?.publicKey ?? new Uint8Array(32) };
}

/** Processor milliseconds of one look of a node at so many members, from the records to what is told. */
function lookMs(
  nodes: number,
  extraLinks: number,
): { readonly ms: number; readonly reported: number; readonly bridges: number } {
  const links = randomLinks(nodes, extraLinks);
  const { database, self } = databaseOf(links);
  let look = noop;
  let change = noop;
  const clock: Clock = {
    now: () => performance.now(),
    wallMs: () => 0,
    after(_, run) {
      look = run;
      return { cancel: noop };
    },
  };
  const mesh = {
    onChange(listener: () => void) {
      change = listener;
    },
    memberReports: () => memberReports(database, self),
  };
  const watch = new PartitionWatch({ mesh, clock });
  // Processor time: other work of the machine does not count. The first looks are not compiled yet.
  let before = process.cpuUsage();
  for (let i = 0; i < 2 * LOOKS; i += 1) {
    if (i === LOOKS) before = process.cpuUsage();
    look();
    change();
  }
  const { user, system } = process.cpuUsage(before);
  const { bridgeLinks } = watch.report();
  const reported = links.reduce((sum, { size }) => sum + size, 0);
  return { ms: (user + system) / 1000 / LOOKS, reported, bridges: bridgeLinks };
}

function noop(): void {}

function seconds(ms: number | undefined): string {
  return `${((ms ?? NaN) / 1000).toFixed(2)} s`;
}

async function cutAndHeal(preset: PresetName, seed: number): Promise<string> {
  const rig = new PartitionRig(seed, [60, 40], 3, presets[preset]);
  await rig.run(60_000);
  rig.cutAll();
  const cutAtMs = rig.world.clock.now();
  await rig.run(60_000);
  const provedMs = rig.events.map(({ atMs }) => atMs - cutAtMs).toSorted((a, b) => a - b);
  const [pair] = rig.between;
  if (pair === undefined) throw new Error('a link joins the parts');
  rig.heal(...pair);
  const wholeMs = await rig.whole(30_000);
  return `noticed ${seconds(rig.noticedAtMs - cutAtMs)}, proved at all ${provedMs.length} nodes from ${seconds(provedMs[0])} to ${seconds(provedMs.at(-1))}, whole ${seconds(wholeMs)} after healing`;
}

for (const [nodes, extraLinks] of SIZES) {
  const { ms, reported, bridges } = lookMs(nodes, extraLinks);
  console.log(
    `${nodes} members, ${reported} reported links: ${ms.toFixed(2)} ms for a look, ${bridges} bridges`,
  );
}
for (const preset of Object.keys(presets) as PresetName[]) {
  for (const seed of SEEDS) {
    console.log(`${preset}, seed ${seed}: ${await cutAndHeal(preset, seed)}`);
  }
}
