// `bitcraps gateways`: gateways a running node knows, which one it chooses and why not the others.

import { Command, InvalidArgumentError } from 'commander';
import { parseAmount } from '../core/amount.ts';
import { PREFERENCES, type Preference } from '../gateway/selection/gateway-score.ts';
import type { GatewayReport, GatewaysReport } from '../node/report.ts';
import { askNode, withNodeChoice, type AskOptions } from './ask-node.ts';
import { EXIT_DONE, EXIT_NO, printJson, runCommand } from './outcome.ts';
import { shortPeer, tableText } from './table-text.ts';

interface GatewaysOptions extends AskOptions {
  readonly prefer?: Preference;
  readonly maxLoad?: number;
  readonly minUptime?: number;
  readonly maxPrice?: string;
}

/** The command, to be added to the program. */
export function gatewaysCommand(): Command {
  return withNodeChoice(new Command('gateways'))
    .description(
      'gateways a running node knows, which one it chooses and why not the others; exit 1 if none meets the criteria given',
    )
    .option('--prefer <name>', `what matters most: ${PREFERENCES.join(', ')}`, preferOption)
    .option('--max-load <share>', 'leave out gateways that use more of their capacity', shareOption)
    .option('--min-uptime <share>', 'leave out gateways that were there for less', shareOption)
    .option('--max-price <crap>', 'leave out gateways that ask more for a MiB', priceOption)
    .addHelpText(
      'after',
      `
Without criteria the answer is what the node does now; with some it is what they would choose, and changes nothing.

Examples:
  bitcraps gateways --node b-carol
  bitcraps gateways --node b-carol --prefer lowest-latency
  bitcraps gateways --state DIR --max-load 0.5 --min-uptime 0.99
  bitcraps gateways --node a-gateway --json`,
    )
    .action((options: GatewaysOptions) =>
      runCommand(options.json === true, async () => {
        const { prefer, maxLoad, minUptime, maxPrice } = options;
        const params = { prefer, maxLoad, minUptime, maxPrice };
        // The answer of a node of this build.
        const report = (await askNode(options, 'gateways', params)) as GatewaysReport;
        if (options.json === true) printJson(report);
        else process.stdout.write(gatewaysText(report));
        const isAsked = Object.values(params).some((value) => value !== undefined);
        return isAsked && !report.fit ? EXIT_NO : EXIT_DONE;
      }),
    );
}

/** `LowestLatency`, `lowest-latency` and `lowestlatency` are one. */
function preferOption(text: string): Preference {
  const wanted = text.replaceAll(/[-_ ]/g, '').toLowerCase();
  const found = PREFERENCES.find((one) => one.toLowerCase() === wanted);
  if (found === undefined) throw new InvalidArgumentError(`one of ${PREFERENCES.join(', ')}`);
  return found;
}

function shareOption(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError('a number from 0 to 1');
}

function priceOption(text: string): string {
  if (!parseAmount(text).ok) throw new InvalidArgumentError('an amount of CRAP such as 0.01');
  return text;
}

/** The report for people. */
export function gatewaysText({ gateways, criteria, chosen, fit }: GatewaysReport): string {
  if (gateways.length === 0) return 'no gateway is known\n';
  const rows = gateways.map((gateway) => [
    shortPeer(gateway.gateway),
    gateway.kind,
    gateway.mesh ?? 'n/a',
    gateway.reachable ? gateway.state : 'away',
    gateway.hops === null ? 'n/a' : String(gateway.hops),
    shareText(gateway.load),
    shareText(gateway.uptime),
    gateway.price ?? 'n/a',
    gateway.roundTripMs === null ? 'n/a' : `${gateway.roundTripMs.toFixed(1)} ms`,
    gateway.why,
  ]);
  const heading = [
    'gateway',
    'kind',
    'mesh',
    'state',
    'hops',
    'load',
    'uptime',
    'CRAP/MiB',
    'round trip',
    'why',
  ];
  const carried = gateways.filter(({ crossings }) => crossings !== null);
  return [
    tableText([heading, ...rows]),
    criteria === null ? '' : `\n${criteriaText(criteria, chosen, fit)}`,
    carried.length === 0 ? '' : `\n${crossingsText(carried)}`,
  ].join('');
}

function criteriaText(
  criteria: NonNullable<GatewaysReport['criteria']>,
  chosen: string | null,
  fit: boolean,
): string {
  const { preference, maxLoad, minUptime, maxPrice } = criteria;
  const price = maxPrice === null ? 'any price' : `at most ${maxPrice} CRAP/MiB`;
  const asked = `${preference}, load at most ${maxLoad}, uptime at least ${minUptime}, ${price}`;
  const found =
    chosen === null ? 'none' : `${shortPeer(chosen)}${fit ? '' : ' for want of a better one'}`;
  return `asked   ${asked}\nchosen  ${found}\n`;
}

function crossingsText(gateways: readonly GatewayReport[]): string {
  const rows = gateways.map(({ gateway, announcedPeers, crossings }) => [
    shortPeer(gateway),
    announcedPeers === null ? '' : String(announcedPeers),
    crossings === null ? '' : `${crossings.packetsOut} (${crossings.bytesOut} B)`,
    crossings === null ? '' : `${crossings.packetsIn} (${crossings.bytesIn} B)`,
  ]);
  return tableText([['gateway', 'peers', 'packets out', 'packets in'], ...rows]);
}

function shareText(share: number | null): string {
  return share === null ? 'n/a' : `${(100 * share).toFixed(1)} %`;
}
