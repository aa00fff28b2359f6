// Whether pairs of coordinates are latitudes and longitudes or metres on a plane. No format says so; files differ, and
// of real files some nodes' coordinates are nonsense, so the many decide and not the few.

import type { Position } from '../../routing/node-attributes.ts';
import type { TopologyLink } from './topology.ts';

/** Of the positions, so many must be on the globe. */
const ON_GLOBE_SHARE_MIN = 0.9;
/** Links of a community mesh are shorter; on a plane read as degrees they are longer than this. */
const MEDIAN_LINK_KM_MAX = 100;
/** Without links, half of the nodes are within this of the middle. */
const MEDIAN_SPREAD_KM_MAX = 1000;
/** No mesh is in the sea off Ghana, where the unit square would be. */
const ORIGIN_DEGREES = 2;
const EARTH_RADIUS_KM = 6371;

export function onGlobe({ x, y }: Position): boolean {
  return Math.abs(x) <= 90 && Math.abs(y) <= 180;
}

/** Great-circle distance in km between positions in degrees (haversine). */
export function greatCircleKm(p: Position, q: Position): number {
  const radians = Math.PI / 180;
  const half = (degrees: number): number => Math.sin((degrees * radians) / 2) ** 2;
  const cosines = Math.cos(p.x * radians) * Math.cos(q.x * radians);
  const h = half(q.x - p.x) + cosines * half(q.y - p.y);
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(h)));
}

export function median(values: readonly number[]): number {
  return values.toSorted((x, y) => x - y)[values.length >> 1] ?? 0;
}

/** `links` are looked at for their lengths, without those of kind `vpn`. */
export function looksGeographic(
  positions: readonly (Position | null)[],
  links: Iterable<TopologyLink>,
): boolean {
  const known = positions.filter((position) => position !== null);
  const there = known.filter(onGlobe);
  if (there.length === 0 || there.length < ON_GLOBE_SHARE_MIN * known.length) return false;
  if (there.every(({ x, y }) => Number.isInteger(x) && Number.isInteger(y))) return false;
  const middle = { x: median(there.map(({ x }) => x)), y: median(there.map(({ y }) => y)) };
  if (Math.abs(middle.x) < ORIGIN_DEGREES && Math.abs(middle.y) < ORIGIN_DEGREES) return false;
  const lengths: number[] = [];
  for (const { a, b, kind } of links) {
    const p = positions[a] ?? null;
    const q = positions[b] ?? null;
    if (kind !== 'vpn' && p !== null && q !== null && onGlobe(p) && onGlobe(q)) {
      lengths.push(greatCircleKm(p, q));
    }
  }
  if (lengths.length > 0) return median(lengths) <= MEDIAN_LINK_KM_MAX;
  return median(there.map((position) => greatCircleKm(position, middle))) <= MEDIAN_SPREAD_KM_MAX;
}
