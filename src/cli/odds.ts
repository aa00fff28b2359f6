// `bitcraps odds`: every bet with what it pays and its exact house edge, computed from the rules at each call.

import { Command } from 'commander';
import { colour } from './colour.ts';
import { BitcrapsError } from '../core/errors.ts';
import { BETS } from '../craps/bets.ts';
import type { BetDefinition, Family } from '../craps/definition.ts';
import { payText } from '../craps/definition.ts';
import { exactOdds } from '../craps/edge.ts';
import { formatFraction, toNumber } from '../craps/fraction.ts';
import { EXIT_DONE, printJson, runCommand } from './outcome.ts';

/** One bet as the command shows it. Fractions are exact, in lowest terms. */
export interface OddsRow {
  readonly bet: string;
  readonly family: Family;
  readonly title: string;
  readonly sentence: string;
  /** For instance `9:5`; to one, after commission where it says so. */
  readonly pays: string;
  /** The expected loss per unit staked, a push counting as a bet made; for instance `7/495`. */
  readonly edge: string;
  readonly edgePercent: number;
  readonly winProbability: string;
  readonly pushProbability: string;
}

interface Options {
  readonly bet?: string;
  readonly json?: boolean;
}

const COLUMNS = { bet: 16, edge: 18, percent: 10 } as const;

/** Every bet, in the order of the table. */
export function oddsRows(): readonly OddsRow[] {
  return [...BETS.values()].map(oddsRow);
}

function oddsRow(definition: BetDefinition): OddsRow {
  const { id, family, title, sentence } = definition;
  const { edge, winProbability, pushProbability } = exactOdds(id);
  return {
    bet: id,
    family,
    title,
    sentence,
    pays: payText(definition),
    edge: formatFraction(edge),
    edgePercent: 100 * toNumber(edge),
    winProbability: formatFraction(winProbability),
    pushProbability: formatFraction(pushProbability),
  };
}

/** The command; `CRAPS_BET_UNKNOWN` (exit code 2) if `--bet` names none. */
export function oddsCommand(): Command {
  return new Command('odds')
    .description('every bet with its exact house edge, computed from the rules')
    .option('--bet <id>', 'one bet, told in full')
    .option('--json', 'one JSON document on stdout: an array of bets')
    .addHelpText(
      'after',
      `
The edge is what a bet loses on average for each unit staked, a push counting as a bet made. It is solved in exact
fractions from the rules that settle the bets; nothing is sampled. Pay-outs are to one.

Examples:
  bitcraps odds                        all bets by family
  bitcraps odds --bet place-6          one bet
  bitcraps odds --bet pass --json      [{"bet":"pass","edge":"7/495",...}]`,
    )
    .action(async (options: Options) => {
      const json = options.json === true;
      await runCommand(json, () => run(options.bet, json));
    });
}

function run(bet: string | undefined, json: boolean): number {
  const rows = bet === undefined ? oddsRows() : [oddsRow(definitionOf(bet))];
  if (json) printJson(rows);
  else process.stdout.write(bet === undefined ? listText(rows) : rows.map(detailText).join(''));
  return EXIT_DONE;
}

function definitionOf(bet: string): BetDefinition {
  const definition = BETS.get(bet);
  if (definition === undefined) throw new BitcrapsError('CRAPS_BET_UNKNOWN', { bet });
  return definition;
}

function listText(rows: readonly OddsRow[]): string {
  const header =
    'bet'.padEnd(COLUMNS.bet) +
    'house edge'.padStart(COLUMNS.percent) +
    `  ${'exactly'.padEnd(COLUMNS.edge)}pays`;
  const lines = [header];
  let family: Family | null = null;
  for (const row of rows) {
    if (row.family !== family) lines.push('', colour.bold(row.family));
    ({ family } = row);
    // A longer fraction would break the columns; `--bet` and `--json` show it.
    const exact = row.edge.length < COLUMNS.edge ? row.edge : '(see --bet)';
    lines.push(
      row.bet.padEnd(COLUMNS.bet) +
        percentText(row).padStart(COLUMNS.percent) +
        `  ${exact.padEnd(COLUMNS.edge)}${row.pays}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function detailText(row: OddsRow): string {
  const push = row.pushProbability === '0' ? [] : [['push', row.pushProbability]];
  const lines = [
    ['pays', row.pays],
    ['house edge', `${percentText(row)}, exactly ${row.edge}`],
    ['wins', row.winProbability],
    ...push,
  ].map(([label = '', text = '']) => `  ${label.padEnd(12)}${text}`);
  return `${colour.bold(row.title)} (${row.bet})\n  ${row.sentence}\n${lines.join('\n')}\n`;
}

function percentText({ edgePercent }: OddsRow): string {
  return `${edgePercent.toFixed(3)}%`;
}
