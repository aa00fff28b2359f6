// How much energy this machine has, as Linux tells it under /sys/class/power_supply
// (Documentation/ABI/testing/sysfs-class-power of the kernel). Elsewhere it is taken to be on mains.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EnergySource } from '../../env/energy.ts';

const FOLDER = '/sys/class/power_supply';
/** Supplies that are looked at; machines have a handful. */
const SUPPLIES_MAX = 32;

/** `folder` is another one in tests only. */
export function batteryEnergy(folder: string = FOLDER): EnergySource {
  return { read: () => readEnergy(folder) };
}

/** The mean of its batteries while none of them is fed; `null` on mains, without a battery, and where nothing can be read. */
async function readEnergy(folder: string): Promise<number | null> {
  const names = await readdir(folder).catch(() => []);
  const supplies = await Promise.all(
    names.slice(0, SUPPLIES_MAX).map((name) => readSupply(join(folder, name))),
  );
  if (supplies.some(({ isFeeding }) => isFeeding)) return null;
  const shares = supplies.flatMap(({ share }) => share ?? []);
  if (shares.length === 0) return null;
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

interface Supply {
  /** Mains or a charger that gives power now, or a battery that takes it. */
  readonly isFeeding: boolean;
  /** 0–1 of a battery of the machine itself. */
  readonly share: number | null;
}

async function readSupply(folder: string): Promise<Supply> {
  const [type, scope, online, status, capacity] = await Promise.all(
    ['type', 'scope', 'online', 'status', 'capacity'].map((name) => readLine(join(folder, name))),
  );
  // Of a mouse or a headset.
  if (scope === 'Device') return { isFeeding: false, share: null };
  if (type !== 'Battery') return { isFeeding: online === '1', share: null };
  const isFeeding = status === 'Charging' || status === 'Full';
  const percent = Number(capacity);
  const isKnown = capacity !== '' && percent >= 0 && percent <= 100;
  return { isFeeding, share: isKnown ? percent / 100 : null };
}

/** Empty where it is not there. */
async function readLine(path: string): Promise<string> {
  return (await readFile(path, 'utf8').catch(() => '')).trim();
}
