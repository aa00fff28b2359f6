// `node bench/peers/quic/run.ts`: our QUIC links beside TLS and beside two QUIC packages, between two processes over
// loopback. `--peers` installs the packages first, `--rounds` and `--mib` say how much is measured.

import { execFileSync, fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { tableText } from '../../../src/cli/table-text.ts';
import {
  CONTENDERS,
  loadContender,
  TAKES_REFUSED,
  type ContenderName,
  type Pipe,
} from './contenders/pipe.ts';
import { COUNT, ECHO, FILL, type Told } from './contenders/serve.ts';

const folder = import.meta.dirname;
const FRAME = new Uint8Array(16 * 1024).fill(7);
const SMALL = new Uint8Array(256).fill(7);
const ROUND_TRIPS = 1000;
const SET_UPS = 20;
const FILL_MS = 1500;
const MIB = 1024 * 1024;

const { values: options } = parseArgs({
  options: {
    peers: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '3' },
    mib: { type: 'string', default: '64' },
  },
});
/** Slow ones carry less, or the rest would wait for them. */
const SHARE: Readonly<Record<ContenderName, number>> = {
  tls: 1,
  quic: 1,
  chainsafe: 1,
  matrixai: 1 / 16,
};
let bytesMax = 0;

interface Measured {
  readonly mbPerSecond: number;
  /** Of both processes, all their threads. */
  readonly mbPerCpuSecond: number;
  readonly roundTripP50Us: number;
  readonly roundTripP99Us: number;
  readonly setUpMs: number;
  /** Taken by the sender's library and not read by the other end, in KiB. */
  readonly creditKib: number;
}

function median(values: readonly number[], at = 0.5): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * at)] ?? Number.NaN;
}

function next(pipe: Pipe): Promise<void> {
  return new Promise((resolve) => {
    pipe.onBytes = () => resolve();
  });
}

async function opened(dial: () => Promise<Pipe>, mode: number): Promise<Pipe> {
  const pipe = await dial();
  const answer = next(pipe);
  pipe.start();
  pipe.write(Uint8Array.of(mode));
  await answer;
  return pipe;
}

async function setUpMs(dial: () => Promise<Pipe>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < SET_UPS; i += 1) {
    const began = performance.now();
    const pipe = await opened(dial, ECHO);
    times.push(performance.now() - began);
    pipe.close();
  }
  return median(times);
}

async function roundTripsUs(dial: () => Promise<Pipe>): Promise<number[]> {
  const pipe = await opened(dial, ECHO);
  const times: number[] = [];
  for (let i = 0; i < ROUND_TRIPS; i += 1) {
    const began = performance.now();
    const answer = next(pipe);
    pipe.write(SMALL);
    await answer;
    times.push(1000 * (performance.now() - began));
  }
  pipe.close();
  return times;
}

async function stream(dial: () => Promise<Pipe>): Promise<number> {
  const pipe = await opened(dial, COUNT);
  const done = next(pipe);
  let sent = 0;
  const more = (): void => {
    while (sent < bytesMax) {
      if (!pipe.write(FRAME)) {
        // A refused frame of ours was not taken; the others take it and ask for a pause.
        if (pipe.waitingBytes < bytesMax && TAKES_REFUSED.has(current)) sent += FRAME.length;
        return;
      }
      sent += FRAME.length;
    }
  };
  pipe.onRoom = more;
  const began = performance.now();
  more();
  await done;
  const seconds = (performance.now() - began) / 1000;
  pipe.close();
  return seconds;
}

let current: ContenderName = 'tls';

async function ask(child: ChildProcess): Promise<Told> {
  const answer = once(child, 'message') as Promise<[Told]>;
  child.send('tell');
  return (await answer)[0];
}

async function cpuSeconds(child: ChildProcess): Promise<number> {
  const { cpu: theirs } = await ask(child);
  const ours = process.cpuUsage();
  return (theirs.user + theirs.system + ours.user + ours.system) / 1e6;
}

/** What the sender's library takes while the receiver reads nothing. */
async function creditBytes(child: ChildProcess, dial: () => Promise<Pipe>): Promise<number> {
  const pipe = await dial();
  pipe.write(Uint8Array.of(FILL));
  await sleep(FILL_MS);
  const { handedOn } = await ask(child);
  pipe.close();
  return handedOn;
}

async function measure(name: ContenderName): Promise<Measured> {
  current = name;
  bytesMax = Math.ceil(Number(options.mib) * MIB * SHARE[name]);
  const child = fork(join(folder, 'contenders', 'serve.ts'), [name, String(bytesMax)]);
  const [address] = (await once(child, 'message')) as [string];
  const contender = await loadContender(name);
  const dial = (): Promise<Pipe> => contender.dial(address);
  const setUp = await setUpMs(dial);
  const trips = await roundTripsUs(dial);
  const before = await cpuSeconds(child);
  const seconds = await stream(dial);
  const cpu = (await cpuSeconds(child)) - before;
  const credit = await creditBytes(child, dial);
  child.disconnect();
  return {
    mbPerSecond: bytesMax / 1e6 / seconds,
    mbPerCpuSecond: bytesMax / 1e6 / cpu,
    roundTripP50Us: median(trips),
    roundTripP99Us: median(trips, 0.99),
    setUpMs: setUp,
    creditKib: credit / 1024,
  };
}

function isInstalled(name: ContenderName): boolean {
  const packages = {
    matrixai: '@matrixai/quic',
    chainsafe: '@chainsafe/libp2p-quic-linux-x64-gnu',
  };
  if (name !== 'matrixai' && name !== 'chainsafe') return true;
  return existsSync(join(folder, 'node_modules', packages[name]));
}

// Not `npm ci`: it wants the packages of all platforms, and not all of them were published.
if (options.peers) {
  execFileSync('npm', ['install', '--no-save'], { cwd: folder, stdio: ['ignore', 2, 2] });
}
const contenders = CONTENDERS.filter(isInstalled);
const results = new Map<ContenderName, Measured[]>(contenders.map((name) => [name, []]));
for (let round = 0; round < Number(options.rounds); round += 1) {
  for (const name of round % 2 === 0 ? contenders : contenders.toReversed()) {
    results.get(name)?.push(await measure(name));
  }
}
const rows = contenders.map((name) => {
  const of = (field: keyof Measured): string =>
    median((results.get(name) ?? []).map((one) => one[field])).toFixed(field === 'setUpMs' ? 1 : 0);
  return [
    name,
    of('mbPerSecond'),
    of('mbPerCpuSecond'),
    of('roundTripP50Us'),
    of('roundTripP99Us'),
    of('setUpMs'),
    of('creditKib'),
  ];
});
process.stdout.write(
  tableText([
    ['', 'MB/s', 'MB/CPU s', 'round trip p50 µs', 'p99 µs', 'set-up ms', 'on credit KiB'],
    ...rows,
  ]),
);
process.exit();
