// Who is who in the casino that `bitcraps up` runs: two meshes of five nodes, joined by one gateway each.
// The table stands in mesh `a`; carol and dave play from mesh `b`, five hops away:
// carol → b-relay-1 → b-gateway → a-gateway → a-relay → a-table.

import type { Settings } from '../config/settings.ts';

export type Role = 'validator' | 'gateway' | 'relay' | 'player';

export interface PlannedNode {
  readonly name: string;
  readonly mesh: 'a' | 'b';
  readonly role: Role;
  /** Neighbours of the same mesh that this node dials. */
  readonly joins: readonly string[];
  /** Gateways of other meshes that this gateway dials. */
  readonly bridges: readonly string[];
}

export const PLAN: readonly PlannedNode[] = [
  { name: 'a-table', mesh: 'a', role: 'validator', joins: [], bridges: [] },
  { name: 'a-relay', mesh: 'a', role: 'relay', joins: ['a-table'], bridges: [] },
  { name: 'a-gateway', mesh: 'a', role: 'gateway', joins: ['a-relay'], bridges: [] },
  { name: 'b-gateway', mesh: 'b', role: 'gateway', joins: [], bridges: ['a-gateway'] },
  { name: 'b-relay-1', mesh: 'b', role: 'relay', joins: ['b-gateway'], bridges: [] },
  { name: 'b-relay-2', mesh: 'b', role: 'relay', joins: ['b-gateway', 'b-relay-1'], bridges: [] },
  { name: 'a-ann', mesh: 'a', role: 'player', joins: ['a-relay', 'a-table'], bridges: [] },
  { name: 'a-bob', mesh: 'a', role: 'player', joins: ['a-relay', 'a-ann'], bridges: [] },
  { name: 'b-carol', mesh: 'b', role: 'player', joins: ['b-relay-1'], bridges: [] },
  { name: 'b-dave', mesh: 'b', role: 'player', joins: ['b-relay-2'], bridges: [] },
];

/** The network that `up` makes for itself. */
export const LOCAL_NETWORK = 'local';
/** Its proof of work: one bit, since all its nodes share one machine and start at once. */
export const LOCAL_PROOF_BITS = 1;

/** What every node of a casino on this machine runs with, by its role. */
export function localSettings(
  { name, mesh, role }: PlannedNode,
  plan: readonly PlannedNode[],
  pace: string,
): Partial<Settings> {
  return {
    networkId: LOCAL_NETWORK,
    proofBits: LOCAL_PROOF_BITS,
    name,
    preset: 'local',
    meshName: mesh,
    listen: '127.0.0.1:0',
    gateway: role === 'gateway',
    gatewayListen: '127.0.0.1:0',
    validator: role === 'validator',
    bot: role === 'player' ? 'regular' : 'none',
    pace,
    company: plan.filter((one) => one.role === 'player').length,
  };
}
