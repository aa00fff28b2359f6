// The mesh as a graph, kept in step with the link-state database: node numbers for PeerIds, arcs where both ends report a
// link, and the shortest paths of this node, repaired and not computed anew. Built when first asked for and given back
// when nobody has asked for a while: a relay forwards by ports and needs none of it.

import type { Clock } from '../env/clock.ts';
import type { Rng } from '../env/rng.ts';
import { byteKey, type ByteKey } from './byte-key.ts';
import { createCongestionTable, type CongestionTable } from './congestion-table.ts';
import { NONE, type Graph, type ShortestPaths } from './graph/graph.ts';
import { createLinkGraph, type LinkGraph } from './graph/link-graph.ts';
import { createPathTracker, type PathTracker } from './graph/path-tracker.ts';
import type { LinkStateDatabase, StoredRecord } from './link-state-database.ts';
import type { NodeAttributes } from './node-attributes.ts';
import type { RoutingView } from './policies/route-policy.ts';

/** Unused for so long, the graph is given back. */
export const TOPOLOGY_IDLE_MS = 60_000;
