// Three nodes in a line in virtual time: the ends talk through the middle, sealed end to end.
// Run: npx node examples/simulated-mesh.ts

import {
  createMesh,
  createSimNetwork,
  createWorld,
  CURRENT,
  identityFromSeed,
  presets,
  primitives,
  zstd,
} from '../src/index.ts';
import type { Logger, Mesh, Metrics } from '../src/index.ts';

const logger: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => logger };
const metrics: Metrics = {
  counter: () => ({ add() {} }),
  gauge: () => ({ set() {} }),
  histogram: () => ({ observe() {} }),
};
const world = createWorld({ seed: 1, primitives });
const network = createSimNetwork(world);

function node(name: string, byte: number): Mesh {
  const identity = identityFromSeed(primitives, new Uint8Array(32).fill(byte));
  network.endpoint(identity.publicKey, name);
  return createMesh(
    {
      identity,
      networkId: 'example',
      meshName: 'line',
      version: CURRENT,
      rulesHash: new Uint8Array(32),
      proof: new Uint8Array(8),
      proofBits: 0,
      gateway: false,
      ...presets.lan,
    },
    {
      primitives,
      clock: world.clockFor(name),
      rng: world.rng(name),
      logger,
      metrics,
      compressor: zstd,
      bootEpoch: 1,
    },
  );
}

const [left, middle, right] = [node('left', 1), node('middle', 2), node('right', 3)];
for (const [a, b, meshA, meshB] of [
  ['left', 'middle', left, middle],
  ['middle', 'right', middle, right],
] as const) {
  const [dialer, listener] = network.pair(a, b);
  meshA.addLink(dialer);
  meshB.addLink(listener);
}
right.handle(1, ({ payload }) => {
  const hops = left.route(right.self)?.hops.length ?? 0;
  process.stdout.write(
    `right got "${new TextDecoder().decode(payload)}" over ${hops} hops at ${world.clock.now().toFixed(1)} ms\n`,
  );
});
await world.runUntil(() => left.route(right.self) !== null, 10_000);
left.send(right.self, 1, new TextEncoder().encode('hello'));
await world.run(world.clock.now() + 1_000);
