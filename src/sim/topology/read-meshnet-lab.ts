// Topologies of the meshnet-lab project (https://github.com/mwarning/meshnet-lab): `links` with `source` and `target`,
// `nodes` where there is something to say of them. Its converters write `x` and `y` as latitude and longitude; its
// generators as places on a plane.

import type { Result } from '../../core/errors.ts';
import type { Position } from '../../routing/node-attributes.ts';
import {
  field,
  idIn,
  isObject,
  numberField,
  numberIn,
  qualityIn,
  shown,
  textField,
  type JsonObject,
} from './json-fields.ts';
import { looksGeographic } from './looks-geographic.ts';
import { reading, TopologyBuilder, type TopologyCode } from './topology-builder.ts';
import { LINK_KINDS, type LinkKind, type Topology } from './topology.ts';

const FORMAT = 'meshnet-lab';

/** Whether the document has what a meshnet-lab file has. */
export function isMeshnetLab(document: JsonObject): boolean {
  return Array.isArray(field(document, 'links')) || Array.isArray(field(document, 'nodes'));
}

/**
 * Nodes may be listed, named by links only, or both; a node with one coordinate has no position. `source_tq` is the
 * quality from source to target, `target_tq` the one back. Several links between two nodes become one with the best of
 * each direction.
 */
export function readMeshnetLab(document: JsonObject): Result<Topology, TopologyCode> {
  return reading(() => {
    const builder = new TopologyBuilder(FORMAT);
    const links = listAt(builder, document, 'links');
    const naming = namingOf(links);
    readNodes(builder, listAt(builder, document, 'nodes'), naming);
    readLinks(builder, links, naming);
    if (builder.nodes.length === 0) throw builder.malformed('the file', 'there are no nodes');
    const positions = builder.nodes.map(({ position }) => position);
    return builder.build(looksGeographic(positions, builder.links));
  });
}

/** How ids of a file become ids of nodes; `null` for what is no id. */
type Naming = (value: unknown) => string | null;

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

/**
 * Most programs write an id now as a number and now as a text and mean one node. But where some links join two numbers
 * and others two texts, and none joins both, the texts are names of their own: then "77" is not 77, and shown in quotes.
 */
function namingOf(links: readonly unknown[]): Naming {
  const kinds = new Set<string>();
  for (const link of links) {
    if (!isObject(link)) continue;
    kinds.add(`${isText(field(link, 'source'))} ${isText(field(link, 'target'))}`);
  }
  const apart = kinds.size === 2 && kinds.has('true true') && kinds.has('false false');
  return (value) => {
    const id = idIn(value);
    return apart && id !== null && isText(value) && numberIn(id) !== null ? `"${id}"` : id;
  };
}

function listAt(builder: TopologyBuilder, document: JsonObject, name: string): readonly unknown[] {
  const list = field(document, name) ?? [];
  if (Array.isArray(list)) return list;
  throw builder.malformed(name, `${shown(list)} is not a list`);
}

function readNodes(builder: TopologyBuilder, nodes: readonly unknown[], naming: Naming): void {
  for (const [i, node] of nodes.entries()) {
    const where = `nodes[${i}]`;
    if (!isObject(node)) throw builder.malformed(where, `${shown(node)} is not an object`);
    // What the map servers that it converts from write is read as it is: their ids, places, and who is away.
    if (field(node, 'is_online') === false) continue;
    const id = naming(field(node, 'id')) ?? naming(field(node, 'node_id'));
    if (id === null) {
      throw builder.malformed(`${where}.id`, `${shown(field(node, 'id'))} is not an id`);
    }
    builder.node(id, textField(node, 'name', 'label', 'hostname'), positionOf(node));
  }
}

function positionOf(node: JsonObject): Position | null {
  const location = field(node, 'location');
  const place = isObject(location) ? location : node;
  const x = numberField(place, 'x', 'latitude');
  const y = numberField(place, 'y', 'longitude');
  return x === null || y === null ? null : { x, y };
}

function readLinks(builder: TopologyBuilder, links: readonly unknown[], naming: Naming): void {
  for (const [i, link] of links.entries()) {
    const where = `links[${i}]`;
    if (!isObject(link)) throw builder.malformed(where, `${shown(link)} is not an object`);
    const end = (name: string): number => {
      const id = naming(field(link, name));
      if (id !== null) return builder.node(id);
      throw builder.malformed(`${where}.${name}`, `${shown(field(link, name))} is not an id`);
    };
    builder.link(end('source'), end('target'), {
      forth: { quality: qualityIn(numberField(link, 'source_tq')) },
      back: { quality: qualityIn(numberField(link, 'target_tq')) },
      kind: kindNamed(textField(link, 'type')),
    });
  }
}

/** The kind that a file names; `other` where it names none that is known. */
export function kindNamed(name: string | null): LinkKind {
  const lower = name?.toLowerCase() ?? '';
  if (lower === 'tunnel') return 'vpn';
  if (lower === 'lan' || lower === 'ethernet' || lower === 'fibre') return 'wired';
  if (lower === 'wireless' || lower === 'radio') return 'wifi';
  return LINK_KINDS.find((kind) => kind === lower) ?? 'other';
}
