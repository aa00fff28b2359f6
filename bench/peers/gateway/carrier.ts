// A way from the load through a relay and back, as the load sees it: messages go in at one end and come out at the other.

import type { RelayProcess } from './relay-process.ts';

export interface Carrier {
  /** The process that is measured; `null` where there is none. */
  readonly relay: RelayProcess | null;
  /** Takes a copy of the message, to be sent by the next `flush` at the latest; `false`: not now. */
  send(message: Uint8Array): boolean;
  /** The end of a turn: what was taken is to go. */
  flush(): void;
  /** Set by whoever runs a workload. The bytes are valid during the call. */
  receive: (message: Uint8Array) => void;
  close(): Promise<void>;
}

/** What a contender is opened with. */
export interface CarrierOptions {
  /** A private folder for configuration, keys and logs. */
  readonly folder: string;
  /** Processor on which the relay runs. */
  readonly relayCore: number;
  /** Words before the relay's program, such as a profiler's. For people who look into one relay. */
  readonly nodeFlags: readonly string[];
}

export type OpenCarrier = (options: CarrierOptions) => Promise<Carrier>;
