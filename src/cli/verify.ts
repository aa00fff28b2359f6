// `bitcraps verify`: checks a transcript offline and says what it proves, by whom, and what it leaves open.

import { readFileSync, statSync } from 'node:fs';
import { Command } from 'commander';
import { colour } from './colour.ts';
import { formatAmount } from '../core/amount.ts';
import { fromHex } from '../core/bytes.ts';
import { BitcrapsError, errorText, unwrap } from '../core/errors.ts';
import { parsePeerId, type PeerIdText } from '../core/peer-id.ts';
import type {
  ReportedAccount,
  ReportedRoll,
  TranscriptReport,
} from '../casino/transcript-report.ts';
import { TRANSCRIPT_BYTES_MAX } from '../casino/transcript.ts';
import {
  verifyTranscript,
  type SeenBlock,
  type VerifyOptions,
} from '../casino/verify-transcript.ts';
import { primitives } from '../platform/node/primitives.ts';
import { EXIT_DONE, EXIT_NO, printJson, runCommand } from './outcome.ts';

interface Options {
  readonly casino?: string;
  readonly seen?: string;
  readonly json?: boolean;
}

const SHORT_CHARACTERS = 8;
/** A height of 64 bits, and a hash of 32 bytes. */
const SEEN_SYNTAX = /^(\d{1,20}):([0-9a-f]{64})$/i;

/** The command; exit code 1 if the transcript does not hold, 2 if it cannot be read. */
export function verifyCommand(): Command {
  return new Command('verify')
    .description('check a transcript offline: signatures, dice, every pay-out, nothing left out')
    .argument('<file>', 'a transcript')
    .option('--casino <peer-id>', 'accept the transcript of this casino only')
    .option('--seen <height:hash>', 'accept only a chain that contains this block')
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'after',
      `
Needs no network and no state folder. The casino's id stands on the page you played at; with --casino the check cannot
be satisfied by another casino's transcript.

A file alone cannot show that play went on after its last block. With --seen it has to contain a block that you know of:
take height and hash (64 hexadecimal digits) of the newest block that a player's node has checked. A file that was cut
off before it, or that tells another history, fails with TRANSCRIPT_SEEN_MISSING.

Exit codes: 0 everything holds, 1 something does not, 2 bad usage or an unreadable file.

Examples:
  bitcraps verify evening.transcript
  bitcraps verify evening.transcript --casino zzzbxeu7pse2pwpgx5rwmy6yedns2i4tbqpy4vdwklp7yve6phga
  bitcraps verify evening.transcript --seen 20:8ccad4590b9f294f205afa8a93bad011b6888d0ad7d99abfe6dd1f05427077c3
  bitcraps verify evening.transcript --json | jq .report.rolls`,
    )
    .action(async (file: string, options: Options) => {
      const json = options.json === true;
      await runCommand(json, () => run(file, options, json));
    });
}

function run(file: string, { casino, seen }: Options, json: boolean): number {
  const expected: VerifyOptions = {
    ...(casino === undefined ? {} : { casino: unwrap(parsePeerId(casino)) }),
    ...(seen === undefined ? {} : { seen: parseSeen(seen) }),
  };
  const result = verifyTranscript(primitives, readTranscript(file), expected);
  if (result.ok) {
    if (json) printJson({ holds: true, report: result.value });
    else print([...reportLines(result.value), ...seenLines(expected.seen)]);
    return EXIT_DONE;
  }
  const { code, message, data } = result.error;
  const cause = errorText(code)?.cause ?? '';
  if (json) printJson({ holds: false, error: { code, message, cause, data } });
  else print([`${colour.red('does not hold')}  ${code}: ${plain(message)}`, `  ${cause}`]);
  return EXIT_NO;
}

function parseSeen(text: string): SeenBlock {
  const [, height, digits] = SEEN_SYNTAX.exec(text) ?? [];
  const hash = fromHex(digits ?? '');
  if (height === undefined || hash === null) {
    throw new BitcrapsError('TRANSCRIPT_SEEN_INVALID', { text: plain(text) });
  }
  return { height: BigInt(height), hash };
}

function seenLines(seen: SeenBlock | undefined): string[] {
  return seen === undefined
    ? []
    : [`  The chain contains block ${seen.height}, as given by --seen.`];
}

function readTranscript(path: string): Uint8Array {
  try {
    const bytes = statSync(path).size;
    if (bytes > TRANSCRIPT_BYTES_MAX) {
      throw new BitcrapsError('TRANSCRIPT_TOO_LONG', { bytes, bytesMax: TRANSCRIPT_BYTES_MAX });
    }
    return readFileSync(path);
  } catch (error) {
    if (error instanceof BitcrapsError) throw error;
    const detail = error instanceof Error ? error.message : String(error);
    throw new BitcrapsError('TRANSCRIPT_UNREADABLE', { path, detail }, { cause: error });
  }
}

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** Text out of the file cannot steer the terminal. */
function plain(text: string): string {
  return text.replaceAll(/\p{C}/gu, '·');
}

function short(id: PeerIdText): string {
  return id.slice(0, SHORT_CHARACTERS);
}

function reportLines(report: TranscriptReport): string[] {
  const { casino, casinoName, networkId, height, signatures, rolls, supply } = report;
  const signer = report.signedByOperator ? 'the operator' : `account ${report.signer}`;
  return [
    `${colour.green('holds')}  ${plain(casinoName)} on network ${plain(networkId)}`,
    `  casino     ${casino}`,
    `  file       signed by ${signer}`,
    `  last block ${height}:${report.blockHash}`,
    `  time       ${isoTime(report.beganMs)} to ${isoTime(report.endedMs)}, by the operator's clock`,
    '',
    'Recomputed from the file alone:',
    `  ${signatures} signatures of accounts, ${height} signed blocks in one unbroken chain`,
    `  ${rolls.length} rolls, each from its proof under the key that was fixed before the first bet`,
    `  ${report.betsPlaced} bets: ${report.betsResolved} paid by the rules, ${report.betsTakenDown} taken down`,
    `  supply: ${formatAmount(supply.sum)} of ${formatAmount(supply.cap)} CRAP, in accounts ` +
      `${formatAmount(supply.accounts)}, treasury ${formatAmount(supply.treasury)}, ` +
      `tables ${formatAmount(supply.bankrolls + supply.stakes)}, unissued ${formatAmount(supply.unissued)}`,
    ...rolls.flatMap(rollLines),
    '',
    ...accountLines(report.accounts),
    report.endProved
      ? 'The end: every table is closed, and every account that bet left after its last bet.'
      : colour.yellow('The end: this file does not end as a finished evening does.'),
    ...report.limits.map((limit) => `  ${plain(limit)}`),
  ];
}

function isoTime(ms: bigint): string {
  const date = new Date(Number(ms));
  return Number.isNaN(date.getTime()) ? `${ms} ms` : date.toISOString();
}

function rollLines({
  height,
  table,
  roll,
  dice,
  shooter,
  event,
  resolved,
}: ReportedRoll): string[] {
  const [first, second] = dice;
  const sum = `${first} + ${second} = ${first + second}`;
  const what = event === '' ? '' : `, ${event}`;
  const lines = resolved.map(({ bet, account, kind, stake, outcome, returned }) =>
    [
      '  ',
      `bet ${bet}`.padEnd(9),
      short(account).padEnd(10),
      plain(kind).padEnd(18),
      formatAmount(stake).padStart(10),
      outcome.padStart(6),
      formatAmount(returned).padStart(12),
    ].join(''),
  );
  return [
    '',
    `table ${table}, roll ${roll} (block ${height}, shooter ${short(shooter)}): ${sum}${what}`,
    ...lines,
  ];
}

function accountLines(accounts: readonly ReportedAccount[]): string[] {
  if (accounts.length === 0) return [];
  const head = `${'account'.padEnd(10)}${'bets'.padStart(6)}${'staked'.padStart(12)}${'returned'.padStart(12)}${'balance'.padStart(14)}${'signed to'.padStart(11)}  end`;
  const rows = accounts.map((one) =>
    [
      short(one.account).padEnd(10),
      String(one.bets).padStart(6),
      formatAmount(one.staked).padStart(12),
      formatAmount(one.returned).padStart(12),
      formatAmount(one.balance).padStart(14),
      String(one.seenHeight).padStart(11),
      one.countersigned ? '  countersigned' : '  –',
    ].join(''),
  );
  return [head, ...rows, ''];
}
