// A node's attributes as fields of its link-state record, and the bounds that they are held to: what passes is finite
// and within its range, so that nobody who computes with it needs to look again.

import { create } from '@bufbuild/protobuf';
import {
  LinkStateLocationSchema,
  type LinkStateLocation,
  type LinkStateRecord,
} from '../wire/gen/bitcraps/v1/link_state_pb.ts';
import type { Location, Mobility, NodeAttributes, Position } from './node-attributes.ts';

const FLAG_GATEWAY = 1;
const FLAG_NO_RELAY = 2;
/** Energy is told in percent, so that a battery does not flood the mesh. */
const ENERGY_STEPS = 100;
/** Metres from the origin of a plane: half the Earth's circumference. */
const PLANE_METRES_MAX = 20_037_508;
/** Metres per second: the first cosmic velocity. */
export const SPEED_MAX = 7_900;
const PAUSE_MS_MAX: number = 24 * 3_600_000;
const KINDS = ['static', 'random', 'linear', 'circular', 'commuter'] as const;

type AttributeFields = Pick<LinkStateRecord, 'flags' | 'energy' | 'location'>;

export function attributesToFields({ gateway, relays, energy, location }: NodeAttributes): {
  flags: number;
  energy: number;
  location?: LinkStateLocation;
} {
  const flags = (gateway ? FLAG_GATEWAY : 0) | (relays ? 0 : FLAG_NO_RELAY);
  const told = energy === null ? 0 : Math.round(energy * ENERGY_STEPS) + 1;
  if (location === null) return { flags, energy: told };
  return { flags, energy: told, location: locationToFields(location) };
}

/** The attributes of a record, or what is wrong with them. */
export function attributesFromFields({
  flags,
  energy,
  location,
}: AttributeFields): NodeAttributes | string {
  if (energy > ENERGY_STEPS + 1) return 'energy';
  const place = location === undefined ? null : locationFromFields(location);
  if (typeof place === 'string') return place;
  return {
    gateway: (flags & FLAG_GATEWAY) !== 0,
    relays: (flags & FLAG_NO_RELAY) === 0,
    energy: energy === 0 ? null : (energy - 1) / ENERGY_STEPS,
    location: place,
  };
}

function locationToFields({ planar, position, atMs, mobility }: Location): LinkStateLocation {
  const fields = { planar, x: position.x, y: position.y, atMs };
  const kind = KINDS.indexOf(mobility.kind);
  const speed = mobility.kind === 'static' ? 0 : mobility.speed;
  const heading = mobility.kind === 'linear' ? mobility.heading : 0;
  const other = otherPlace(mobility);
  const pauseMs = mobility.kind === 'commuter' ? mobility.pauseMs : 0;
  return create(LinkStateLocationSchema, {
    ...fields,
    mobility: kind,
    speed,
    heading,
    otherX: other.x,
    otherY: other.y,
    pauseMs,
  });
}

function otherPlace(mobility: Mobility): Position {
  if (mobility.kind === 'circular') return mobility.centre;
  return mobility.kind === 'commuter' ? mobility.other : { x: 0, y: 0 };
}

function locationFromFields(fields: LinkStateLocation): Location | string {
  const { planar, x, y, atMs } = fields;
  const position = { x, y };
  if (!isPlace(position, planar)) return 'position';
  if (!Number.isSafeInteger(atMs) || atMs < 0) return 'time of the position';
  const mobility = mobilityFromFields(fields);
  return typeof mobility === 'string' ? mobility : { planar, position, atMs, mobility };
}

function mobilityFromFields(fields: LinkStateLocation): Mobility | string {
  const { planar, speed, heading, pauseMs } = fields;
  const other = { x: fields.otherX, y: fields.otherY };
  // Written so that no comparison with NaN passes. Only a circle has a direction in its speed.
  if (!(Math.abs(speed) <= SPEED_MAX)) return 'speed';
  const kind = KINDS[fields.mobility];
  if (kind !== 'circular' && speed < 0) return 'speed';
  switch (kind) {
    case 'static':
      return { kind };
    case 'random':
      return { kind, speed };
    case 'linear':
      return heading >= 0 && heading < 360 ? { kind, speed, heading } : 'heading';
    case 'circular':
      return isPlace(other, planar) ? { kind, speed, centre: other } : 'centre';
    case 'commuter':
      if (!isPlace(other, planar)) return 'other end';
      return pauseMs >= 0 && pauseMs <= PAUSE_MS_MAX ? { kind, speed, other, pauseMs } : 'pause';
    default:
      return 'mobility';
  }
}

function isPlace({ x, y }: Position, planar: boolean): boolean {
  return planar
    ? Math.abs(x) <= PLANE_METRES_MAX && Math.abs(y) <= PLANE_METRES_MAX
    : Math.abs(x) <= 90 && Math.abs(y) <= 180;
}
