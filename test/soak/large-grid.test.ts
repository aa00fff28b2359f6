// The largest area that link state is made for: ten thousand nodes of production code in one process, as `bitcraps sim`
// runs them. Ten minutes or so.

import { readFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import type { MeshRunReport } from '../../src/sim/mesh-run/report.ts';
import { bitcraps, scratch } from '../e2e/harness.ts';

const MEMORY_BYTES_MAX: number = 8 * 1024 ** 3;
const folder = scratch();
afterAll(() => folder.remove());

/** The most memory that a process has had so far; `null` where the system does not tell. */
function peakBytes(pid: number): number | null {
  try {
    const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kib === undefined ? null : Number(kib) * 1024;
  } catch {
    return null;
  }
}

test(
  'a grid of ten thousand nodes finds itself, delivers everything, and stays within 8 GiB',
  { timeout: 3_600_000 },
  async () => {
    const words = 'sim grid:100x100 --pairs 200 --duration 20s --json'.split(' ');
    const running = bitcraps(folder.path, ...words);
    let peak: number | null = null;
    const begun = performance.now();
    const look = setInterval(() => {
      peak = peakBytes(running.process.pid ?? 0) ?? peak;
    }, 500);
    const { status, stdout, stderr } = await running.finished;
    clearInterval(look);
    expect([status, stderr]).toEqual([0, '']);
    const report = JSON.parse(stdout) as MeshRunReport;
    expect(report).toMatchObject({ nodes: 10_000, delivery: 1, loops: 0 });
    expect(report.stretch).toEqual({ mean: 1, p99: 1 });
    expect(report.failover?.packetsLost).toBe(0);
    expect(report.disjoint?.achieved).toBe(report.disjoint?.possible);
    if (peak !== null) expect(peak).toBeLessThan(MEMORY_BYTES_MAX);
    const minutes = (performance.now() - begun) / 60_000;
    const gib = peak === null ? 'n/a' : (peak / 1024 ** 3).toFixed(1);
    process.stdout.write(`10 000 nodes: ${minutes.toFixed(1)} minutes, ${gib} GiB\n`);
  },
);
