// When the mesh has converged: every node's database holds a true record of every node that it can reach.

import type { Fleet } from './fleet.ts';
import type { Oracle } from './oracle.ts';

/** How exactly the time is known. */
const POLL_MS = 5;

/** Runs until the mesh has converged; how long that took, `null` if `limitMs` passes before. */
export function runUntilConverged(
  fleet: Fleet,
  oracle: Oracle,
  limitMs: number,
  progress: ((line: string) => void) | null,
): number | null {
  const { clock } = fleet.world;
  const startMs = clock.now();
  const neighbours = neighboursIn(fleet);
  fleet.pool.watch(
    {
      indexOf: (peer) => fleet.watch.indexOf(peer),
      neighboursOf: (node) => neighbours[node] ?? new Set(),
    },
    fleet.nodes.length,
  );
  let changes = -1;
  /** Nodes below it are known to all. */
  let known = 0;
  for (let polls = 1; clock.now() - startMs < limitMs; polls += 1) {
    fleet.run(POLL_MS);
    if (fleet.pool.changes === changes) continue;
    changes = fleet.pool.changes;
    if (polls % 20 === 0) {
      progress?.(`${(clock.now() / 1000).toFixed(1)} s: ${changes} records taken`);
    }
    while (known < fleet.nodes.length && isKnown(fleet, oracle, known)) known += 1;
    // One that was known may have told news since.
    if (known === fleet.nodes.length) {
      known = fleet.nodes.findIndex(({ index }) => !isKnown(fleet, oracle, index));
      if (known < 0) return clock.now() - startMs;
    }
  }
  return null;
}

function isKnown({ pool, nodes }: Fleet, oracle: Oracle, node: number): boolean {
  return (
    nodes[node]?.alive !== true ||
    pool.holdersOf(node) === holdersWanted(oracle.componentSize(node))
  );
}

function neighboursIn(fleet: Fleet): readonly ReadonlySet<number>[] {
  const neighbours = fleet.nodes.map(() => new Set<number>());
  for (const link of fleet.links) {
    if (!fleet.isTrue(link)) continue;
    neighbours[link.a]?.add(link.b);
    neighbours[link.b]?.add(link.a);
  }
  return neighbours;
}

/** A node that has told its record holds it a second time, as the one that changes are told from. */
function holdersWanted(componentSize: number): number {
  return componentSize === 1 ? 1 : componentSize + 1;
}
