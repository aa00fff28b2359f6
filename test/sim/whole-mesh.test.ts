// A small mesh whose nodes found each other nearby, all linked to all: each side of a cut finds the other one dead, and looks for
// it all the same.

import { expect, test } from 'vitest';
import type { Discover, DiscoveryHandlers, FoundNode } from '../../src/env/discovery.ts';
import { CasinoRig } from '../suites/casino-rig.ts';
import { testIdentity } from '../suites/mesh-rig.ts';

/** Announcements of others, as one node hears them. */
class Announced {
  readonly nodes: FoundNode[];
  #handlers: DiscoveryHandlers | null = null;

  constructor(others: readonly string[]) {
    this.nodes = others.map((name) => {
      return { publicKey: testIdentity(name).publicKey, addresses: [`${name}:1`] };
    });
  }

  readonly discover: Discover = (_, handlers) => {
    this.#handlers = handlers;
    for (const node of this.nodes) queueMicrotask(() => handlers.found(node));
    return Promise.resolve({ nodes: this.nodes, close: () => Promise.resolve() });
  };

  goAway(): void {
    for (const node of this.nodes.splice(0)) this.#handlers?.lost(node);
  }
}

test.each([
  [1, ['a', 'b'], ['c', 'd']],
  [2, ['a', 'b', 'c', 'd'], ['e', 'f']],
])(
  'a small mesh of all with all that falls apart for long is found together again (%i)',
  async (seed, left, right) => {
    const names = [...left, ...right];
    const plan = names.map(
      (name) => ({ name, mesh: 'a', role: 'relay', joins: [], bridges: [] }) as const,
    );
    const rig = new CasinoRig(plan, seed);
    await rig.startAll();
    const nearby = new Map(
      names.map((name) => [name, new Announced(names.filter((other) => other !== name))]),
    );
    for (const name of names) {
      const { discover } = nearby.get(name) ?? expect.unreachable();
      await rig.node(name).node.joinNearby(discover, []);
    }
    await rig.world.run(30_000);
    const across = (): boolean =>
      left.every(
        (name) =>
          rig
            .node(name)
            .node.mesh.members()
            .filter(({ reachable }) => reachable).length === names.length,
      );
    expect(across()).toBe(true);
    for (const one of nearby.values()) one.goAway();
    for (const a of left) for (const b of right) rig.network.cut(a, b);
    await rig.world.run(rig.world.clock.now() + 20 * 60_000);
    // Records of the other side are dropped by now, and it is waited for all the same.
    for (const name of right) {
      const { level, alerts } = rig.node(name).node.resilience.report();
      expect(
        alerts.map(({ rule }) => rule),
        name,
      ).toContain('partition');
      expect(level).toBe('critical');
    }
    for (const a of left) for (const b of right) rig.network.heal(a, b);
    await rig.until(across, 2 * 60_000);
    expect(across()).toBe(true);
  },
);
