// When the mesh has converged: every node's database equals the truth, and stays so.

import type { Fleet, FleetNode } from './fleet.ts';
import type { Oracle } from './oracle.ts';

/** How exactly the time is known. */
const POLL_MS = 10;
/** Without a change for so long, the mesh is looked at as a whole. */
const QUIET_MS = 2_000;
/** Nodes whose view is compared with the truth node by node. */
const NODES_COMPARED_MAX = 100;

/** Runs until the mesh has converged; the virtual time of the last change, `null` if `limitMs` passes before. */
export function runUntilConverged(
  fleet: Fleet,
  oracle: Oracle,
  limitMs: number,
  progress: ((line: string) => void) | null,
): number | null {
  const { clock } = fleet.world;
  const startMs = clock.now();
  let changes = -1;
  let changedAtMs = startMs;
  for (let polls = 1; clock.now() - startMs < limitMs; polls += 1) {
    fleet.run(POLL_MS);
    const now = changesOf(fleet);
    if (now !== changes) {
      changes = now;
      changedAtMs = clock.now();
    } else if (clock.now() - changedAtMs >= QUIET_MS) {
      return isTrue(fleet, oracle) ? changedAtMs - startMs : null;
    }
    if (polls % 10 === 0)
      progress?.(`${(clock.now() / 1000).toFixed(1)} s: ${changes} records taken`);
  }
  return null;
}

function changesOf(fleet: Fleet): number {
  let changes = 0;
  for (const { mesh, alive } of fleet.nodes) {
    if (!alive) continue;
    const { accepted, originated } = mesh.counters().linkState;
    changes += accepted + originated;
  }
  return changes;
}

/** Whether nodes know their component, and their own links, as they truly are. */
function isTrue(fleet: Fleet, oracle: Oracle): boolean {
  const degrees = new Map<number, number>();
  for (const link of fleet.links) {
    if (!fleet.isTrue(link)) continue;
    for (const end of [link.a, link.b]) degrees.set(end, (degrees.get(end) ?? 0) + 1);
  }
  const step = Math.ceil(fleet.nodes.length / NODES_COMPARED_MAX);
  const knows = ({ mesh, index, alive }: FleetNode): boolean => {
    if (!alive) return true;
    if (mesh.neighbours().length !== (degrees.get(index) ?? 0)) return false;
    if (index % step !== 0) return true;
    const reachable = mesh.members().filter((member) => member.reachable).length;
    return reachable === oracle.componentSize(index);
  };
  return fleet.nodes.every(knows);
}
