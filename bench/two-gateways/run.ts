// Does a second gateway add capacity? The same traffic from one mesh to another through one gateway, and through two.
//
//   node bench/two-gateways/run.ts [rounds] [--mbps N] [--json]
//
// Each gateway may send so many Mbit/s to other gateways, as its line would have it, so that the line is what is short
// and not a processor: two gateways and the far one share the machine with the load, and on two cores no measurement of
// processors would say anything. What is measured is what a mesh makes of a second line: who is sent through which gateway
// is decided by each node (`src/gateway/selection/`). Exit code 99 if the second adds less than 0.7 of the first.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bootstrapRatio } from '../../src/bench/bootstrap.ts';
import { benchRng, SEED_DEFAULT } from '../../src/bench/seed.ts';
import { median } from '../../src/bench/statistics.ts';
import { tableText } from '../../src/cli/table-text.ts';
import { unwrap } from '../../src/core/errors.ts';
import { parsePeerId } from '../../src/core/peer-id.ts';
import { PROOF_BITS, NETWORK, receiver, Sender, type Receiver } from './members.ts';

const FACTOR_MIN = 1.7;
/** Destinations choose their gateways each for itself: few of them split unevenly. */
const RECEIVERS = 48;
const MESSAGE_BYTES = 1024;
/** Of what one gateway may send. */
const OFFERED = 2.5;
const MEASURED_MS = 10_000;
/** Destinations leave a gateway that is too loaded one by one, within twenty seconds. */
const SETTLE_MS = 30_000;
const EXIT_THRESHOLD_MISSED = 99;
const MAIN = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');

interface GatewayProcess {
  readonly process: ChildProcess;
  readonly peerId: string;
  readonly listen: string;
  readonly gatewayListen: string;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { mbps: { type: 'string', default: '16' }, json: { type: 'boolean', default: false } },
});
const rounds = Number(positionals[0] ?? 3);
const mbps = Number(values.mbps);
const folder = mkdtempSync(join(tmpdir(), 'two-gateways-'));

async function startGateway(
  name: string,
  mesh: string,
  more: readonly string[],
): Promise<GatewayProcess> {
  const words = ['node', '--json', '--network', NETWORK, '--proof-bits', String(PROOF_BITS)];
  const place = ['--state', join(folder, name), '--listen', '127.0.0.1:0', '--log-level', 'error'];
  const role = ['--gateway', '--gateway-listen', '127.0.0.1:0', '--mesh', mesh];
  const program = [MAIN, ...words, ...place, ...role, ...more];
  const child = spawn(process.execPath, program, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
  return { process: child, ...(JSON.parse(line) as Omit<GatewayProcess, 'process'>) };
}

async function stop({ process: child }: GatewayProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

/** Bytes per second that arrive. */
async function measured(sender: Sender, receivers: readonly Receiver[]): Promise<number> {
  const total = (): number => receivers.reduce((sum, one) => sum + one.bytes, 0);
  const before = total();
  const beganMs = performance.now();
  await sender.sendFor(MEASURED_MS);
  return ((total() - before) * 1000) / (performance.now() - beganMs);
}

async function main(): Promise<void> {
  const far = await startGateway('far', 'away', []);
  const near = (name: string): Promise<GatewayProcess> =>
    startGateway(name, 'home', [
      '--gateway-join',
      `${far.peerId}@${far.gatewayListen}`,
      '--internet-mbps-max',
      String(mbps),
      '--local-mbps-max',
      String(8 * mbps),
    ]);
  const first = await near('first');
  const receivers: Receiver[] = [];
  for (let i = 0; i < RECEIVERS; i += 1) {
    receivers.push(await receiver(far.listen, unwrap(parsePeerId(far.peerId))));
  }
  const perSecond = (OFFERED * mbps * 125_000) / MESSAGE_BYTES;
  const sender = new Sender(
    receivers.map(({ peer }) => peer),
    MESSAGE_BYTES,
    perSecond,
  );
  await sender.join(first.listen, unwrap(parsePeerId(first.peerId)));
  const samples: { readonly one: number[]; readonly two: number[] } = { one: [], two: [] };
  const shares: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    process.stderr.write(`round ${round}: one gateway\n`);
    await sender.sendFor(SETTLE_MS / 3);
    samples.one.push(await measured(sender, receivers));
    process.stderr.write(`round ${round}: two gateways\n`);
    const second = await near(`second-${round}`);
    const secondId = unwrap(parsePeerId(second.peerId));
    await sender.join(second.listen, secondId);
    await sender.sendFor(SETTLE_MS);
    samples.two.push(await measured(sender, receivers));
    shares.push(`${sender.sentThrough(secondId)} of ${RECEIVERS}`);
    await stop(second);
  }
  report(samples, shares);
  sender.stop();
  for (const one of receivers) one.stop();
  await stop(first);
  await stop(far);
}

function report(
  { one, two }: { readonly one: readonly number[]; readonly two: readonly number[] },
  shares: readonly string[],
): void {
  const [low, high] = Object.values(bootstrapRatio(two, one, benchRng(SEED_DEFAULT, 'gateways')));
  const factor = median(two) / median(one);
  if (values.json) {
    const cores = availableParallelism();
    process.stdout.write(
      `${JSON.stringify({ cores, mbps, one, two, factor, low, high, shares })}\n`,
    );
  } else {
    process.stdout.write(
      tableText([
        ['gateways', 'Mbit/s that arrived, each round', 'median'],
        ['one', one.map(mbit).join(', '), mbit(median(one))],
        ['two', two.map(mbit).join(', '), mbit(median(two))],
      ]),
    );
    process.stdout.write(
      `\ntwo over one: ${factor.toFixed(2)} ×, ${FACTOR_MIN} wanted; each may send ${mbps} Mbit/s, ${OFFERED} × that is offered\n` +
        `destinations that went through the second: ${shares.join('; ')}\n${availableParallelism()} cores\n`,
    );
  }
  if (factor < FACTOR_MIN) process.exitCode = EXIT_THRESHOLD_MISSED;
}

function mbit(bytes: number): string {
  return ((8 * bytes) / 1e6).toFixed(1);
}

try {
  await main();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
