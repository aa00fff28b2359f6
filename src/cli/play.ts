// `bitcraps play`: bet and shoot through a running node that follows a casino.

import { resolve } from 'node:path';
import { Command } from 'commander';
import type { CasinoReport } from '../node/report.ts';
import { askNode, withNodeChoice, type AskOptions } from './ask-node.ts';
import { EXIT_DONE, printJson, runCommand } from './outcome.ts';

/** The command, to be added to the program. */
export function playCommand(): Command {
  const command = new Command('play')
    .description('bet and shoot through a running node; the account is the node’s identity')
    .addHelpText(
      'after',
      `
Examples:
  bitcraps play bet pass 5                  5 CRAP on the pass line
  bitcraps play bet pass-odds 10 --base 3   odds behind bet 3
  bitcraps play shoot                       when the dice are yours
  bitcraps play show                        your account, your bets, the table, the newest block
  bitcraps play transcript evening.bct      the chain as your own node checked it
  bitcraps odds                             every bet with its exact edge`,
    );
  withNodeChoice(command.command('bet'))
    .description('place a bet; the account is opened on the first one')
    .argument('<kind>', 'a bet id as `bitcraps odds` lists them')
    .argument('<stake>', 'in CRAP, such as 5 or 2.50')
    .option('--base <bet>', 'the number of the bet that odds stand behind', Number)
    .action((kind: string, stake: string, options: AskOptions & { readonly base?: number }) =>
      perform(options, 'bet', {
        kind,
        stake,
        ...(options.base === undefined ? {} : { base: options.base }),
      }),
    );
  withNodeChoice(command.command('take-down'))
    .description('take a bet back, where its rules allow')
    .argument('<bet>', 'its number', Number)
    .action((bet: number, options: AskOptions) => perform(options, 'take-down', { bet }));
  withNodeChoice(command.command('shoot'))
    .description('close the betting and have the dice revealed')
    .action((options: AskOptions) => shoot(options));
  withNodeChoice(command.command('leave'))
    .description('leave the table; your signature stands by every roll so far')
    .action((options: AskOptions) => perform(options, 'leave-table', {}));
  withNodeChoice(command.command('transcript'))
    .description('write the whole chain that your node has checked, signed by your node')
    .argument('<file>', 'a new file, for `bitcraps verify`')
    .action((file: string, options: AskOptions) => writeTranscript(file, options));
  withNodeChoice(command.command('show'))
    .description('your account, your bets and the table')
    .action((options: AskOptions) => show(options));
  return command;
}

function perform(options: AskOptions, method: string, params: unknown): Promise<void> {
  return runCommand(options.json === true, async () => {
    // The answer of a node of this build.
    const { height } = (await askNode(options, method, params)) as { readonly height: string };
    if (options.json === true) printJson({ accepted: true, height });
    else process.stdout.write(`accepted in block ${height}\n`);
    return EXIT_DONE;
  });
}

interface Shot {
  readonly height: string;
  readonly roll: string;
  readonly dice: readonly [number, number] | null;
  readonly proof: string | null;
  readonly resolved: readonly {
    betKind: string;
    stake: string;
    outcome: string;
    returned: string;
  }[];
}

function shoot(options: AskOptions): Promise<void> {
  return runCommand(options.json === true, async () => {
    // The answer of a node of this build.
    const shot = (await askNode(options, 'shoot')) as Shot;
    if (options.json === true) {
      printJson(shot);
      return EXIT_DONE;
    }
    const { dice, roll, proof, resolved } = shot;
    if (dice === null) {
      process.stdout.write(
        `roll ${roll} is locked; its dice have not come yet: bitcraps play show\n`,
      );
      return EXIT_DONE;
    }
    const lines = [
      `roll ${roll}: ${dice[0]} and ${dice[1]}, ${dice[0] + dice[1]} (proof ${proof ?? ''})`,
    ];
    for (const { betKind, stake, outcome, returned } of resolved) {
      lines.push(`${betKind}: ${outcome}, ${stake} staked, ${returned} back`);
    }
    if (resolved.length === 0) lines.push('none of your bets is decided yet');
    process.stdout.write(`${lines.join('\n')}\n`);
    return EXIT_DONE;
  });
}

function writeTranscript(file: string, options: AskOptions): Promise<void> {
  return runCommand(options.json === true, async () => {
    // The answer of a node of this build.
    const written = (await askNode(options, 'transcript', { path: resolve(file) })) as {
      path: string;
      bytes: number;
    };
    if (options.json === true) printJson(written);
    else process.stdout.write(`${written.path} (${written.bytes} B)\n`);
    return EXIT_DONE;
  });
}

function show(options: AskOptions): Promise<void> {
  return runCommand(options.json === true, async () => {
    // The answer of a node of this build.
    const casino = (await askNode(options, 'casino')) as CasinoReport;
    if (options.json === true) {
      printJson(casino);
      return EXIT_DONE;
    }
    const { account, tables, unreachable } = casino;
    if (unreachable !== null)
      process.stderr.write(`not reached now: ${unreachable.code}; this is as last known\n`);
    const lines = tables.map(({ table, point, phase, shooter, nextRoll }) => {
      const stage = point === 0 ? 'come-out' : `the point is ${point}`;
      const mine = shooter !== null && shooter === account?.account ? ' (you)' : '';
      return `table ${table}: ${stage}, ${phase}, roll ${nextRoll}, shooter ${shooter?.slice(0, 8) ?? 'nobody'}${mine}`;
    });
    lines.push(`block ${casino.height ?? 'n/a'}:${casino.blockHash ?? ''}`);
    lines.push(
      account === null
        ? 'no account yet: it opens with your first bet'
        : `balance ${account.balance} CRAP`,
    );
    for (const { bet, kind, stake, point } of account?.bets ?? []) {
      lines.push(`bet ${bet}: ${stake} on ${kind}${point === 0 ? '' : ` (point ${point})`}`);
    }
    process.stdout.write(`${lines.join('\n')}\n`);
    return EXIT_DONE;
  });
}
