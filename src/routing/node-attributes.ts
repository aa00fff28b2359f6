// What a node says about itself besides its links: where it is and how it moves, what it can do, how much energy it has.
// All optional, all in its signed record.

/** WGS 84, degrees; or metres on a plane where `planar`, for meshes without a map. */
export interface Position {
  /** Latitude −90…90, or x in metres. */
  readonly x: number;
  /** Longitude −180…180, or y in metres. */
  readonly y: number;
}

/**
 * How a node moves; speeds in metres per second, headings in degrees clockwise from north (from +x towards +y where
 * planar), times in milliseconds of the wall clock.
 */
export type Mobility =
  | { readonly kind: 'static' }
  /** No direction is kept for long: a random walk of this mean speed. */
  | { readonly kind: 'random'; readonly speed: number }
  | { readonly kind: 'linear'; readonly speed: number; readonly heading: number }
  /** Round `centre`, clockwise where `speed` > 0. */
  | { readonly kind: 'circular'; readonly speed: number; readonly centre: Position }
  /** To and fro between where it is told to be and `other`, pausing `pauseMs` at each end. */
  | {
      readonly kind: 'commuter';
      readonly speed: number;
      readonly other: Position;
      readonly pauseMs: number;
    };

export interface Location {
  readonly planar: boolean;
  readonly position: Position;
  /** When it was there, milliseconds since the Unix epoch. */
  readonly atMs: number;
  readonly mobility: Mobility;
}

export interface NodeAttributes {
  /** A gateway to other meshes. */
  readonly gateway: boolean;
  /** Carries packets of others. A node that does not is an end of paths only. */
  readonly relays: boolean;
  /** 0–1 of a battery; `null` on mains or where it is not told. */
  readonly energy: number | null;
  /** `null` where it is not told. */
  readonly location: Location | null;
}

/** A node that tells nothing but its links. */
export const PLAIN_NODE: NodeAttributes = {
  gateway: false,
  relays: true,
  energy: null,
  location: null,
};
