// Real networks, where BITCRAPS_TOPOLOGIES names the folder that holds them: each is read whole.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { unwrap } from '../../src/core/errors.ts';
import { readTopology } from '../../src/sim/topology/read-topology.ts';
import type { Topology, TopologyFile } from '../../src/sim/topology/topology.ts';

const folder = process.env['BITCRAPS_TOPOLOGIES'] ?? '';

/** File, nodes, links, and nodes with a position. */
const FILES: readonly (readonly [string, number, number, number])[] = [
  ['freifunk-altdorf.json', 660, 1348, 596],
  ['freifunk-bielefeld.json', 246, 483, 191],
  // 833 nodes are listed; eight more stand in links only.
  ['freifunk-bremen.json', 841, 1512, 714],
  ['freifunk-cologne-bonn-area.json', 279, 775, 242],
  ['freifunk-leipzig.json', 210, 413, 173],
  // 1 193 directed rows, 820 pairs of nodes.
  ['freifunk-berlin-multimetric.json', 884, 820, 884],
  ['grid4-0049.json', 49, 84, 0],
  ['grid4-0900.json', 900, 1740, 0],
  ['line-0050.json', 50, 49, 0],
  ['rtree-0050.json', 50, 49, 0],
  ['rtree-1000.json', 1000, 999, 0],
  ['zoo/Abilene.graphml', 11, 14, 11],
  ['zoo/Geant2012.graphml', 40, 61, 37],
  // Less their parallel lines and those to the same place: 245, 191 and 158 edges.
  ['zoo/Cogentco.graphml', 197, 243, 186],
  ['zoo/Colt.graphml', 153, 177, 149],
  ['zoo/Interoute.graphml', 110, 146, 96],
  ['zoo/GtsCe.graphml', 149, 193, 141],
];

function fileOf(name: string): TopologyFile {
  return unwrap(readTopology(readFileSync(join(folder, name), 'utf8')));
}

function topologyOf(name: string): Topology {
  const file = fileOf(name);
  if (file.kind !== 'still') throw new Error(`${name} is a sequence`);
  return file.topology;
}

if (folder === '' || !existsSync(folder)) {
  test('real networks were NOT read: BITCRAPS_TOPOLOGIES names no folder', () => {
    console.warn('BITCRAPS_TOPOLOGIES is unset or names no folder: no real network was read');
    expect(existsSync(folder)).toBe(false);
  });
} else {
  test.each(FILES)(
    '%s has %i nodes, %i links and %i positions',
    (name, nodes, links, positions) => {
      const topology = topologyOf(name);
      const placed = topology.nodes.filter(({ position }) => position !== null);
      expect([topology.nodes.length, topology.links.length, placed.length]).toEqual([
        nodes,
        links,
        positions,
      ]);
      expect(placed.every(({ planar }) => !planar)).toBe(true);
    },
  );

  test('Freifunk files tell of qualities and tunnels', () => {
    const { links } = topologyOf('freifunk-bielefeld.json');
    const known = links.filter(({ toA, toB }) => toA.quality !== null && toB.quality !== null);
    const vpn = links.filter(({ kind }) => kind === 'vpn');
    expect([known.length, vpn.length]).toEqual([238, 245]);
  });

  test('the multi-metric file tells of rates', () => {
    const { links } = topologyOf('freifunk-berlin-multimetric.json');
    const rated = links.filter(({ toA, toB }) => toA.bytesPerSecond ?? toB.bytesPerSecond ?? false);
    expect(rated.length).toBeGreaterThan(300);
    expect(links.every(({ toA, toB }) => toA.quality !== null && toB.quality !== null)).toBe(true);
  });

  test('the Zoo tells of line rates', () => {
    const { links } = topologyOf('zoo/Geant2012.graphml');
    expect(links.filter(({ toA }) => toA.bytesPerSecond !== null)).toHaveLength(39);
  });

  test('the mobility sequence has 49 frames of 50 nodes and 149 links', () => {
    const file = fileOf('mobility2.json');
    if (file.kind !== 'sequence') throw new Error('not a sequence');
    const { frameSeconds, settleSeconds, frames } = file.sequence;
    expect([frameSeconds, settleSeconds, frames.length]).toEqual([15, 30, 49]);
    for (const { nodes, links } of frames) {
      expect([nodes.length, links.length]).toEqual([50, 149]);
      expect(nodes.every(({ planar, position }) => planar && position !== null)).toBe(true);
    }
  });
}
