// NetJSON NetworkGraph (https://netjson.org/rfc.html, section 4), as OLSR, batman-adv, Babel and BMX write it, alone or
// in a NetworkCollection.

import type { Result } from '../../core/errors.ts';
import type { Position } from '../../routing/node-attributes.ts';
import {
  field,
  idIn,
  isObject,
  numberField,
  qualityIn,
  shown,
  textField,
  type JsonObject,
} from './json-fields.ts';
import { looksGeographic } from './looks-geographic.ts';
import { kindNamed } from './read-meshnet-lab.ts';
import { reading, TopologyBuilder, type LinkRow, type TopologyCode } from './topology-builder.ts';
import type { Topology } from './topology.ts';

const FORMAT = 'NetJSON';
/** Objects of a collection that are looked at, the nested ones too. */
const COLLECTION_OBJECTS_MAX = 10_000;
/** Babel's cost of one transmission over the air (RFC 8966, appendix A.2.2). */
const BABEL_COST_OF_ONE = 256;
/** OLSR's ETX of 1 where it is a whole number (`linkCost` of its jsoninfo). */
const OLSR_COST_OF_ONE = 1024;

export function isNetjson(document: JsonObject): boolean {
  const type = field(document, 'type');
  return type === 'NetworkGraph' || type === 'NetworkCollection';
}

/**
 * Of a collection, the graph with most links is read (olsrd2 writes one for each address family). A link's ends are ids
 * or local addresses of nodes; a file without any list of nodes names them by its links. A link without the reverse one
 * tells of both directions at once. A node listed twice is one node.
 */
export function readNetjson(document: JsonObject): Result<Topology, TopologyCode> {
  return reading(() => {
    const builder = new TopologyBuilder(FORMAT);
    const graph = graphIn(document, builder);
    builder.setName(textField(graph, 'label', 'topology_id'));
    const nodes = listAt(builder, graph, 'nodes');
    const links = listAt(builder, graph, 'links');
    const addresses = readNodes(builder, nodes);
    const metric = `${textField(graph, 'protocol') ?? ''} ${textField(graph, 'metric') ?? ''}`;
    readLinks(builder, links, addresses, metric.toLowerCase());
    if (builder.nodes.length === 0) throw builder.malformed('nodes', 'there are none');
    const positions = builder.nodes.map(({ position }) => position);
    return builder.build(looksGeographic(positions, builder.links));
  });
}

function listAt(builder: TopologyBuilder, graph: JsonObject, name: string): readonly unknown[] {
  const value = field(graph, name) ?? [];
  if (Array.isArray(value)) return value;
  throw builder.malformed(name, `${shown(value)} is not a list`);
}

function graphIn(document: JsonObject, builder: TopologyBuilder): JsonObject {
  let found: JsonObject | null = null;
  let most = -1;
  const open: unknown[] = [document];
  for (let seen = 0; open.length > 0; seen += 1) {
    if (seen >= COLLECTION_OBJECTS_MAX) {
      throw builder.malformed('collection', `it holds more than ${COLLECTION_OBJECTS_MAX} objects`);
    }
    const object = open.pop();
    if (!isObject(object)) continue;
    const inside = field(object, 'collection');
    const links = field(object, 'links');
    const count = Array.isArray(links) ? links.length : 0;
    if (field(object, 'type') === 'NetworkGraph' && count >= most) {
      found = object;
      most = count;
    } else if (Array.isArray(inside)) {
      // The whole list is on the stack at most once, and JSON cannot hold itself.
      for (const part of inside) open.push(part);
    }
  }
  if (found === null) throw builder.malformed('collection', 'it holds no NetworkGraph');
  return found;
}

/** Adds the nodes; the index of the node of each local address. */
function readNodes(builder: TopologyBuilder, nodes: readonly unknown[]): Map<string, number> {
  const addresses = new Map<string, number>();
  for (const [i, node] of nodes.entries()) {
    if (!isObject(node)) {
      throw builder.malformed(`nodes[${i}]`, `${shown(node)} is not an object`);
    }
    const id = idIn(field(node, 'id'));
    if (id === null) {
      throw builder.malformed(`nodes[${i}].id`, `${shown(field(node, 'id'))} is not an id`);
    }
    const index = builder.node(id, textField(node, 'label'), positionOf(node));
    const local = field(node, 'local_addresses');
    for (const address of Array.isArray(local) ? local : []) {
      const text = idIn(address);
      if (text !== null && !addresses.has(text)) addresses.set(text, index);
    }
  }
  return addresses;
}

/** NetJSON names no coordinates; programs put them in `properties`, in `location`, or beside the id. */
function positionOf(node: JsonObject): Position | null {
  const properties = field(node, 'properties');
  for (const holder of [properties, node]) {
    if (!isObject(holder)) continue;
    const location = field(holder, 'location');
    for (const place of [location, holder]) {
      if (!isObject(place)) continue;
      const x = numberField(place, 'lat', 'latitude', 'x');
      const y = numberField(place, 'lng', 'lon', 'longitude', 'y');
      if (x !== null && y !== null) return { x, y };
    }
  }
  return null;
}

function readLinks(
  builder: TopologyBuilder,
  links: readonly unknown[],
  addresses: ReadonlyMap<string, number>,
  metric: string,
): void {
  const listed = builder.nodes.length > 0;
  const rows: { readonly from: number; readonly to: number; readonly row: LinkRow }[] = [];
  const both = new Set<string>();
  for (const [i, link] of links.entries()) {
    const where = `links[${i}]`;
    if (!isObject(link)) throw builder.malformed(where, `${shown(link)} is not an object`);
    const end = (name: string): number => {
      const id = idIn(field(link, name));
      if (id === null) {
        throw builder.malformed(`${where}.${name}`, `${shown(field(link, name))} is not an id`);
      }
      if (!listed) return builder.node(id);
      return builder.has(id)
        ? builder.listed(id, where)
        : (addresses.get(id) ?? builder.listed(id, where));
    };
    const from = end('source');
    const to = end('target');
    rows.push({ from, to, row: rowOf(link, metric) });
    both.add(`${from} ${to}`);
  }
  for (const { from, to, row } of rows) {
    const alone = !both.has(`${to} ${from}`);
    builder.link(
      from,
      to,
      alone && row.forth !== undefined ? { ...row, back: { ...row.forth, ...row.back } } : row,
    );
  }
}

function rowOf(link: JsonObject, metric: string): LinkRow {
  const inside = field(link, 'properties');
  const properties = isObject(inside) ? inside : {};
  const cost = numberField(link, 'cost', 'weight');
  const told = qualityIn(numberField(properties, 'nlq', 'tq', 'tx_quality'));
  const heard = qualityIn(numberField(properties, 'lq', 'rq', 'rx_quality'));
  return {
    forth: { cost, quality: told ?? qualityOfCost(cost, metric) },
    ...(heard === null ? {} : { back: { quality: heard } }),
    kind: kindNamed(textField(properties, 'type', 'link_type') ?? textField(link, 'type')),
  };
}

/**
 * Expected transmissions become their inverse; so does batman's inverted transmit quality, and Babel's cost over the
 * air. Of another metric nobody can say what it means as a probability.
 */
function qualityOfCost(cost: number | null, metric: string): number | null {
  if (cost === null || cost <= 0) return null;
  if (metric.includes('babel')) return Math.min(1, BABEL_COST_OF_ONE / cost);
  if (!/etx|\btq\b|batman/.test(metric)) return null;
  const transmissions = cost >= OLSR_COST_OF_ONE ? cost / OLSR_COST_OF_ONE : cost;
  return transmissions >= 1 ? 1 / transmissions : null;
}
