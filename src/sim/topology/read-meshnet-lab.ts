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
    readNodes(builder, document);
    readLinks(builder, document);
    if (builder.nodes.length === 0) throw builder.malformed('the file', 'there are no nodes');
    const positions = builder.nodes.map(({ position }) => position);
    return builder.build(looksGeographic(positions, builder.links));
  });
}

function readNodes(builder: TopologyBuilder, document: JsonObject): void {
  const nodes = field(document, 'nodes') ?? [];
  if (!Array.isArray(nodes)) throw builder.malformed('nodes', `${shown(nodes)} is not a list`);
  for (const [i, node] of nodes.entries()) {
    const where = `nodes[${i}]`;
    if (!isObject(node)) throw builder.malformed(where, `${shown(node)} is not an object`);
    const id = idIn(field(node, 'id'));
    if (id === null)
      throw builder.malformed(`${where}.id`, `${shown(field(node, 'id'))} is not an id`);
    builder.node(id, textField(node, 'name', 'label', 'hostname'), positionOf(node));
  }
}

function positionOf(node: JsonObject): Position | null {
  const x = numberField(node, 'x');
  const y = numberField(node, 'y');
  return x === null || y === null ? null : { x, y };
}

function readLinks(builder: TopologyBuilder, document: JsonObject): void {
  const links = field(document, 'links') ?? [];
  if (!Array.isArray(links)) throw builder.malformed('links', `${shown(links)} is not a list`);
  for (const [i, link] of links.entries()) {
    const where = `links[${i}]`;
    if (!isObject(link)) throw builder.malformed(where, `${shown(link)} is not an object`);
    const end = (name: string): number => {
      const id = idIn(field(link, name));
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
