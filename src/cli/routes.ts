// `bitcraps routes`: where packets of a running node go, hop by hop.

import { Command } from 'commander';
import { BitcrapsError } from '../core/errors.ts';
import type { ExplanationReport } from '../node/explanation-report.ts';
import type { RouteReport, SessionReport } from '../node/report.ts';
import { askNode, withNodeChoice, type AskOptions } from './ask-node.ts';
import { EXIT_DONE, EXIT_NO, printJson, runCommand } from './outcome.ts';
import { shortPeer, tableText } from './table-text.ts';

interface RoutesAnswer {
  readonly routes: readonly RouteReport[];
  readonly sessions: readonly SessionReport[];
}

interface RoutesOptions extends AskOptions {
  readonly explain?: boolean;
}

/** The command, to be added to the program. */
export function routesCommand(): Command {
  return withNodeChoice(new Command('routes'))
    .argument('[destination]', 'a PeerId; it may be in another mesh')
    .description('routes of a running node, hop by hop; exit 1 if there is none to the destination')
    .option(
      '--explain',
      'why packets to the destination go where they go, and what else was weighed',
    )
    .addHelpText(
      'after',
      `
Examples:
  bitcraps routes --node b-carol            to every member of her mesh, and to whom she talks beyond
  bitcraps routes PEERID --state DIR        to one peer
  bitcraps routes --explain PEERID --node a-ann
  bitcraps routes --node a-relay --json`,
    )
    .action((destination: string | undefined, options: RoutesOptions) =>
      runCommand(options.json === true, async () => {
        if (options.explain === true) return explainRoute(destination, options);
        const params = destination === undefined ? {} : { destination };
        // The answer of a node of this build.
        const answer = (await askNode(options, 'routes', params)) as RoutesAnswer;
        if (options.json === true) printJson(answer);
        else process.stdout.write(routesText(answer));
        return destination !== undefined && answer.routes.every(({ via }) => via === null)
          ? EXIT_NO
          : EXIT_DONE;
      }),
    );
}

async function explainRoute(destination: string | undefined, options: AskOptions): Promise<number> {
  if (destination === undefined) throw new BitcrapsError('CLI_EXPLAIN_DESTINATION', {});
  // The answer of a node of this build.
  const answer = (await askNode(options, 'explain', { destination })) as ExplanationReport;
  const { lines, ...report } = answer;
  if (options.json === true) printJson(report);
  else process.stdout.write(`${lines.join('\n')}\n`);
  return answer.chosen === null ? EXIT_NO : EXIT_DONE;
}

function lastSeen({ seenMsAgo }: RouteReport): string {
  return seenMsAgo === null ? '' : `, last seen ${Math.round(seenMsAgo / 1000)} s ago`;
}

function routesText({ routes, sessions }: RoutesAnswer): string {
  const rows = routes.map((route) => [
    shortPeer(route.destination),
    route.gateway ? 'gateway' : '',
    route.via ?? `no route${lastSeen(route)}`,
    route.cost === null ? '' : String(route.cost),
    route.hops.map(shortPeer).join(' → '),
  ]);
  const talk = sessions.map((session) => [
    shortPeer(session.peer),
    session.state,
    session.mode ?? 'n/a',
    session.sent,
    session.received,
    session.features.join(' '),
  ]);
  return [
    tableText([['destination', '', 'via', 'cost', 'hops'], ...rows]),
    talk.length === 0
      ? ''
      : `\n${tableText([['session', 'state', 'mode', 'sent', 'received', 'features'], ...talk])}`,
  ].join('');
}
