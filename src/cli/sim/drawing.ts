// `--svg` and `--pair` of `bitcraps sim`.

import { writeFileSync } from 'node:fs';
import { BitcrapsError } from '../../core/errors.ts';
import { primitives } from '../../platform/node/primitives.ts';
import type { Pair } from '../../sim/mesh-run/probes.ts';
import type { MeshRunReport } from '../../sim/mesh-run/report.ts';
import { createSeededRng } from '../../sim/seeded-rng.ts';
import { drawTopology } from '../../sim/topology/draw-svg.ts';
import type { Topology } from '../../sim/topology/topology.ts';

/** Two nodes by id, by name, or by their place in the file. Throws `CLI_USAGE`. */
export function pairIn({ nodes }: Topology, text: string): Pair {
  const words = text.split(',').map((word) => word.trim());
  const indices = words.map((word) => {
    for (const field of ['id', 'name'] as const) {
      const index = nodes.findIndex((node) => node[field] === word);
      if (index >= 0) return index;
    }
    const index = /^\d{1,6}$/.test(word) ? Number(word) : nodes.length;
    if (index < nodes.length) return index;
    throw new BitcrapsError('CLI_USAGE', { detail: `the topology has no node ${word}` });
  });
  const [from, to] = indices;
  if (from === undefined || to === undefined || indices.length > 2 || from === to) {
    throw new BitcrapsError('CLI_USAGE', { detail: '--pair takes two different nodes, as A,B' });
  }
  return { from, to };
}

/** Draws the topology with what failed and the routes that were asked for. Throws `CLI_FILE_UNWRITABLE`. */
export function writeDrawing(
  path: string,
  topology: Topology,
  { detail }: MeshRunReport,
  seed: number,
): void {
  const text = drawTopology(topology, createSeededRng(primitives, seed, 'drawing'), {
    failedLinks: new Set(detail.failedLinks),
    failedNodes: new Set(detail.failedNodes),
    routes: (detail.routes ?? []).map(({ nodes, cost }, i) => ({
      label: `path ${i + 1}`,
      nodes,
      cost,
    })),
  });
  try {
    writeFileSync(path, text);
  } catch (error) {
    const detailText = error instanceof Error ? error.message : String(error);
    throw new BitcrapsError('CLI_FILE_UNWRITABLE', { path, detail: detailText });
  }
}
