// `--svg` of `bitcraps sim`.

import { closeSync, openSync, writeFileSync } from 'node:fs';
import { BitcrapsError } from '../../core/errors.ts';
import { primitives } from '../../platform/node/primitives.ts';
import type { MeshRunReport } from '../../sim/mesh-run/report.ts';
import { createSeededRng } from '../../sim/seeded-rng.ts';
import { drawTopology } from '../../sim/topology/draw-svg.ts';
import type { Topology } from '../../sim/topology/topology.ts';

/** So that nobody waits for a run whose drawing has no place; an old drawing stays. Throws `CLI_FILE_UNWRITABLE`. */
export function checkDrawable(path: string): void {
  writing(path, () => closeSync(openSync(path, 'a')));
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
  writing(path, () => writeFileSync(path, text));
}

function writing(path: string, act: () => void): void {
  try {
    act();
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new BitcrapsError('CLI_FILE_UNWRITABLE', { path, detail });
  }
}
