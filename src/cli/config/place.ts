// Where a node is and how it moves, as people write it: `52.52,13.40` and `linear:1.4,90`.

import type { Location, Mobility, Position } from '../../routing/node-attributes.ts';

/** The fastest that a setting may say: metres per second. */
const SPEED_MAX = 1_000;
/** The longest pause of a commuter: a day. */
const PAUSE_SECONDS_MAX = 86_400;

/** A latitude and a longitude in degrees, `null` if the text is neither. */
export function parsePosition(text: string): Position | null {
  const numbers = numbersIn(text);
  return numbers?.length === 2 ? positionOf(numbers) : null;
}

/**
 * `static`, `random:SPEED`, `linear:SPEED,HEADING`, `circular:SPEED,LAT,LON` (round that point) or
 * `commuter:SPEED,LAT,LON,PAUSE` (to that point and back); metres per second, degrees, seconds. `null` for other texts.
 */
export function parseMobility(text: string): Mobility | null {
  const [kind, rest] = text.split(':', 2);
  if (kind === 'static') return rest === undefined ? { kind } : null;
  const numbers = rest === undefined ? null : numbersIn(rest);
  const speed = numbers?.[0];
  if (numbers === null || speed === undefined || Math.abs(speed) > SPEED_MAX) return null;
  const more = numbers.slice(1);
  switch (kind) {
    case 'random':
      return more.length === 0 && speed >= 0 ? { kind, speed } : null;
    case 'linear': {
      const [heading] = more;
      if (more.length !== 1 || heading === undefined || speed < 0) return null;
      return heading >= 0 && heading <= 360 ? { kind, speed, heading } : null;
    }
    case 'circular': {
      const centre = positionOf(more);
      return more.length === 2 && centre !== null ? { kind, speed, centre } : null;
    }
    case 'commuter': {
      const other = positionOf(more);
      const pause = more[2];
      if (more.length !== 3 || other === null || pause === undefined || speed < 0) return null;
      if (pause < 0 || pause > PAUSE_SECONDS_MAX) return null;
      return { kind, speed, other, pauseMs: pause * 1000 };
    }
    default:
      return null;
  }
}

/** The location of a node that is at `position` at `atMs` of the wall clock; `null` where the settings tell no position. */
export function locationOf(position: string, mobility: string, atMs: number): Location | null {
  const here = parsePosition(position);
  const moves = parseMobility(mobility);
  return here === null || moves === null
    ? null
    : { planar: false, position: here, atMs, mobility: moves };
}

function numbersIn(text: string): readonly number[] | null {
  const parts = text.split(',').map((part) => part.trim());
  if (!parts.every((part) => /^-?\d{1,9}(\.\d{1,9})?$/.test(part))) return null;
  return parts.map(Number);
}

function positionOf([x, y]: readonly number[]): Position | null {
  if (x === undefined || y === undefined) return null;
  return Math.abs(x) <= 90 && Math.abs(y) <= 180 ? { x, y } : null;
}
