// `npm run bench:gateway`: the same messages through our relay and through others', each encrypted, per second of the relay's
// processor time. `--quick` takes one short round, `--only` some contenders, `--json` prints one document.

import { parseArgs } from 'node:util';
import { benchDocument, tableRows } from '../../../src/bench/benchmark.ts';
import { measure } from '../../../src/bench/measure.ts';
import { benchRng, SEED_DEFAULT } from '../../../src/bench/seed.ts';
import { tableText } from '../../../src/cli/table-text.ts';
import { CONTENDERS, isContender, type ContenderName } from './contenders.ts';
import { figureRows, figureTable, measureOnce, type Figures } from './figures.ts';
import { install, whyMissing } from './install.ts';
import { startLoad, type Load } from './load.ts';

const EXIT_THRESHOLD_MISSED = 99;

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    only: { type: 'string' },
    seed: { type: 'string', default: String(SEED_DEFAULT) },
    'relay-core': { type: 'string', default: '0' },
    'load-core': { type: 'string', default: '1' },
    'real-time': { type: 'boolean', default: false },
    'no-install': { type: 'boolean', default: false },
  },
});
const seed = Number(options.seed);
const rounds = {
  rounds: Number(options.rounds ?? (options.quick ? 1 : 5)),
  warmUpRounds: options.quick ? 0 : 1,
};
const times = options.quick
  ? { warmUpMs: 250, measuredMs: 300 }
  : { warmUpMs: 300, measuredMs: 700 };
const cores = {
  relay: Number(options['relay-core']),
  load: Number(options['load-core']),
  realTime: options['real-time'],
};
const chosen = options.only?.split(',') ?? Object.keys(CONTENDERS);
const names = chosen.filter(isContender);
const unknown = chosen.filter((name) => !isContender(name));
if (unknown.length > 0) throw new Error(`no contender is called ${unknown.join(' or ')}`);

if (!options['no-install']) install(names);
const missing = new Map<string, string>();
const loads: Load[] = [];
for (const name of names) {
  const reason = whyMissing(name);
  if (reason !== null) {
    missing.set(name, reason);
    continue;
  }
  process.stderr.write(`starting ${name}\n`);
  try {
    loads.push(await startLoad(name, cores, seed));
  } catch (error) {
    missing.set(name, error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'it failed');
  }
}
for (const name of Object.keys(CONTENDERS)) {
  if (isContender(name) && !names.includes(name)) missing.set(name, 'not asked for');
}

const samples: Partial<Record<ContenderName, Figures[]>> = {};
try {
  await measure(
    loads.map((load) => ({
      name: load.name,
      async round(round) {
        process.stderr.write(`round ${round} of ${load.name}\n`);
        const figures = await measureOnce(load, times);
        if (round >= rounds.warmUpRounds) (samples[load.name] ??= []).push(figures);
        return figures.large;
      },
    })),
    rounds,
    benchRng(seed, 'gateway order'),
  );
} finally {
  for (const load of loads) await load.end();
}

const notes = [
  `${rounds.rounds} rounds of ${times.measuredMs} ms each; relay on processor ${cores.relay}, load on ${cores.load}${cores.realTime ? ', both ahead of other work (SCHED_RR)' : ''}`,
  ...[...missing].map(([name, reason]) => `${name} is not measured: ${reason}`),
];
if (rounds.rounds < 3) notes.push('intervals of fewer than three rounds say nothing');
const rows = figureRows(samples, seed);
const document = benchDocument('gateway', seed, rows, notes);
if (options.json) process.stdout.write(`${JSON.stringify(document)}\n`);
else {
  const judged = rows.filter(({ unit, threshold }) => unit === '×' || threshold !== null);
  process.stdout.write(tableText(figureTable(rows, missing)));
  process.stdout.write(`\n${tableText(tableRows(judged))}`);
  const { node, processor, cores: count, platform } = document.environment;
  process.stdout.write(`\n${processor}, ${count} cores, ${platform}, Node ${node}\n`);
  for (const note of document.notes) process.stdout.write(`${note}\n`);
}
process.exitCode = document.met === false && rounds.rounds >= 3 ? EXIT_THRESHOLD_MISSED : 0;
