// `bitcraps bench`: measures parts of this build on this machine, each beside the bound that physics sets it.

import { Command } from 'commander';
import { benchPacketHeader } from '../bench/packet-header.ts';
import { EXIT_DONE, printJson, runCommand } from './outcome.ts';

/** The command, to be added to the program. */
export function benchCommand(): Command {
  const command = new Command('bench')
    .description('measure parts of this build on this machine')
    .addHelpText(
      'after',
      '\nExamples:\n  bitcraps bench packet-header\n  bitcraps bench packet-header --json',
    );
  command
    .command('packet-header')
    .description('encode and decode packet headers, beside copying the same bytes')
    .option('--json', 'one JSON document on stdout')
    .action((options: { readonly json?: boolean }) =>
      runCommand(options.json === true, () => {
        const result = benchPacketHeader();
        if (options.json === true) printJson(result);
        else {
          const { operationsPerSecond: ours, bound, ratio } = result;
          process.stdout.write(
            `encode and decode  ${perSecond(ours.median)} (${perSecond(ours.min)} to ${perSecond(ours.max)})\n` +
              `${bound.name}  ${perSecond(bound.operationsPerSecond.median)}\n` +
              `ratio  ${ratio.toFixed(3)}\n`,
          );
        }
        return EXIT_DONE;
      }),
    );
  return command;
}

function perSecond(count: number): string {
  return `${(count / 1e6).toFixed(2)} million/s`;
}
