// How fast a node notices that a neighbour is gone: one row per kind of network, each figure with its reason. A shorter
// heartbeat finds failures sooner and costs more idle traffic (17 bytes each way per beat and link, before the transport).

/** Durations in milliseconds. */
export interface FailureTimings {
  /** Time between two pings on an idle or busy link. */
  readonly heartbeatMs: number;
  /** Silence after which a link is given up. At least three heartbeats, so that one late answer convicts nobody. */
  readonly failureTimeoutMs: number;
}

export type PresetName = 'default' | 'local' | 'lan' | 'wan';

export const presets: Readonly<Record<PresetName, FailureTimings>> = {
  /** Phones and laptops on unknown networks: a beat that a battery does not feel, and time for a roaming device to return. */
  default: { heartbeatMs: 10_000, failureTimeoutMs: 30_000 },
  /** Processes of one machine: answers take microseconds, so only a stopped process or a long pause is silent for 1.5 s. */
  local: { heartbeatMs: 250, failureTimeoutMs: 1_500 },
  /** One building: Wi-Fi hands over within a second or two, and people notice a table that hangs for five. */
  lan: { heartbeatMs: 1_000, failureTimeoutMs: 5_000 },
  /** Across the internet: a rerouting of the carrier takes some ten seconds, and TCP retransmits for that long. */
  wan: { heartbeatMs: 5_000, failureTimeoutMs: 20_000 },
};
