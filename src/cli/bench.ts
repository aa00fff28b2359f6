// `bitcraps bench`: measures parts of this build on this machine, each beside the bound that physics sets it.

import { Command } from 'commander';
import { benchPacketHeader } from '../bench/packet-header.ts';
import { SEED_DEFAULT } from '../bench/seed.ts';
import { EXIT_DONE, printJson, runCommand } from './outcome.ts';

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
      '\nExamples:\n  bitcraps bench packet-header --quick\n  bitcraps bench packet-header --json',
    );
  command
    .command('packet-header')
    .description('encode and decode packet headers, beside copying the same bytes')
    .option('--quick', 'fewer rounds, so wider intervals')
    .option('--json', 'one JSON document on stdout')
    .action(({ quick = false, json = false }: Options) =>
      runCommand(json, () => packetHeader(quick, json)),
    );
  return command;
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

function perSecond(count: number): string {
  return `${(count / 1e6).toFixed(2)} million/s`;
}
