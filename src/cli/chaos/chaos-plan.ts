// Who is who in the casino that `bitcraps chaos` breaks: two meshes of about the same size with the table in the first,
// relays in a chain, gateways in pairs where there are enough nodes, and two ways from everybody to everybody, so that one
// broken node or link leaves another.

import type { PlannedNode } from '../up/plan.ts';

export const CHAOS_NODES_MIN = 7;
export const CHAOS_NODES_MAX = 64;
/** Of a mesh's nodes. */
const RELAYS_SHARE = 0.3;
/** With so many nodes each mesh has two gateways. */
const TWO_GATEWAYS_FROM = 10;

/** A link of the plan, named `from/to`: `from` dials. */
export interface PlannedLink {
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

export function chaosPlan(nodes: number): readonly PlannedNode[] {
  const ofA = Math.ceil(nodes / 2);
  const gateways = nodes >= TWO_GATEWAYS_FROM ? 2 : 1;
  return [...meshOf('a', ofA, gateways), ...meshOf('b', nodes - ofA, gateways)];
}

export function linksOf(plan: readonly PlannedNode[]): readonly PlannedLink[] {
  return plan.flatMap(({ name: from, joins, bridges }) =>
    [...joins, ...bridges].map((to) => ({ name: `${from}/${to}`, from, to })),
  );
}

function meshOf(mesh: 'a' | 'b', nodes: number, gateways: number): readonly PlannedNode[] {
  const tables = mesh === 'a' ? ['a-table'] : [];
  const relays = names(`${mesh}-relay`, Math.max(1, Math.floor(nodes * RELAYS_SHARE)));
  const doors = names(`${mesh}-gateway`, gateways);
  const players = names(`${mesh}-player`, nodes - tables.length - relays.length - doors.length);
  const plan: PlannedNode[] = tables.map((name) => ({
    name,
    mesh,
    role: 'validator',
    joins: [],
    bridges: [],
  }));
  for (const [at, name] of relays.entries()) {
    plan.push({
      name,
      mesh,
      role: 'relay',
      joins: [...tables, ...relays.slice(Math.max(0, at - 1), at)],
      bridges: [],
    });
  }
  for (const [at, name] of doors.entries()) {
    plan.push({
      name,
      mesh,
      role: 'gateway',
      joins: twoOf(relays, at, tables),
      bridges: mesh === 'b' ? names('a-gateway', gateways) : [],
    });
  }
  for (const [at, name] of players.entries()) {
    const joins = twoOf(relays, at, [...tables, ...doors]);
    plan.push({ name, mesh, role: 'player', joins, bridges: [] });
  }
  return plan;
}

/** Two neighbours: relays in turn, and another node where there is only one relay. */
function twoOf(relays: readonly string[], at: number, others: readonly string[]): string[] {
  const wanted = [
    relays[at % relays.length],
    relays.length > 1 ? relays[(at + 1) % relays.length] : others[at % others.length],
  ];
  return wanted.filter((name) => name !== undefined);
}

function names(stem: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => `${stem}-${at + 1}`);
}
