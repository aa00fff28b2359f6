// How many links, members and sessions a mesh has, for the metrics.

import type { Metrics } from '../env/metrics.ts';

export interface MeshSizes {
  readonly links: number;
  /** Reachable ones. */
  readonly members: number;
  readonly sessions: number;
}

/** Registers the gauges; what is returned sets them. */
export function createMeshGauges(metrics: Metrics): (sizes: MeshSizes) => void {
  const links = metrics.gauge({
    name: 'bitcraps_mesh_links',
    help: 'Links that carry the mesh.',
  });
  const members = metrics.gauge({ name: 'bitcraps_mesh_members', help: 'Reachable members.' });
  const sessions = metrics.gauge({ name: 'bitcraps_mesh_sessions', help: 'End-to-end sessions.' });
  return (sizes) => {
    links.set(sizes.links);
    members.set(sizes.members);
    sessions.set(sizes.sessions);
  };
}
