// Collects nodes and links of a file into a topology: ids become indices, links from a node to itself are dropped,
// several rows between the same two nodes become one link, and no bound is passed.

import { BitcrapsError, ok, type Result } from '../../core/errors.ts';
import type { Position } from '../../routing/node-attributes.ts';
import { onGlobe } from './looks-geographic.ts';
import {
  TOPOLOGY_LINKS_MAX,
  TOPOLOGY_NODES_MAX,
  TOPOLOGY_ROWS_PER_LINK_MAX,
  type LinkDirection,
  type LinkKind,
  type Topology,
  type TopologyLink,
} from './topology.ts';

/** A row of a file; directions as the row has them. */
export interface LinkRow {
  readonly forth?: Partial<LinkDirection>;
  readonly back?: Partial<LinkDirection>;
  readonly latencyMs?: number | null;
  readonly kind: LinkKind;
}

interface DraftNode {
  readonly id: string;
  name: string | null;
  position: Position | null;
}

/**
 * How rows of the same two nodes and direction become one. `best`: they are views of one neighbour, over several radios
 * or from several reports: the best quality and rate, the lowest cost and latency. `bundle`: they are parallel
 * wires: as `best`, but rates add up.
 */
export type Merging = 'best' | 'bundle';

export type TopologyCode =
  | 'SIM_TOPOLOGY_TOO_LARGE'
  | 'SIM_TOPOLOGY_MALFORMED'
  | 'SIM_TOPOLOGY_NODE_UNKNOWN';

function pick(
  x: number | null,
  y: number | null,
  choose: (x: number, y: number) => number,
): number | null {
  if (x === null) return y;
  return y === null ? x : choose(x, y);
}

function direction({ quality, cost, bytesPerSecond }: Partial<LinkDirection> = {}): LinkDirection {
  return {
    quality: quality ?? null,
    cost: cost ?? null,
    bytesPerSecond: bytesPerSecond ?? null,
  };
}

export class TopologyBuilder {
  readonly #format: string;
  readonly #merging: Merging;
  readonly #indices = new Map<string, number>();
  readonly #nodes: DraftNode[] = [];
  /** By a × `TOPOLOGY_NODES_MAX` + b. */
  readonly #links = new Map<number, TopologyLink>();
  #rows = 0;
  #name: string | null = null;

  constructor(format: string, merging: Merging = 'best') {
    this.#format = format;
    this.#merging = merging;
  }

  get nodes(): readonly Readonly<DraftNode>[] {
    return this.#nodes;
  }

  get links(): IterableIterator<TopologyLink> {
    return this.#links.values();
  }

  setName(name: string | null): void {
    this.#name = name;
  }

  /** The index of the node `id`, which is new or known; a name or position fills what is not yet known of it. */
  node(id: string, name: string | null = null, position: Position | null = null): number {
    const known = this.#indices.get(id);
    if (known !== undefined) {
      const node = this.#nodes[known];
      if (node !== undefined) {
        node.name ??= name;
        node.position ??= position;
      }
      return known;
    }
    if (this.#nodes.length >= TOPOLOGY_NODES_MAX) throw this.#tooLarge('nodes', TOPOLOGY_NODES_MAX);
    const index = this.#nodes.push({ id, name, position }) - 1;
    this.#indices.set(id, index);
    return index;
  }

  has(id: string): boolean {
    return this.#indices.has(id);
  }

  /** The index of a node that must be listed; `where` tells who names it. */
  listed(id: string, where: string): number {
    const index = this.#indices.get(id);
    if (index !== undefined) return index;
    throw new BitcrapsError('SIM_TOPOLOGY_NODE_UNKNOWN', { format: this.#format, where, id });
  }

  /** Adds a row from the node of index `from` to the one of index `to`. */
  link(from: number, to: number, row: LinkRow): void {
    this.#rows += 1;
    if (this.#rows > TOPOLOGY_LINKS_MAX * TOPOLOGY_ROWS_PER_LINK_MAX) {
      throw this.#tooLarge('rows of links', TOPOLOGY_LINKS_MAX * TOPOLOGY_ROWS_PER_LINK_MAX);
    }
    if (from === to) return;
    const forth = direction(row.forth);
    const back = direction(row.back);
    const latencyMs = row.latencyMs ?? null;
    const ahead = from < to;
    const a = ahead ? from : to;
    const b = ahead ? to : from;
    const [toB, toA] = ahead ? [forth, back] : [back, forth];
    const key = a * TOPOLOGY_NODES_MAX + b;
    const old = this.#links.get(key);
    if (old === undefined && this.#links.size >= TOPOLOGY_LINKS_MAX) {
      throw this.#tooLarge('links', TOPOLOGY_LINKS_MAX);
    }
    this.#links.set(
      key,
      old === undefined
        ? { a, b, toB, toA, latencyMs, kind: row.kind }
        : {
            a,
            b,
            toB: this.#merged(old.toB, toB),
            toA: this.#merged(old.toA, toA),
            latencyMs: pick(old.latencyMs, latencyMs, Math.min),
            kind: old.kind === 'other' ? row.kind : old.kind,
          },
    );
  }

  /** What is wrong in the file: `what` at `where`. */
  malformed(where: string, what: string): BitcrapsError<TopologyCode> {
    return new BitcrapsError('SIM_TOPOLOGY_MALFORMED', { format: this.#format, where, what });
  }

  /**
   * `geographic` tells what positions are, and those that are not on the globe are then dropped. Nodes come in the order
   * in which they were first named.
   */
  build(geographic: boolean): Topology {
    return {
      name: this.#name,
      nodes: this.#nodes.map(({ id, name, position }) => ({
        id,
        name,
        position: position === null || (geographic && !onGlobe(position)) ? null : position,
        planar: !geographic,
      })),
      links: [...this.#links.values()],
    };
  }

  #merged(x: LinkDirection, y: LinkDirection): LinkDirection {
    const rates = this.#merging === 'bundle' ? (r: number, s: number): number => r + s : Math.max;
    return {
      quality: pick(x.quality, y.quality, Math.max),
      cost: pick(x.cost, y.cost, Math.min),
      bytesPerSecond: pick(x.bytesPerSecond, y.bytesPerSecond, rates),
    };
  }

  #tooLarge(what: string, max: number): BitcrapsError<TopologyCode> {
    return new BitcrapsError('SIM_TOPOLOGY_TOO_LARGE', { format: this.#format, what, max });
  }
}

/** Runs a reader's body; the coded errors that it throws become its result. */
export function reading<T>(read: () => T): Result<T, TopologyCode> {
  try {
    return ok(read());
  } catch (error) {
    if (error instanceof BitcrapsError) {
      return { ok: false, error: error as BitcrapsError<TopologyCode> };
    }
    throw error;
  }
}
