// The energy of this device as an argument. Production reads the operating system, the simulator what a test says.

/** 0–1 of the battery, `null` on mains or where it cannot be told. */
export interface EnergySource {
  read(): Promise<number | null>;
}
