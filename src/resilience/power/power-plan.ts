// What a node does to save energy: as its battery falls its heartbeats become rarer, and low on it, it carries no packets of
// others any more, so that it can play on. Rarer heartbeats find failures of idle links later, in proportion; links that
// carry packets are watched by those, as ever.

export interface PowerConfig {
  /** 0–1. Above this share of the battery nothing is saved. */
  readonly saveBelow: number;
  /** 1–`STRETCH_MAX`: times between heartbeats are so many times as long on an empty battery. */
  readonly stretchMax: number;
  /** 0–1. At or below this share a node relays nothing. */
  readonly relayAbove: number;
}

/** Whoever tells less than nothing of its battery is still looked for within this many times the preset's time. */
export const STRETCH_MAX = 8;
/** A battery that is charged again must gain so much above a threshold before a node relays again. */
export const RELAY_HYSTERESIS = 0.05;
/** Energy is told in such steps, so that a battery floods its mesh twenty times as it empties, and not a hundred. */
export const ENERGY_STEP = 0.05;

export const POWER_DEFAULTS: PowerConfig = {
  // A device that is charged each night seldom comes below it; from there each hour counts.
  saveBelow: 0.6,
  // Four times: most of what can be saved, since what remains of an idle node's traffic is little.
  stretchMax: 4,
  // What phones call low.
  relayAbove: 0.2,
};

/** Times between heartbeats, as a multiple of the preset's: 1 on mains, above `saveBelow`, and for who does not tell. */
export function heartbeatStretch(energy: number | null, config: PowerConfig): number {
  const { saveBelow, stretchMax } = config;
  if (energy === null || energy >= saveBelow) return 1;
  const lacking = 1 - Math.max(0, energy) / saveBelow;
  return 1 + lacking * (Math.min(stretchMax, STRETCH_MAX) - 1);
}

/** How one end of a link saves. */
export interface LinkStretch {
  /** Times between heartbeats are so many times as long. */
  readonly times: number;
  /** This end is the needier one: it says when, for all its links at once, and so wakes once for all of them. */
  readonly leads: boolean;
  /** The other end is: this one waits for its beats. */
  readonly follows: boolean;
}

/** Of a link whose ends need not save. */
export const UNSTRETCHED: LinkStretch = { times: 1, leads: false, follows: false };

/**
 * The needier end decides. Both learn of the other's energy by link state, and come to the same figure where they are
 * configured alike; where not, each beats as it thinks, and answers what it is asked.
 */
export function linkStretch(
  own: number | null,
  other: number | null,
  config: PowerConfig,
): LinkStretch {
  const here = heartbeatStretch(own, config);
  const there = heartbeatStretch(other, config);
  if (here === 1 && there === 1) return UNSTRETCHED;
  return { times: Math.max(here, there), leads: here > there, follows: there > here };
}

/** What a node tells the mesh of itself. */
export interface PowerState {
  /** 0–1 in steps of `ENERGY_STEP`; `null` on mains. */
  readonly energy: number | null;
  readonly relays: boolean;
}

export const ON_MAINS: PowerState = { energy: null, relays: true };

/** `before` as it was told; the same object where nothing is to be told. */
export function nextPower(
  before: PowerState,
  energy: number | null,
  { relayAbove }: PowerConfig,
): PowerState {
  if (energy === null) {
    return before.energy === null && before.relays ? before : ON_MAINS;
  }
  const relays = energy > relayAbove + (before.relays ? 0 : RELAY_HYSTERESIS);
  const isNear = before.energy !== null && Math.abs(before.energy - energy) < ENERGY_STEP;
  if (isNear && relays === before.relays) return before;
  const step = Math.round(energy / ENERGY_STEP) * ENERGY_STEP;
  return { energy: Math.min(1, Math.max(0, step)), relays };
}
