// What the link-state database says of links, as partitions are looked for in it: made anew each time it is asked for, and
// kept by nobody. A relay that forwards by ports holds no graph.

import { NO_NODE } from '../resilience/partitions/cut-points.ts';
import {
  ascendingRows,
  GATEWAY,
  LINKLESS,
  NO_RELAY,
  type MemberReports,
} from '../resilience/partitions/member-links.ts';
import type { LinkStateDatabase } from '../routing/link-state-database.ts';
import type { PooledRecord } from '../routing/record-pool.ts';

/** Of all members whom links ever led to. `self`: PeerId of this node. */
export function memberReports(database: LinkStateDatabase, self: Uint8Array): MemberReports {
  const { pool } = database;
  const records: PooledRecord[] = [];
  let rows = 0;
  for (const peer of database.originators()) {
    const record = database.isEstablished(peer) ? database.record(peer) : undefined;
    if (record === undefined) continue;
    records.push(record);
    rows += record.neighbours.length;
  }
  /** By the pool's number of a peer: node + 1, 0 for none. */
  const nodeOf = new Int32Array(pool.peersEnd);
  records.forEach(({ originator }, node) => (nodeOf[originator] = node + 1));
  const starts = new Uint32Array(records.length + 1);
  const targets = new Uint32Array(rows);
  const flags = new Uint8Array(records.length);
  let length = 0;
  for (const [node, { neighbours, signed }] of records.entries()) {
    const { gateway, relays } = signed.record.attributes;
    flags[node] =
      (gateway ? GATEWAY : 0) | (relays ? 0 : NO_RELAY) | (neighbours.length === 0 ? LINKLESS : 0);
    for (let i = 0; i < neighbours.length; i += 1) {
      const target = (nodeOf[neighbours[i] ?? 0] ?? 0) - 1;
      if (target < 0) continue;
      targets[length] = target;
      length += 1;
    }
    starts[node + 1] = length;
  }
  const numberOf = (peer: Uint8Array): number => {
    const index = pool.peerIndex(peer);
    return index < 0 ? NO_NODE : (nodeOf[index] ?? 0) - 1;
  };
  return {
    nodes: records.length,
    self: numberOf(self),
    starts,
    targets: ascendingRows(starts, targets),
    flags,
    peerOf: (node) => records[node]?.signed.record.originator ?? self,
    nodeOf: numberOf,
  };
}
