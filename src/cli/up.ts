// `bitcraps up`: a whole casino on this machine, two meshes of five processes each, told line by line.

import { Command, InvalidArgumentError } from 'commander';
import { colour } from './colour.ts';
import { parseDuration } from '../core/units.ts';
import { EXIT_DONE, EXIT_NO, printJson, runCommand } from './outcome.ts';
import { shellQuoted } from './shell-quoted.ts';
import { runCasino } from './up/run-casino.ts';

interface UpOptions {
  readonly rounds?: number;
  readonly pace: string;
  readonly state?: string;
  readonly json?: boolean;
}

const ROUNDS_MAX = 1_000_000;

function wholeRounds(text: string): number {
  const rounds = Number(text);
  if (Number.isInteger(rounds) && rounds >= 1 && rounds <= ROUNDS_MAX) return rounds;
  throw new InvalidArgumentError(`a whole number from 1 to ${ROUNDS_MAX} is needed.`);
}

function duration(text: string): string {
  if (parseDuration(text).ok) return text;
  throw new InvalidArgumentError('a duration such as 500ms or 2s is needed.');
}

/** The command, to be added to the program. */
export function upCommand(): Command {
  return new Command('up')
    .description(
      'run a whole casino on this machine: two meshes of five nodes, two gateways, four players, one table',
    )
    .option('--rounds <n>', 'end by itself after so many rounds, with a summary', wholeRounds)
    .option(
      '--pace <time>',
      'how long the shooter leaves the others for betting',
      duration,
      '400ms',
    )
    .option('--state <dir>', 'keep the nodes’ state here and go on with it the next time')
    .option('--json', 'print the summary as one line of JSON on stdout; the story goes to stderr')
    .addHelpText(
      'after',
      `
Examples:
  bitcraps up                          until Ctrl-C; the transcript is kept
  bitcraps up --rounds 3               three rounds, then a summary
  bitcraps up --rounds 3 --json        the summary for programs
  bitcraps up --pace 2s                slow enough to follow by eye

In another terminal, while it runs:
  bitcraps routes --node b-carol       to her gateway; the table lies beyond, three hops further
  bitcraps gateways --node a-gateway   what crossed between the meshes`,
    )
    .action((options: UpOptions) =>
      runCommand(options.json === true, async () => {
        const json = options.json === true;
        const say = (line: string): void => {
          (json ? process.stderr : process.stdout).write(`${line}\n`);
        };
        const summary = await runCasino({
          rounds: options.rounds ?? null,
          pace: options.pace,
          ...(options.state === undefined ? {} : { state: options.state }),
          say,
        });
        // Ended from outside: what was asked for only if no number of rounds was.
        if (summary === null) return options.rounds === undefined ? EXIT_DONE : EXIT_NO;
        if (json) printJson(summary);
        else {
          say('');
          say(
            colour.bold(
              `${summary.rounds} rounds, ${summary.nodes} nodes in ${summary.meshes} meshes`,
            ),
          );
          say(`messages relayed     ${summary.messagesRelayed}`);
          say(`crossed the meshes   ${summary.crossMeshMessages}`);
          say(
            `supply conserved     ${summary.supplyConserved ? 'yes, by the verified transcript' : 'NO'}`,
          );
          say(`transcript           ${summary.transcript}`);
          say(
            `check it yourself    npm run -s bitcraps -- verify ${shellQuoted(summary.transcript)}`,
          );
        }
        return EXIT_DONE;
      }),
    );
}
