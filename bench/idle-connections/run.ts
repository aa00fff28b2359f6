// How many idle connections one process holds, and what each costs: `node bench/idle-connections/run.ts [connections]`.
// Each has passed the gate, TLS with both certificates, and the link's own handshake, and is kept alive by pings every ten
// seconds. Memory is the resident set after a collection. Needs as many file descriptors (`ulimit -n`).

import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const DIALERS = 4;
const IDLE_SECONDS = 12;
const MEBIBYTE = 1024 * 1024;
const MEMORY_BYTES_MAX = 1024 * MEBIBYTE;

interface State {
  readonly established: number;
  readonly lost: number;
  readonly rss: number;
  readonly heapUsed: number;
  readonly external: number;
  readonly cpuMs: number;
}

const here = import.meta.dirname;
const connections = Number(process.argv[2] ?? 10_000);
const children: ChildProcess[] = [];

function startChild(file: string, ...words: readonly string[]): ChildProcess {
  const child = fork(join(here, file), words);
  children.push(child);
  child.once('exit', (code) => {
    if (code === 1) process.exit(2);
  });
  return child;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** After a collection, if memory is what counts. */
async function stateOf(gateway: ChildProcess, collected: boolean): Promise<State> {
  if (collected) {
    gateway.send('release');
    await once(gateway, 'message');
  }
  gateway.send('state');
  const [state] = (await once(gateway, 'message')) as [State];
  return state;
}

try {
  const gateway = startChild('gateway-process.ts');
  const [address] = (await once(gateway, 'message')) as [string];
  const before = await stateOf(gateway, true);
  const startMs = performance.now();
  const each = Math.ceil(connections / DIALERS);
  const dialers = Array.from({ length: DIALERS }, (_, i) =>
    startChild('dialer-process.ts', address, String(each), String(i + 2)),
  );
  await Promise.all(dialers.map((dialer) => once(dialer, 'message')));
  const seconds = (performance.now() - startMs) / 1000;
  const full = await stateOf(gateway, false);
  await pause(1000 * IDLE_SECONDS);
  const cpuMs = (await stateOf(gateway, false)).cpuMs - full.cpuMs;
  const idle = await stateOf(gateway, true);
  const held = idle.established - idle.lost;
  const kib = (bytes: number): string => (bytes / held / 1024).toFixed(1);
  const lines = [
    `connections   ${held} held, ${idle.lost} lost`,
    `memory        ${(idle.rss / MEBIBYTE).toFixed(0)} MiB in all, ${(before.rss / MEBIBYTE).toFixed(0)} MiB before`,
    `each          ${kib(idle.rss - before.rss)} KiB: ${kib(idle.heapUsed - before.heapUsed)} heap, ${kib(idle.external - before.external)} buffers, the rest TLS`,
    `connecting    ${((full.cpuMs - before.cpuMs) / held).toFixed(2)} ms of the gateway's core each, ${(held / seconds).toFixed(0)} per second with dialers on the same machine`,
    `idle          ${(cpuMs / IDLE_SECONDS / 10).toFixed(1)} % of a core`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  process.exitCode = held >= connections && idle.rss < MEMORY_BYTES_MAX ? 0 : 99;
} finally {
  for (const child of children) child.kill('SIGKILL');
}
