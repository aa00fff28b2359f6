// A planner over a link-state database, for tests that look at routes without a mesh.

import { primitives } from '../../src/platform/node/primitives.ts';
import type { LinkStateDatabase } from '../../src/routing/link-state-database.ts';
import { RoutePlanner, type RoutePlannerConfig } from '../../src/routing/route-planner.ts';
import { createSeededRng } from '../../src/sim/seeded-rng.ts';

export function plannerOver(
  self: Uint8Array,
  database: LinkStateDatabase,
  more: Partial<RoutePlannerConfig> = {},
): RoutePlanner {
  return new RoutePlanner({
    self,
    database,
    clock: { now: () => 0, wallMs: () => 0, after: () => ({ cancel: () => {} }) },
    rng: createSeededRng(primitives, 1, 'planner'),
    policy: 'dijkstra',
    isSuspect: () => false,
    ...more,
  });
}
