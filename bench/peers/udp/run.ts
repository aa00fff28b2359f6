// `node bench/peers/udp/run.ts`: our UDP links beside bare hyperdht streams, 256-byte messages from one process to another
// over loopback, in the same rounds. `--rounds`, `--messages`, `--seed`, `--json`.

import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { benchDocument, row, tableRows, type Row } from '../../../src/bench/benchmark.ts';
import { bootstrapMedian, bootstrapRatio } from '../../../src/bench/bootstrap.ts';
import { measure } from '../../../src/bench/measure.ts';
import { benchRng, SEED_DEFAULT } from '../../../src/bench/seed.ts';
import { median, summarize } from '../../../src/bench/statistics.ts';
import { tableText } from '../../../src/cli/table-text.ts';
import { startBootstrapNode } from '../../../src/platform/dht/dht-node.ts';
import type { Asked, Manner, Told } from './contenders/end.ts';

const EXIT_THRESHOLD_MISSED = 99;
const WANTED = { kind: 'at-least', value: 0.8 } as const;
const WARM_UP_ROUNDS = 2;
const KINDS = ['bare', 'ours'] as const;
const MANNERS: readonly Manner[] = ['one', 'batched', 'as called'];

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '11' },
    messages: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(SEED_DEFAULT) },
    json: { type: 'boolean', default: false },
  },
});
const seed = Number(options.seed);
const messages = Number(options.messages);

async function heard(child: ChildProcess): Promise<Told> {
  const [told] = (await once(child, 'message')) as [Told];
  return told;
}

/** A sender and a receiver, each a process. */
async function pairOf(kind: (typeof KINDS)[number], bootstrap: string): Promise<ChildProcess[]> {
  const program = join(import.meta.dirname, 'contenders', 'end.ts');
  const receiver = fork(program, [kind, 'receiver', bootstrap]);
  const { address = '' } = await heard(receiver);
  const sender = fork(program, [kind, 'sender', bootstrap, address]);
  await heard(sender);
  return [sender, receiver];
}

/** Of each process so far. */
async function cpuOf(pair: readonly ChildProcess[]): Promise<readonly number[]> {
  const all: number[] = [];
  for (const child of pair) {
    const told = heard(child);
    child.send({ cpu: true } satisfies Asked);
    all.push((await told).cpuMicroseconds ?? 0);
  }
  return all;
}

/** By the wall clock, and per second of processor time of the end that used more of it. In thousand messages. */
interface Rates {
  readonly wall: number;
  readonly processor: number;
}

async function burst(pair: readonly ChildProcess[], manner: Manner): Promise<Rates> {
  const [sender, receiver] = pair;
  if (sender === undefined || receiver === undefined) throw new Error('no pair');
  const before = await cpuOf(pair);
  const isReady = heard(receiver);
  receiver.send({ expect: messages } satisfies Asked);
  await isReady;
  const done = heard(receiver);
  sender.send({ send: messages, manner } satisfies Asked);
  const { microseconds = 0 } = await done;
  const after = await cpuOf(pair);
  const busier = Math.max(...after.map((cpu, end) => cpu - (before[end] ?? 0)));
  return { wall: (1000 * messages) / microseconds, processor: (1000 * messages) / busier };
}

const CLOCKS = {
  wall: { unit: 'k/s', title: 'by the wall clock' },
  processor: { unit: 'k/CPU-s', title: 'of the busier end' },
} as const;
type ClockName = keyof typeof CLOCKS;

function rowsOf(manner: Manner, clock: ClockName, bare: Float64Array, ours: Float64Array): Row[] {
  const rng = benchRng(seed, `${manner} ${clock} bootstrap`);
  const rates = { bare, ours };
  const { unit, title } = CLOCKS[clock];
  return [
    ...KINDS.map((kind) =>
      row({
        name: `${manner}-${clock}-${kind}`,
        title: `256 B, ${manner}, ${title}: ${kind}`,
        unit,
        value: median(rates[kind]),
        interval: bootstrapMedian(rates[kind], rng),
        summary: summarize(rates[kind]),
      }),
    ),
    row({
      name: `${manner}-${clock}-ours-over-bare`,
      title: `256 B, ${manner}, ${title}: ours over bare`,
      unit: '×',
      value: median(ours) / median(bare),
      interval: bootstrapRatio(ours, bare, rng),
      ...(manner === 'as called' ? {} : { threshold: WANTED }),
    }),
  ];
}

const bootstrap = await startBootstrapNode({ listen: '127.0.0.1:0' });
const pairs = {
  bare: await pairOf('bare', bootstrap.address),
  ours: await pairOf('ours', bootstrap.address),
};
const rows: Row[] = [];
for (const manner of MANNERS) {
  const processor: { readonly [kind in (typeof KINDS)[number]]: number[] } = { bare: [], ours: [] };
  const rounds = Number(options.rounds);
  const wall = await measure(
    KINDS.map((kind) => ({
      name: kind,
      async round(): Promise<number> {
        const rates = await burst(pairs[kind], manner);
        processor[kind].push(rates.processor);
        return rates.wall;
      },
    })),
    { rounds, warmUpRounds: WARM_UP_ROUNDS },
    benchRng(seed, `${manner} order`),
  );
  const counted = (kind: (typeof KINDS)[number]): Float64Array =>
    Float64Array.from(processor[kind].slice(WARM_UP_ROUNDS));
  rows.push(...rowsOf(manner, 'wall', wall.bare, wall.ours));
  rows.push(...rowsOf(manner, 'processor', counted('bare'), counted('ours')));
}
for (const child of [...pairs.bare, ...pairs.ours]) child.disconnect();
await bootstrap.close();

const document = benchDocument('udp', seed, rows, []);
process.stdout.write(
  options.json ? `${JSON.stringify(document)}\n` : tableText(tableRows(document.rows)),
);
process.exitCode = document.met === false ? EXIT_THRESHOLD_MISSED : 0;
