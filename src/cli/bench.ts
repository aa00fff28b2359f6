// `bitcraps bench`: measures parts of this build on this machine, each beside the bound that physics sets it.

import { Command } from 'commander';
import { tableRows, type BenchDocument } from '../bench/benchmark.ts';
import { benchDetection } from '../bench/detection.ts';
import { benchDetector } from '../bench/detector.ts';
import { benchPacketHeader } from '../bench/packet-header.ts';
import { benchPower, powerTable } from '../bench/power.ts';
import { benchRouting } from '../bench/routing/routing.ts';
import { benchRedundancy } from '../bench/redundancy.ts';
import { SEED_DEFAULT } from '../bench/seed.ts';
import { benchShaping } from '../bench/shaping.ts';
import { EXIT_DONE, EXIT_THRESHOLD_MISSED, printJson, runCommand } from './outcome.ts';
import { tableText } from './table-text.ts';

interface Options {
  readonly quick?: boolean;
  readonly json?: boolean;
}

/** The command, to be added to the program. */
export function benchCommand(): Command {
  const command = new Command('bench')
    .description('measure parts of this build on this machine')
    .addHelpText(
      'after',
      `
Examples:
  bitcraps bench packet-header --quick
  bitcraps bench routing --quick
  bitcraps bench routing --json
  bitcraps bench shaping
  bitcraps bench redundancy --quick
  bitcraps bench power --quick
  bitcraps bench detector
  bitcraps bench detection --quick

BITCRAPS_TOPOLOGIES may name a folder with Abilene.graphml and Geant2012.graphml to balance load on.
Exits with 99 where a threshold is clearly missed; an interval that spans it decides nothing.`,
    );
  add(
    command,
    'packet-header',
    'encode and decode packet headers, beside copying the same bytes',
    packetHeader,
  );
  add(
    command,
    'routing',
    'shortest paths, repair, memory, load balancing and ants of the router',
    routing,
  );
  add(
    command,
    'redundancy',
    'what an application notices of a relay that crashes, with three ways and with one',
    redundancy,
  );
  add(command, 'shaping', 'what a packet costs in the shaped queue of a gateway', shaping);
  add(
    command,
    'power',
    'what an idle device sends, how often it wakes and how late it notices, by its battery',
    power,
  );
  add(command, 'detector', 'what a heartbeat and a watched peer cost', detector);
  add(
    command,
    'detection',
    'how soon each preset finds a crash, and how often it takes the living for dead',
    detection,
  );
  return command;
}

function add(
  command: Command,
  name: string,
  description: string,
  run: (quick: boolean, json: boolean) => Promise<number>,
): void {
  command
    .command(name)
    .description(description)
    .option('--quick', 'fewer rounds, so wider intervals')
    .option('--json', 'one JSON document on stdout')
    .action(({ quick = false, json = false }: Options) => runCommand(json, () => run(quick, json)));
}

async function packetHeader(quick: boolean, json: boolean): Promise<number> {
  const result = await benchPacketHeader({ quick, seed: SEED_DEFAULT });
  if (json) {
    printJson(result);
    return EXIT_DONE;
  }
  const { operationsPerSecond: ours, bound, ratio, ratioInterval } = result;
  process.stdout.write(
    `encode and decode  ${perSecond(ours.median)} (${perSecond(ours.min)} to ${perSecond(ours.max)})\n` +
      `${bound.name}  ${perSecond(bound.operationsPerSecond.median)}\n` +
      `ratio  ${ratio.toFixed(3)} (95 %: ${ratioInterval.low.toFixed(3)} to ${ratioInterval.high.toFixed(3)})\n`,
  );
  return EXIT_DONE;
}

async function routing(quick: boolean, json: boolean): Promise<number> {
  const document = await benchRouting({
    quick,
    seed: SEED_DEFAULT,
    topologies: process.env['BITCRAPS_TOPOLOGIES'] ?? null,
  });
  return show(document, json);
}

function redundancy(quick: boolean, json: boolean): Promise<number> {
  return Promise.resolve(show(benchRedundancy({ quick, seed: SEED_DEFAULT }), json));
}

async function shaping(quick: boolean, json: boolean): Promise<number> {
  return show(await benchShaping({ quick, seed: SEED_DEFAULT }), json);
}

function power(quick: boolean, json: boolean): Promise<number> {
  const document = benchPower({ quick, seed: SEED_DEFAULT });
  if (json) printJson(document);
  else process.stdout.write(tableText(powerTable(document)));
  return Promise.resolve(EXIT_DONE);
}

async function detector(quick: boolean, json: boolean): Promise<number> {
  return show(await benchDetector({ quick, seed: SEED_DEFAULT }), json);
}

async function detection(quick: boolean, json: boolean): Promise<number> {
  return show(benchDetection({ quick, seed: SEED_DEFAULT }), json);
}

function show(document: BenchDocument, json: boolean): number {
  if (json) printJson(document);
  else process.stdout.write(tableText(tableRows(document.rows)));
  return document.met === false ? EXIT_THRESHOLD_MISSED : EXIT_DONE;
}

function perSecond(count: number): string {
  return `${(count / 1e6).toFixed(2)} million/s`;
}
