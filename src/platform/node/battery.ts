// How much energy this machine has, as Linux tells it under /sys/class/power_supply
// (Documentation/ABI/testing/sysfs-class-power of the kernel). Elsewhere it is taken to be on mains.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EnergyReading, EnergySource } from '../../env/energy.ts';

const FOLDER = '/sys/class/power_supply';
/** Supplies that are looked at; machines have a handful. */
const SUPPLIES_MAX = 32;

/** `folder` is another one in tests only. */
export function batteryEnergy(folder: string = FOLDER): EnergySource {
  return { read: () => readEnergy(folder) };
}

/** The mean of its batteries while none of them is fed; `null` on mains and without a battery. */
async function readEnergy(folder: string): Promise<EnergyReading> {
  const names = await readdir(folder).catch((error: unknown) => (isAbsent(error) ? [] : null));
  if (names === null) return 'unknown';
  const supplies = await Promise.all(
    names.slice(0, SUPPLIES_MAX).map((name) => readSupply(join(folder, name))),
  );
  if (supplies.some(({ isFeeding }) => isFeeding)) return null;
  const shares = supplies.flatMap(({ share }) => (typeof share === 'number' ? share : []));
  if (shares.length > 0) return shares.reduce((sum, share) => sum + share, 0) / shares.length;
  return supplies.some(({ share }) => share === 'unknown') ? 'unknown' : null;
}

interface Supply {
  /** Mains or a charger that gives power now, or a battery that takes it. */
  readonly isFeeding: boolean;
  /** 0–1 of a battery of the machine itself; `null` of anything else. */
  readonly share: EnergyReading;
}

async function readSupply(folder: string): Promise<Supply> {
  const [type, scope, online, status, capacity] = await Promise.all(
    ['type', 'scope', 'online', 'status', 'capacity'].map((name) => readLine(join(folder, name))),
  );
  // Of a mouse or a headset.
  if (scope === 'Device') return { isFeeding: false, share: null };
  if (type === null) return { isFeeding: false, share: 'unknown' };
  if (type !== 'Battery') {
    return { isFeeding: online === '1', share: online === null ? 'unknown' : null };
  }
  const isFeeding = status === 'Charging' || status === 'Full';
  const percent = Number(capacity);
  const isKnown = capacity !== null && capacity !== '' && percent >= 0 && percent <= 100;
  return { isFeeding, share: isKnown ? percent / 100 : 'unknown' };
}

/** Empty where it is not there, `null` where it is and cannot be read. */
async function readLine(path: string): Promise<string | null> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    return isAbsent(error) ? '' : null;
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
