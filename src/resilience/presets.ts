// How fast a node notices that a neighbour is gone: one row per kind of network, each figure with its reason. A shorter
// heartbeat finds failures on idle links sooner and costs more idle traffic (9 bytes each way per beat and link, before the
// transport). A link that carries packets is found by its acknowledgements, whatever the heartbeat. What networks they are for
// is in `disturbances.ts`, what they keep there in docs/resilience.md.

/** Durations in milliseconds. */
export interface FailureTimings {
  /** Time between two pings on an idle link. */
  readonly heartbeatMs: number;
  /** Silence after which a link is given up. At least three heartbeats, so that one late answer convicts nobody. */
  readonly failureTimeoutMs: number;
  /**
   * Bounds of the time that a neighbour has to acknowledge packets, between which the measured round trip decides; on
   * an idle link the upper one. Twice that without a sign of life, and its link is suspect: routes avoid it and packets go
   * round it, but it stays open. Low enough that twice the lower bound stays below a second, high enough for a slow answer.
   */
  readonly ackTimeoutMsMin: number;
  readonly ackTimeoutMsMax: number;
  /**
   * What the detector of `detector/phi-accrual.ts` grants a beat beyond what is usual: time that it may always be late, and
   * the least deviation. On a steady link silence makes suspect after a heartbeat, this, and 5.6 times that.
   */
  readonly acceptablePauseMs: number;
  readonly deviationMsMin: number;
}

export type PresetName = 'default' | 'local' | 'lan' | 'wan';

export const presets: Readonly<Record<PresetName, FailureTimings>> = {
  /** Phones and laptops on unknown networks: a beat that a battery does not feel, and time for a roaming device to return. */
  default: {
    heartbeatMs: 10_000,
    failureTimeoutMs: 30_000,
    // As for `lan`, and radios that sleep.
    ackTimeoutMsMin: 350,
    ackTimeoutMsMax: 1_500,
    // A segment that was lost four times in a row comes after 3 s; 14.2 s in all.
    acceptablePauseMs: 2_000,
    deviationMsMin: 400,
  },
  /** Processes of one machine: answers take microseconds, so only a stopped process or a long pause is silent for 1.5 s. */
  local: {
    heartbeatMs: 250,
    failureTimeoutMs: 1_500,
    // Ten nodes that start on two cores hold each other up for a quarter of a second.
    ackTimeoutMsMin: 300,
    ackTimeoutMsMax: 600,
    // Nothing is lost here; a process that waits for a core is late by a few hundred milliseconds. 0.9 s in all.
    acceptablePauseMs: 400,
    deviationMsMin: 45,
  },
  /** One building: Wi-Fi hands over within a second or two, and people notice a table that hangs for five. */
  lan: {
    heartbeatMs: 1_000,
    failureTimeoutMs: 5_000,
    // TCP sends a lost segment again after 200 ms, and after 600 ms if it is lost twice (Linux's bounds).
    ackTimeoutMsMin: 350,
    ackTimeoutMsMax: 1_000,
    // A segment that was lost three times in a row comes after 1.4 s; 2.8 s in all.
    acceptablePauseMs: 1_200,
    deviationMsMin: 100,
  },
  /** Across the internet: a rerouting of the carrier takes some ten seconds, and TCP retransmits for that long. */
  wan: {
    heartbeatMs: 5_000,
    failureTimeoutMs: 20_000,
    // A round trip round the globe is 300 ms, and a lost segment costs as much again.
    ackTimeoutMsMin: 350,
    ackTimeoutMsMax: 3_000,
    // With a round trip of 150 ms and 300 ms to the first retransmission, the third comes after 2.1 s; 7.4 s in all.
    acceptablePauseMs: 1_000,
    deviationMsMin: 250,
  },
};
