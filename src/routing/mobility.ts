// Where a node is expected to be, from where it said it was and how it moves: dead reckoning for each mobility class. On a
// map, distances and bearings are great-circle ones on the mean sphere of WGS 84 (Williams, Aviation Formulary); on a
// plane they are Euclid's.

import { unreachable } from '../core/assert.ts';
import type { Location, Mobility, Position } from './node-attributes.ts';

/** IUGG mean radius R1 of the WGS 84 ellipsoid. */
const EARTH_RADIUS_METRES = 6_371_008.8;
/** A random walk keeps a direction for about this long: uncertainty grows linearly first, then with the square root. */
const WALK_STEP_MS = 60_000;
/** A circle below this is a point. */
const CIRCLE_RADIUS_METRES_MIN = 0.001;

export interface PredictedPosition {
  readonly position: Position;
  /** Root mean square distance from it; 0 where the class says exactly where the node goes. */
  readonly uncertaintyMetres: number;
}

/** Metres between two positions of one kind. */
export function metresBetween(planar: boolean, a: Position, b: Position): number {
  if (planar) return Math.hypot(a.x - b.x, a.y - b.y);
  const sinLatitude = Math.sin(radians(b.x - a.x) / 2);
  const sinLongitude = Math.sin(radians(b.y - a.y) / 2);
  const square =
    sinLatitude ** 2 + Math.cos(radians(a.x)) * Math.cos(radians(b.x)) * sinLongitude ** 2;
  return 2 * EARTH_RADIUS_METRES * Math.asin(Math.min(1, Math.sqrt(square)));
}

/** Degrees in [0, 360) in which `b` lies as seen from `a`: clockwise from north, from +x towards +y where planar. */
export function bearingTo(planar: boolean, a: Position, b: Position): number {
  if (planar) return turn(degrees(Math.atan2(b.y - a.y, b.x - a.x)));
  const [latitudeA, latitudeB, east] = [radians(a.x), radians(b.x), radians(b.y - a.y)];
  return turn(
    degrees(
      Math.atan2(
        Math.sin(east) * Math.cos(latitudeB),
        Math.cos(latitudeA) * Math.sin(latitudeB) -
          Math.sin(latitudeA) * Math.cos(latitudeB) * Math.cos(east),
      ),
    ),
  );
}

/** Where one arrives that leaves `from` under `bearing` degrees and goes `metres` straight on. */
export function moved(planar: boolean, from: Position, bearing: number, metres: number): Position {
  const heading = radians(bearing);
  if (planar) {
    return { x: from.x + metres * Math.cos(heading), y: from.y + metres * Math.sin(heading) };
  }
  const angle = metres / EARTH_RADIUS_METRES;
  const latitude = radians(from.x);
  const sinLatitude =
    Math.sin(latitude) * Math.cos(angle) + Math.cos(latitude) * Math.sin(angle) * Math.cos(heading);
  const east = Math.atan2(
    Math.sin(heading) * Math.sin(angle) * Math.cos(latitude),
    Math.cos(angle) - Math.sin(latitude) * sinLatitude,
  );
  return {
    x: degrees(Math.asin(Math.max(-1, Math.min(1, sinLatitude)))),
    y: turn(from.y + degrees(east) + 180) - 180,
  };
}

/** Where the node is expected at `atMs` of the wall clock. Before the location's own time: where it said it was. */
export function predictPosition(location: Location, atMs: number): PredictedPosition {
  const { planar, position, mobility } = location;
  const elapsedMs = Math.max(0, atMs - location.atMs);
  switch (mobility.kind) {
    case 'static':
      return { position, uncertaintyMetres: 0 };
    case 'random': {
      const steps = elapsedMs / WALK_STEP_MS;
      const walked = steps < 1 ? steps : Math.sqrt(steps);
      const uncertaintyMetres = (Math.abs(mobility.speed) * walked * WALK_STEP_MS) / 1000;
      return { position, uncertaintyMetres };
    }
    case 'linear': {
      const metres = (mobility.speed * elapsedMs) / 1000;
      return {
        position: moved(planar, position, mobility.heading, metres),
        uncertaintyMetres: 0,
      };
    }
    case 'circular':
      return { position: onCircle(location, mobility, elapsedMs), uncertaintyMetres: 0 };
    case 'commuter':
      return { position: onCommute(location, mobility, elapsedMs), uncertaintyMetres: 0 };
    default:
      return unreachable(mobility);
  }
}

function onCircle(
  { planar, position }: Location,
  { speed, centre }: Extract<Mobility, { kind: 'circular' }>,
  elapsedMs: number,
): Position {
  const metres = metresBetween(planar, centre, position);
  // On the sphere the way round is shorter than on a plane of the same radius.
  const radius = planar ? metres : EARTH_RADIUS_METRES * Math.sin(metres / EARTH_RADIUS_METRES);
  if (radius < CIRCLE_RADIUS_METRES_MIN) return position;
  const angle = degrees((speed * elapsedMs) / 1000 / radius);
  return moved(planar, centre, bearingTo(planar, centre, position) + angle, metres);
}

function onCommute(
  { planar, position }: Location,
  { speed, other, pauseMs }: Extract<Mobility, { kind: 'commuter' }>,
  elapsedMs: number,
): Position {
  const metres = metresBetween(planar, position, other);
  const travelMs = (metres / Math.abs(speed)) * 1000;
  if (metres === 0 || !Number.isFinite(travelMs)) return position;
  const phaseMs = elapsedMs % (2 * (travelMs + pauseMs));
  const backFromMs = travelMs + pauseMs;
  const share =
    phaseMs < backFromMs
      ? Math.min(1, phaseMs / travelMs)
      : Math.max(0, 1 - (phaseMs - backFromMs) / travelMs);
  return moved(planar, position, bearingTo(planar, position, other), metres * share);
}

function radians(angle: number): number {
  return (angle * Math.PI) / 180;
}

function degrees(angle: number): number {
  return (angle * 180) / Math.PI;
}

/** The same direction in [0, 360). */
function turn(angle: number): number {
  return ((angle % 360) + 360) % 360;
}
