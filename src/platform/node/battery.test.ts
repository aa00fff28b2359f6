import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { EnergyReading } from '../../env/energy.ts';
import { batteryEnergy } from './battery.ts';

const root = mkdtempSync(join(tmpdir(), 'bc-power-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

type Supplies = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** A folder as Linux shows it. */
function folderOf(name: string, supplies: Supplies): string {
  const folder = join(root, name);
  mkdirSync(folder);
  for (const [supply, files] of Object.entries(supplies)) {
    mkdirSync(join(folder, supply));
    for (const [file, text] of Object.entries(files))
      writeFileSync(join(folder, supply, file), `${text}\n`);
  }
  return folder;
}

const mains = (online: string) => ({ type: 'Mains', online });
const battery = (capacity: string, status = 'Discharging') => ({
  type: 'Battery',
  capacity,
  status,
});

test.each<readonly [string, Supplies, EnergyReading]>([
  ['without any supply', {}, null],
  ['on mains alone', { AC: mains('1') }, null],
  ['a laptop that is plugged in', { AC: mains('1'), BAT0: battery('40', 'Charging') }, null],
  ['one that holds its charge', { AC: mains('1'), BAT0: battery('80', 'Not charging') }, null],
  ['one that is not', { AC: mains('0'), BAT0: battery('40') }, 0.4],
  ['two batteries', { AC: mains('0'), BAT0: battery('10'), BAT1: battery('50') }, 0.3],
  ['a battery that charges from something unknown', { BAT0: battery('40', 'Charging') }, null],
  ['the battery of a mouse', { hid: { ...battery('5'), scope: 'Device' } }, null],
  ['a capacity that is no number', { BAT0: battery('?') }, 'unknown'],
  ['a capacity that cannot be', { BAT0: battery('250') }, 'unknown'],
  ['one that cannot be read on mains', { AC: mains('1'), BAT0: battery('?') }, null],
  ['one of two that cannot be read', { BAT0: battery('?'), BAT1: battery('50') }, 0.5],
])('%s', async (name, supplies, energy) => {
  const folder = folderOf(name.replaceAll(' ', '-'), supplies);
  expect(await batteryEnergy(folder).read()).toEqual(
    typeof energy === 'number' ? expect.closeTo(energy) : energy,
  );
});

test('what is there and cannot be read is not taken for mains', async () => {
  const folder = folderOf('unreadable', { BAT0: battery('15') });
  // As where no descriptor is left: the folder is one, and reading it as a file fails.
  rmSync(join(folder, 'BAT0', 'type'));
  mkdirSync(join(folder, 'BAT0', 'type'));
  expect(await batteryEnergy(folder).read()).toBe('unknown');
  const file = join(root, 'file');
  writeFileSync(file, '');
  expect(await batteryEnergy(file).read()).toBe('unknown');
});

test('a machine that has no such folder is on mains', async () => {
  expect(await batteryEnergy(join(root, 'nowhere')).read()).toBeNull();
});
