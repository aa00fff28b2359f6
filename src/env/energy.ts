// The energy of this device as an argument. Production reads the operating system, the simulator what a test says.

/** 0–1 of the battery; `null` on mains and without a battery; `unknown` where there may be one that cannot be read just now. */
export type EnergyReading = number | null | 'unknown';

export interface EnergySource {
  read(): Promise<EnergyReading>;
}
