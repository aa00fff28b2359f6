// What networks each preset is meant for, in figures: under these disturbances its detector keeps what docs/resilience.md
// promises, as `bitcraps bench detection` measures. Worse networks are still served, with more suspicions.

import type { PresetName } from './presets.ts';

/** Of one link, and of the machines at its ends. */
export interface Disturbance {
  /** One way, in milliseconds: at least, and uniform on top of it. */
  readonly latencyMs: number;
  readonly jitterMs: number;
  /** Chance that a segment is lost, each time it is sent: a stream shows it as the time until the next time. */
  readonly loss: number;
  /** Nothing passes for up to so long: somebody changes access points, a carrier reroutes. */
  readonly outagesPerDay: number;
  readonly outageMsMax: number;
  /** Either process stands still for up to so long: others have the processor, a heap is collected, a radio sleeps. */
  readonly pausesPerDay: number;
  readonly pauseMsMax: number;
}

export const disturbances: Readonly<Record<PresetName, Disturbance>> = {
  /** Loopback loses nothing. Many processes on few cores wait for each other each two minutes, for up to 400 ms. */
  local: {
    latencyMs: 0.1,
    jitterMs: 5,
    loss: 0,
    outagesPerDay: 0,
    outageMsMax: 0,
    pausesPerDay: 720,
    pauseMsMax: 400,
  },
  /** Wi-Fi in one building: 2 % lost although access points repeat, and someone walks to another of them each hour. */
  lan: {
    latencyMs: 2,
    jitterMs: 20,
    loss: 0.02,
    outagesPerDay: 24,
    outageMsMax: 1_000,
    pausesPerDay: 144,
    pauseMsMax: 500,
  },
  /** From coast to coast or across an ocean, 0.5 % lost: five times what carriers promise. Border routers converge within ten seconds, and do so now and then. */
  wan: {
    latencyMs: 50,
    jitterMs: 50,
    loss: 0.005,
    outagesPerDay: 2,
    outageMsMax: 10_000,
    pausesPerDay: 144,
    pauseMsMax: 500,
  },
  /** Phones on any network: radios repeat until 1 % is lost, and sleep; and a tunnel or a change of networks each hour. */
  default: {
    latencyMs: 30,
    jitterMs: 50,
    loss: 0.01,
    outagesPerDay: 24,
    outageMsMax: 5_000,
    pausesPerDay: 288,
    pauseMsMax: 500,
  },
};
