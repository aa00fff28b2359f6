// The graph that a live node keeps of its mesh. Nodes report links; an arc from a to b is in the graph only while both
// report each other, with what a reports of it. What only one end reports waits behind the arcs of its row, outside the
// graph. A row that outgrows its room moves to the end of the arrays; they grow, or all rows are packed anew.

import { assert } from '../../core/assert.ts';
import { createArcChangeLog, type ArcChangeLog, type ArcChanges } from './arc-changes.ts';
import { NONE, type Graph } from './graph.ts';

/** What one end says of a link. */
export interface ReportedLink {
  /** A node of the graph. */
  readonly target: number;
  /** 1…65 535. */
  readonly port: number;
  /** 1…65 535. */
  readonly weight: number;
  /** As in `Graph`. */
  readonly metrics: number;
}

export interface LinkGraphLimits {
  readonly nodesMax: number;
  /** Of all reported links together, each end counted. */
  readonly arcsMax: number;
  /** How many changes the log keeps. */
  readonly changesMax: number;
}

/** A node reports at most this many links: counts have 16 bits. */
const LINKS_MAX = 0xffff;
/**
 * Arrays are made longer than what they must hold by this share, but by no fewer entries than stated, and as large a share
 * of a row's former places may lie idle before all rows are packed anew. Both cost a constant for each added arc: copying
 * an array is cheap, and packing waits for its share. It keeps a large graph within 120 bytes per node of degree 8.
 */
const ROOM_SHARE = 1 / 32;
const ARCS_ROOM_MIN = 64;
const NODES_ROOM_MIN = 16;

/** The object stays; its arrays may be others after any change. */
export class LinkGraph implements Graph {
  /** Grows with every change of an arc, its weight, port or metrics, and of who relays. */
  version = 0;
  /** Indices ever given; those of removed nodes have no arcs until they are given again. */
  nodes = 0;
  starts: Uint32Array = new Uint32Array(0);
  ends: Uint32Array = new Uint32Array(0);
  targets: Uint32Array = new Uint32Array(0);
  weights: Uint16Array = new Uint16Array(0);
  ports: Uint16Array = new Uint16Array(0);
  metrics: Uint32Array = new Uint32Array(0);
  /** One entry per node: ≠ 0 if it does not relay. */
  noTransit: Uint8Array = new Uint8Array(0);

  readonly #limits: LinkGraphLimits;
  readonly #log: ArcChangeLog;
  readonly #free: number[] = [];
  /** By node: links that it reports and the other end does not. They follow its arcs, ascending by target. */
  #halves: Uint16Array = new Uint16Array(0);
  /** By node: how many entries its row may hold. */
  #rooms: Uint16Array = new Uint16Array(0);
  /** By node: how many nodes report a link to it. */
  #reporters: Uint32Array = new Uint32Array(0);
  /** Entries of all rows. */
  #reported = 0;
  /** Where rows that move are put. */
  #tail = 0;

  constructor(limits: LinkGraphLimits) {
    this.#limits = limits;
    this.#log = createArcChangeLog(limits.changesMax);
  }

  /** Stands behind the latest change of an arc. */
  get cursor(): number {
    return this.#log.cursor;
  }

  /** Changes of arcs since `cursor`; `null` if too many to be held: compute in full. */
  changesSince(cursor: number): ArcChanges | null {
    return this.#log.since(cursor);
  }

  /** A node without links, which relays. `NONE` if there are `nodesMax`. */
  addNode(): number {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.nodes >= this.#limits.nodesMax) return NONE;
    if (this.nodes === this.starts.length) this.#growNodes();
    this.nodes += 1;
    return this.nodes - 1;
  }

  /**
   * Forgets a node with all that it reports and all that is reported of it: who reports it must report again before there
   * is a link to it again. Its index is given to another node later.
   */
  removeNode(node: number): void {
    assert(node < this.nodes, 'a node that is removed was added');
    const former = this.targets.slice(this.starts[node], this.ends[node]);
    this.report(node, []);
    for (const other of former) this.#dropHalf(other, node);
    for (let other = 0; other < this.nodes && this.#reportersOf(node) > 0; other += 1) {
      this.#dropHalf(other, node);
    }
    this.noTransit[node] = 0;
    this.#free.push(node);
  }

  /** How many nodes report a link to this one, whether or not it reports them: 0 means that nobody names it. */
  reporters(node: number): number {
    return this.#reportersOf(node);
  }

  /** Whether packets may pass through the node. Its arcs count as changed if that is new. */
  setTransit(node: number, relays: boolean): void {
    assert(node < this.nodes, 'a node that relays was added');
    const mask = relays ? 0 : 1;
    if (this.noTransit[node] === mask) return;
    this.noTransit[node] = mask;
    this.version += 1;
    const end = this.ends[node] ?? 0;
    for (let arc = this.starts[node] ?? 0; arc < end; arc += 1) {
      const weight = this.weights[arc] ?? 0;
      this.#log.record(node, this.targets[arc] ?? 0, weight, weight);
    }
  }

  /**
   * Replaces what a node reports of its links. Links to itself are left out, and all but the first to one target. `false`,
   * and nothing changes, if the graph would exceed its limits.
   */
  report(node: number, links: readonly ReportedLink[]): boolean {
    assert(node < this.nodes, 'a node that reports was added');
    const sorted = normalised(node, links, this.nodes);
    const before = this.#rowEnd(node) - (this.starts[node] ?? 0);
    const reported = this.#reported - before + sorted.length;
    if (sorted.length > LINKS_MAX || reported > this.#limits.arcsMax) return false;

    let changed = this.#withdraw(node, sorted);
    const mutual = sorted.map((link) => {
      const arc = this.#find(link.target, this.starts[node] ?? 0, this.ends[node] ?? 0);
      if (arc !== NONE) {
        changed = this.#compare(node, arc, link) || changed;
        return true;
      }
      const half = this.#find(link.target, this.ends[node] ?? 0, this.#rowEnd(node));
      if (half !== NONE) return false;
      this.#reporters[link.target] = this.#reportersOf(link.target) + 1;
      if (!this.#promote(link.target, node)) return false;
      this.#log.record(node, link.target, 0, link.weight);
      changed = true;
      return true;
    });
    this.#reported = reported;
    this.#write(node, sorted, mutual);
    if (changed) this.version += 1;
    return true;
  }

  /** Takes back the links of a row that are not among `sorted`; whether an arc went. The row itself stays as it is. */
  #withdraw(node: number, sorted: readonly ReportedLink[]): boolean {
    const start = this.starts[node] ?? 0;
    const end = this.ends[node] ?? 0;
    const rowEnd = this.#rowEnd(node);
    let changed = false;
    // Arcs and halves are each ascending by target, as the links are.
    for (let i = 0, entry = start; entry < rowEnd; entry += 1) {
      if (entry === end) i = 0;
      const target = this.targets[entry] ?? 0;
      while (i < sorted.length && (sorted[i]?.target ?? 0) < target) i += 1;
      if (sorted[i]?.target === target) continue;
      this.#reporters[target] = this.#reportersOf(target) - 1;
      if (entry >= end) continue;
      this.#log.record(node, target, this.weights[entry] ?? 0, 0);
      this.#demote(target, node);
      changed = true;
    }
    return changed;
  }

  /** Whether a report changes an arc; logs a change of its weight. */
  #compare(node: number, arc: number, { target, weight, port, metrics }: ReportedLink): boolean {
    const old = this.weights[arc] ?? 0;
    if (old !== weight) this.#log.record(node, target, old, weight);
    return old !== weight || this.ports[arc] !== port || this.metrics[arc] !== metrics;
  }

  #write(node: number, sorted: readonly ReportedLink[], mutual: readonly boolean[]): void {
    // Nothing of the old row is needed any more: if it must move, it moves empty.
    this.ends[node] = this.starts[node] ?? 0;
    this.#halves[node] = 0;
    if (sorted.length > (this.#rooms[node] ?? 0)) this.#move(node, sorted.length);
    let slot = this.starts[node] ?? 0;
    for (const keep of [true, false]) {
      sorted.forEach((link, i) => {
        if (mutual[i] !== keep) return;
        this.targets[slot] = link.target;
        this.weights[slot] = link.weight;
        this.ports[slot] = link.port;
        this.metrics[slot] = link.metrics;
        slot += 1;
      });
      if (keep) this.ends[node] = slot;
    }
    this.#halves[node] = slot - (this.ends[node] ?? 0);
  }

  /** `from` reports `to` already: makes that an arc, now that `to` reports it too. `false` if it does not report it. */
  #promote(from: number, to: number): boolean {
    const end = this.ends[from] ?? 0;
    const half = this.#find(to, end, this.#rowEnd(from));
    if (half === NONE) return false;
    const arc = this.#lowerBound(to, this.starts[from] ?? 0, end);
    this.#rotate(half, arc);
    this.ends[from] = end + 1;
    this.#halves[from] = (this.#halves[from] ?? 0) - 1;
    this.#log.record(from, to, 0, this.weights[arc] ?? 0);
    return true;
  }

  /** The arc from `from` to `to` is one no longer, since `to` does not report it. */
  #demote(from: number, to: number): void {
    const end = this.ends[from] ?? 0;
    const arc = this.#find(to, this.starts[from] ?? 0, end);
    assert(arc !== NONE, 'an arc has one the other way');
    this.#log.record(from, to, this.weights[arc] ?? 0, 0);
    this.#rotate(arc, this.#lowerBound(to, end, this.#rowEnd(from)) - 1);
    this.ends[from] = end - 1;
    this.#halves[from] = (this.#halves[from] ?? 0) + 1;
  }

  #dropHalf(from: number, to: number): void {
    const rowEnd = this.#rowEnd(from);
    const half = this.#find(to, this.ends[from] ?? 0, rowEnd);
    if (half === NONE) return;
    this.#rotate(half, rowEnd - 1);
    this.#halves[from] = (this.#halves[from] ?? 0) - 1;
    this.#reporters[to] = this.#reportersOf(to) - 1;
    this.#reported -= 1;
  }

  /** Moves an entry to another place of its row; those between make way. */
  #rotate(from: number, to: number): void {
    rotate(this.targets, from, to);
    rotate(this.weights, from, to);
    rotate(this.ports, from, to);
    rotate(this.metrics, from, to);
  }

  #find(target: number, low: number, high: number): number {
    const slot = this.#lowerBound(target, low, high);
    return slot < high && this.targets[slot] === target ? slot : NONE;
  }

  /** The first of the entries from `low` up to `high`, ascending by target, that is not before `target`. */
  #lowerBound(target: number, low: number, high: number): number {
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.targets[middle] ?? 0) < target) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #rowEnd(node: number): number {
    return (this.ends[node] ?? 0) + (this.#halves[node] ?? 0);
  }

  #reportersOf(node: number): number {
    return this.#reporters[node] ?? 0;
  }

  /** Gives an empty row room for `room` entries. */
  #move(node: number, room: number): void {
    this.#rooms[node] = 0;
    if (this.#tail + room > this.targets.length) this.#grow(room);
    this.starts[node] = this.#tail;
    this.ends[node] = this.#tail;
    this.#rooms[node] = room;
    this.#tail += room;
  }

  /** Makes room for `extra` entries and more behind the rows. */
  #grow(extra: number): void {
    let held = 0;
    for (let node = 0; node < this.nodes; node += 1) {
      held += this.#rowEnd(node) - (this.starts[node] ?? 0);
    }
    if (this.#tail > withRoom(held, ARCS_ROOM_MIN)) {
      this.#repack(withRoom(held + extra, ARCS_ROOM_MIN));
      return;
    }
    const length = withRoom(this.#tail + extra, ARCS_ROOM_MIN);
    this.targets = lengthened(this.targets, new Uint32Array(length));
    this.weights = lengthened(this.weights, new Uint16Array(length));
    this.ports = lengthened(this.ports, new Uint16Array(length));
    this.metrics = lengthened(this.metrics, new Uint32Array(length));
  }

  /** Puts all rows one after the other in the order of their nodes, into arrays of this length. */
  #repack(length: number): void {
    const { starts, ends, targets, weights, ports, metrics } = this;
    const [newTargets, newWeights] = [new Uint32Array(length), new Uint16Array(length)];
    const [newPorts, newMetrics] = [new Uint16Array(length), new Uint32Array(length)];
    let tail = 0;
    for (let node = 0; node < this.nodes; node += 1) {
      const start = starts[node] ?? 0;
      const rowEnd = this.#rowEnd(node);
      starts[node] = tail;
      ends[node] = (ends[node] ?? 0) - start + tail;
      this.#rooms[node] = rowEnd - start;
      // Rows are short: a loop is quicker than a view of each array.
      for (let entry = start; entry < rowEnd; entry += 1) {
        newTargets[tail] = targets[entry] ?? 0;
        newWeights[tail] = weights[entry] ?? 0;
        newPorts[tail] = ports[entry] ?? 0;
        newMetrics[tail] = metrics[entry] ?? 0;
        tail += 1;
      }
    }
    this.targets = newTargets;
    this.weights = newWeights;
    this.ports = newPorts;
    this.metrics = newMetrics;
    this.#tail = tail;
  }

  #growNodes(): void {
    const { nodesMax } = this.#limits;
    const length = Math.min(nodesMax, withRoom(this.nodes, NODES_ROOM_MIN));
    this.starts = lengthened(this.starts, new Uint32Array(length));
    this.ends = lengthened(this.ends, new Uint32Array(length));
    this.noTransit = lengthened(this.noTransit, new Uint8Array(length));
    this.#halves = lengthened(this.#halves, new Uint16Array(length));
    this.#rooms = lengthened(this.#rooms, new Uint16Array(length));
    this.#reporters = lengthened(this.#reporters, new Uint32Array(length));
  }
}

/** Ascending by target, each target once. */
function normalised(
  node: number,
  links: readonly ReportedLink[],
  nodes: number,
): readonly ReportedLink[] {
  for (const { target, weight } of links) {
    assert(target >= 0 && target < nodes, 'a link joins nodes of the graph');
    assert(weight >= 1 && weight <= 0xffff, 'a weight is an integer of 16 bits, at least 1');
  }
  return links
    .toSorted((a, b) => a.target - b.target)
    .filter(
      ({ target }, i, sorted) => target !== node && (i === 0 || sorted[i - 1]?.target !== target),
    );
}

function rotate(array: Uint32Array | Uint16Array, from: number, to: number): void {
  const entry = array[from] ?? 0;
  const step = from < to ? 1 : -1;
  for (let slot = from; slot !== to; slot += step) array[slot] = array[slot + step] ?? 0;
  array[to] = entry;
}

function withRoom(held: number, roomMin: number): number {
  return held + Math.max(roomMin, Math.ceil(held * ROOM_SHARE));
}

function lengthened<T extends Uint8Array | Uint16Array | Uint32Array>(from: T, into: T): T {
  into.set(from);
  return into;
}
