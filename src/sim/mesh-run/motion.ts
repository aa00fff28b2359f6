// Nodes that move on a plane, by mobility class, inside the box that they begin in; and who hears whom: unit disks, as
// meshnet-lab's own mobility scenarios have them.

import { assert, unreachable } from '../../core/assert.ts';
import { metresBetween } from '../../routing/mobility.ts';
import type { Location, Mobility, Position } from '../../routing/node-attributes.ts';
import type { SeededRng } from '../seeded-rng.ts';
import type { Topology } from '../topology/topology.ts';
import { WALL_START_MS } from '../world.ts';

export const MOTION_CLASSES = ['static', 'random', 'linear', 'circular', 'commuter'] as const;
export type MotionClass = (typeof MOTION_CLASSES)[number];

/** Nodes without a known place are put so densely. */
const METRES_PER_NODE = 100;
/** A random walk keeps a direction for so long. */
const WALK_STEP_MS = 60_000;
const CIRCLE_RADIUS_METRES = { least: 50, most: 200 };
/** A commuter goes so far, as a share of the box, and stays there for a while. */
const COMMUTE_SHARE = 0.25;
const COMMUTE_PAUSE_MS = 30_000;
/** Rounds of bisection for the radio range: below a millimetre on any map. */
const RANGE_ROUNDS = 40;

interface Box {
  readonly width: number;
  readonly height: number;
}

interface Walker {
  x: number;
  y: number;
  /** Degrees from +x towards +y. */
  heading: number;
  turnsAtMs: number;
  mobility: Mobility;
  readonly home: Position;
  /** Where it was when it began to move as it does, and when. */
  since: { readonly position: Position; readonly atMs: number };
}

export class Motion {
  readonly #box: Box;
  readonly #walkers: readonly Walker[];
  readonly #rng: SeededRng;
  readonly #class: MotionClass;
  readonly #speed: number;
  #nowMs = 0;

  /** `speed` in metres per second. */
  constructor(topology: Topology, motionClass: MotionClass, speed: number, rng: SeededRng) {
    const { box, positions } = onPlane(topology, rng);
    this.#box = box;
    this.#rng = rng;
    this.#class = motionClass;
    this.#speed = speed;
    this.#walkers = positions.map((home) => {
      const mobility = this.#mobilityFrom(home);
      return {
        ...home,
        heading: mobility.kind === 'linear' ? mobility.heading : rng.unit() * 360,
        turnsAtMs: WALK_STEP_MS * rng.unit(),
        mobility,
        home,
        since: { position: home, atMs: 0 },
      };
    });
  }

  /** Metres on the plane, by node. */
  get positions(): readonly Position[] {
    return this.#walkers.map(({ x, y }) => ({ x, y }));
  }

  /** What a node says of itself. */
  locationOf(node: number): Location {
    const walker = this.#walkers[node];
    assert(walker !== undefined, 'the node moves');
    const { since, mobility } = walker;
    const { position, atMs } = since;
    return { planar: true, position, atMs: WALL_START_MS + atMs, mobility };
  }

  /** Lets `ms` pass. Returns the nodes that have something new to say of how they move. */
  step(ms: number): readonly number[] {
    this.#nowMs += ms;
    const turned: number[] = [];
    this.#walkers.forEach((walker, node) => {
      const { mobility } = walker;
      this.#move(walker, ms);
      if (walker.mobility !== mobility) turned.push(node);
    });
    return turned;
  }

  #mobilityFrom({ x, y }: Position): Mobility {
    const rng = this.#rng;
    const speed = this.#speed;
    switch (this.#class) {
      case 'static':
        return { kind: 'static' };
      case 'random':
        return { kind: 'random', speed };
      case 'linear':
        return { kind: 'linear', speed, heading: rng.unit() * 360 };
      case 'circular': {
        const { least, most } = CIRCLE_RADIUS_METRES;
        const radius = least + rng.unit() * (most - least);
        const centre = along({ x, y }, rng.unit() * 360, radius);
        return { kind: 'circular', speed, centre };
      }
      case 'commuter': {
        const reach = COMMUTE_SHARE * Math.max(this.#box.width, this.#box.height);
        const there = along({ x, y }, rng.unit() * 360, reach);
        const other = { x: folded(there.x, this.#box.width), y: folded(there.y, this.#box.height) };
        return { kind: 'commuter', speed, other, pauseMs: COMMUTE_PAUSE_MS };
      }
      default:
        return unreachable(this.#class);
    }
  }

  #move(walker: Walker, ms: number): void {
    const { mobility, home } = walker;
    const metres = (this.#speed * ms) / 1000;
    switch (mobility.kind) {
      case 'static':
        return;
      case 'random':
        if (this.#nowMs >= walker.turnsAtMs) {
          walker.heading = this.#rng.unit() * 360;
          walker.turnsAtMs += WALK_STEP_MS;
        }
        this.#advance(walker, metres);
        return;
      case 'linear': {
        this.#advance(walker, metres);
        const heading = (walker.heading + 360) % 360;
        if (heading === mobility.heading) return;
        walker.mobility = { ...mobility, heading };
        walker.since = { position: { x: walker.x, y: walker.y }, atMs: this.#nowMs };
        return;
      }
      case 'circular': {
        const { centre } = mobility;
        const radius = metresBetween(true, centre, home);
        const start = (Math.atan2(home.y - centre.y, home.x - centre.x) * 180) / Math.PI;
        const turned = (this.#speed * this.#nowMs) / 1000 / radius;
        Object.assign(walker, along(centre, start + (turned * 180) / Math.PI, radius));
        return;
      }
      case 'commuter': {
        const travelMs = (1000 * metresBetween(true, home, mobility.other)) / this.#speed;
        const phaseMs = this.#nowMs % (2 * (travelMs + mobility.pauseMs));
        const backFromMs = travelMs + mobility.pauseMs;
        const share =
          phaseMs < backFromMs
            ? Math.min(1, phaseMs / travelMs)
            : Math.max(0, 1 - (phaseMs - backFromMs) / travelMs);
        walker.x = home.x + share * (mobility.other.x - home.x);
        walker.y = home.y + share * (mobility.other.y - home.y);
        return;
      }
      default:
        unreachable(mobility);
    }
  }

  /** Straight on; the walls of the box throw back. */
  #advance(walker: Walker, metres: number): void {
    const radians = (walker.heading * Math.PI) / 180;
    const to = along(walker, walker.heading, metres);
    const isThrown = to.x < 0 || to.x > this.#box.width || to.y < 0 || to.y > this.#box.height;
    if (isThrown) {
      let [dx, dy] = [Math.cos(radians), Math.sin(radians)];
      if (to.x < 0 || to.x > this.#box.width) dx = -dx;
      if (to.y < 0 || to.y > this.#box.height) dy = -dy;
      walker.heading = ((Math.atan2(dy, dx) * 180) / Math.PI + 360) % 360;
    }
    walker.x = folded(to.x, this.#box.width);
    walker.y = folded(to.y, this.#box.height);
  }
}

function along({ x, y }: Position, degrees: number, metres: number): Position {
  const radians = (degrees * Math.PI) / 180;
  return { x: x + metres * Math.cos(radians), y: y + metres * Math.sin(radians) };
}

/** Thrown back once at each wall, and never outside. */
function folded(value: number, size: number): number {
  const back = value < 0 ? -value : value > size ? 2 * size - value : value;
  return Math.min(size, Math.max(0, back));
}

/** Places in metres from a corner of their box; unknown ones at random. */
function onPlane(
  { nodes }: Topology,
  rng: SeededRng,
): { readonly box: Box; readonly positions: readonly Position[] } {
  const known = nodes.flatMap(({ position }) => (position === null ? [] : [position]));
  const least = {
    x: Math.min(...known.map(({ x }) => x)),
    y: Math.min(...known.map(({ y }) => y)),
  };
  const planar = nodes[0]?.planar ?? true;
  const placed = known.length > 1;
  const metresOf = (position: Position): Position =>
    planar
      ? { x: position.x - least.x, y: position.y - least.y }
      : {
          x: metresBetween(false, least, { x: position.x, y: least.y }),
          y: metresBetween(false, least, { x: least.x, y: position.y }),
        };
  const side = METRES_PER_NODE * Math.sqrt(nodes.length);
  const metres = known.map(metresOf);
  const box = placed
    ? {
        width: Math.max(1, ...metres.map(({ x }) => x)),
        height: Math.max(1, ...metres.map(({ y }) => y)),
      }
    : { width: side, height: side };
  const positions = nodes.map(({ position }) =>
    placed && position !== null
      ? metresOf(position)
      : { x: rng.unit() * box.width, y: rng.unit() * box.height },
  );
  return { box, positions };
}

/** The radio range at which `links` pairs hear each other, or the nearest to that. */
export function rangeFor(positions: readonly Position[], links: number): number {
  let low = 0;
  let high = 1 + 2 * Math.max(...positions.flatMap(({ x, y }) => [Math.abs(x), Math.abs(y)]));
  for (let round = 0; round < RANGE_ROUNDS; round += 1) {
    const middle = (low + high) / 2;
    if (countWithin(positions, middle, links) < links) low = middle;
    else high = middle;
  }
  return high;
}

function countWithin(positions: readonly Position[], range: number, most: number): number {
  let count = 0;
  for (const _ of pairsWithin(positions, range)) {
    count += 1;
    if (count >= most) break;
  }
  return count;
}

/** Pairs of nodes at most `range` metres apart, the lower number first. */
export function* pairsWithin(
  positions: readonly Position[],
  range: number,
): Generator<readonly [number, number]> {
  assert(range > 0, 'a radio has a range');
  const cells = new Map<string, number[]>();
  for (const [b, { x, y }] of positions.entries()) {
    const column = Math.floor(x / range);
    const row = Math.floor(y / range);
    for (let c = column - 1; c <= column + 1; c += 1) {
      for (let r = row - 1; r <= row + 1; r += 1) {
        for (const a of cells.get(`${c} ${r}`) ?? []) {
          const other = positions[a];
          if (other !== undefined && Math.hypot(other.x - x, other.y - y) <= range) yield [a, b];
        }
      }
    }
    const key = `${column} ${row}`;
    const cell = cells.get(key);
    if (cell === undefined) cells.set(key, [b]);
    else cell.push(b);
  }
}
