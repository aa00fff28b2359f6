// GraphML (http://graphml.graphdrawing.org/specification.html) as the Internet Topology Zoo writes it
// (http://www.topology-zoo.org): nodes with `Latitude` and `Longitude`, edges with `LinkSpeedRaw`, several edges
// between two nodes for parallel lines.

import { BitcrapsError, unwrap, type Result } from '../../core/errors.ts';
import type { Position } from '../../routing/node-attributes.ts';
import { numberIn, qualityIn, rateIn } from './json-fields.ts';
import { looksGeographic } from './looks-geographic.ts';
import { kindNamed } from './read-meshnet-lab.ts';
import { reading, TopologyBuilder, type LinkRow, type TopologyCode } from './topology-builder.ts';
import {
  TOPOLOGY_LINKS_MAX,
  TOPOLOGY_NODES_MAX,
  TOPOLOGY_ROWS_PER_LINK_MAX,
  type LinkDirection,
  type Topology,
} from './topology.ts';
import { placeIn, readXml, type XmlHandler } from './xml.ts';

const FORMAT = 'GraphML';
const KEYS_MAX = 1000;
const EDGES_MAX = TOPOLOGY_LINKS_MAX * TOPOLOGY_ROWS_PER_LINK_MAX;
/** Bits per second of the units in which the Zoo tells `LinkSpeed`. */
const SPEED_UNITS: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['K', 1e3],
  ['M', 1e6],
  ['G', 1e9],
  ['T', 1e12],
]);

/** Values of a node or an edge, by the lower-case name of their key. */
type Data = Map<string, string>;

interface Key {
  readonly name: string;
  /** `node`, `edge`, `graph`, `all`… */
  readonly of: string;
  otherwise: string | null;
}

interface Edge {
  readonly source: string;
  readonly target: string;
  readonly directed: boolean;
  readonly at: number;
  readonly data: Data;
}

/**
 * Parallel edges become one link whose rate is the sum of theirs; edges from a node to itself are dropped. Both ends of
 * an edge must be nodes of the file, before or after it. Nested graphs are read as one; hyperedges are refused.
 */
export function readGraphml(text: string): Result<Topology, TopologyCode> {
  return reading(() => {
    const document = new GraphmlDocument(text);
    unwrap(readXml(text, document));
    return document.topology();
  });
}

class GraphmlDocument implements XmlHandler {
  readonly #text: string;
  readonly #builder = new TopologyBuilder(FORMAT, 'bundle');
  readonly #keys = new Map<string, Key>();
  readonly #nodes = new Map<string, Data>();
  readonly #edges: Edge[] = [];
  /** Whose data is being read, innermost last. */
  readonly #owners: Data[] = [];
  readonly #graph: Data = new Map();
  #directed = false;
  #isGraphml = false;
  /** The key whose default, or the data, that is being read. */
  #key: Key | null = null;
  #value: string | null = null;

  constructor(text: string) {
    this.#text = text;
  }

  open(name: string, attributes: ReadonlyMap<string, string>, at: number): void {
    if (!this.#isGraphml && name !== 'graphml') {
      throw this.#malformed(at, `the root element is ${name.slice(0, 40)}, not graphml`);
    }
    this.#isGraphml = true;
    if (name === 'key') this.#openKey(attributes, at);
    else if (name === 'graph') this.#openGraph(attributes);
    else if (name === 'node') this.#openNode(attributes, at);
    else if (name === 'edge') this.#openEdge(attributes, at);
    else if (name === 'hyperedge') throw this.#malformed(at, 'hyperedges are not read');
    else if (name === 'data') {
      this.#key = this.#keys.get(this.#attribute(attributes, 'key', at)) ?? null;
      this.#value = '';
    } else if (name === 'default') this.#value = '';
  }

  text(text: string): void {
    if (this.#value !== null) this.#value += text;
  }

  close(name: string): void {
    if (name === 'node' || name === 'edge' || name === 'graph') this.#owners.pop();
    else if (name === 'key') this.#key = null;
    else if (name === 'default' || name === 'data') {
      const value = (this.#value ?? '').trim();
      if (name === 'default' && this.#key !== null) this.#key.otherwise = value;
      if (name === 'data' && this.#key !== null) this.#owners.at(-1)?.set(this.#key.name, value);
      if (name === 'data') this.#key = null;
      this.#value = null;
    }
  }

  topology(): Topology {
    const builder = this.#builder;
    const defaults = [...this.#keys.values()].filter(({ otherwise }) => otherwise !== null);
    const filled = (data: Data, of: string): Data => {
      for (const key of defaults) {
        const applies = key.of === of || key.of === 'all';
        if (applies && !data.has(key.name)) data.set(key.name, key.otherwise ?? '');
      }
      return data;
    };
    for (const [id, data] of this.#nodes) {
      filled(data, 'node');
      builder.node(id, data.get('label') ?? data.get('name') ?? null, positionOf(data));
    }
    if (builder.nodes.length === 0) throw builder.malformed('the file', 'there are no nodes');
    for (const { source, target, directed, at, data } of this.#edges) {
      const known = builder.has(source) && builder.has(target);
      const where = known ? '' : `the edge at ${placeIn(this.#text, at)}`;
      const ends = [builder.listed(source, where), builder.listed(target, where)] as const;
      builder.link(...ends, rowOf(filled(data, 'edge'), directed));
    }
    builder.setName(this.#graph.get('network') ?? this.#graph.get('label') ?? null);
    const positions = builder.nodes.map(({ position }) => position);
    const named = [...this.#nodes.values()].some((data) => data.has('latitude'));
    return builder.build(named || looksGeographic(positions, builder.links));
  }

  #malformed(at: number, what: string): BitcrapsError<TopologyCode> {
    return this.#builder.malformed(placeIn(this.#text, at), what);
  }

  #attribute(attributes: ReadonlyMap<string, string>, name: string, at: number): string {
    const value = attributes.get(name) ?? '';
    if (value === '') throw this.#malformed(at, `the attribute ${name} is missing`);
    return value;
  }

  #openKey(attributes: ReadonlyMap<string, string>, at: number): void {
    const id = this.#attribute(attributes, 'id', at);
    if (this.#keys.size >= KEYS_MAX)
      throw this.#malformed(at, `there are more than ${KEYS_MAX} keys`);
    const name = (attributes.get('attr.name') ?? id).toLowerCase();
    this.#key = { name, of: attributes.get('for') ?? 'all', otherwise: null };
    this.#keys.set(id, this.#key);
  }

  #openGraph(attributes: ReadonlyMap<string, string>): void {
    this.#directed = attributes.get('edgedefault') === 'directed';
    this.#owners.push(this.#graph);
  }

  #openNode(attributes: ReadonlyMap<string, string>, at: number): void {
    const id = this.#attribute(attributes, 'id', at);
    if (this.#nodes.has(id))
      throw this.#malformed(at, `the node ${id.slice(0, 40)} is listed twice`);
    const data: Data = new Map();
    if (this.#nodes.size >= TOPOLOGY_NODES_MAX) {
      throw new BitcrapsError('SIM_TOPOLOGY_TOO_LARGE', {
        format: FORMAT,
        what: 'nodes',
        max: TOPOLOGY_NODES_MAX,
      });
    }
    this.#nodes.set(id, data);
    this.#owners.push(data);
  }

  #openEdge(attributes: ReadonlyMap<string, string>, at: number): void {
    if (this.#edges.length >= EDGES_MAX) {
      throw new BitcrapsError('SIM_TOPOLOGY_TOO_LARGE', {
        format: FORMAT,
        what: 'edges',
        max: EDGES_MAX,
      });
    }
    const told = attributes.get('directed');
    const data: Data = new Map();
    this.#edges.push({
      source: this.#attribute(attributes, 'source', at),
      target: this.#attribute(attributes, 'target', at),
      directed: told === undefined ? this.#directed : told === 'true',
      at,
      data,
    });
    this.#owners.push(data);
  }
}

function numberOf(data: Data, ...names: string[]): number | null {
  for (const name of names) {
    const number = numberIn(data.get(name));
    if (number !== null) return number;
  }
  return null;
}

function positionOf(data: Data): Position | null {
  const x = numberOf(data, 'latitude', 'lat', 'x');
  const y = numberOf(data, 'longitude', 'lon', 'lng', 'long', 'y');
  return x === null || y === null ? null : { x, y };
}

function rowOf(data: Data, directed: boolean): LinkRow {
  const unit = SPEED_UNITS.get((data.get('linkspeedunits') ?? '').slice(0, 1).toUpperCase()) ?? 1;
  const bitsPerSecond = numberOf(data, 'linkspeedraw');
  const rate = rateIn(bitsPerSecond, 1) ?? rateIn(numberOf(data, 'linkspeed'), unit);
  const forth: Partial<LinkDirection> = {
    quality: qualityIn(numberOf(data, 'quality', 'tq')),
    cost: numberOf(data, 'weight', 'cost', 'metric'),
    bytesPerSecond: rate,
  };
  const latencyMs = numberOf(data, 'latency', 'latency_ms', 'latencyms');
  const kind = kindNamed(data.get('linktype') ?? data.get('type') ?? null);
  return {
    forth,
    ...(directed ? {} : { back: forth }),
    latencyMs: latencyMs !== null && latencyMs >= 0 ? latencyMs : null,
    kind: kind === 'other' ? 'wired' : kind,
  };
}
