// `bitcraps status`: what a running node is, knows and has carried.

import { Command } from 'commander';
import type { AccountingReport } from '../gateway/accounting/accounting-report.ts';
import type { CasinoReport, StatusReport } from '../node/report.ts';
import { bandwidthRows } from './bandwidth-rows.ts';
import { askNode, withNodeChoice, type AskOptions } from './ask-node.ts';
import { EXIT_DONE, printJson, runCommand } from './outcome.ts';
import { shortPeer, tableText } from './table-text.ts';

/** The commonest reasons for which somebody was refused. */
const REASONS_SHOWN = 4;

/** The command, to be added to the program. */
export function statusCommand(): Command {
  return withNodeChoice(new Command('status'))
    .description('what a running node is, knows and has carried')
    .addHelpText(
      'after',
      `
Examples:
  bitcraps status                      the node with the default state folder
  bitcraps status --node a-gateway     a node of the casino that \`bitcraps up\` runs
  bitcraps status --state DIR --json   everything, for programs`,
    )
    .action((options: AskOptions) =>
      runCommand(options.json === true, async () => {
        // The answer of a node of this build.
        const status = (await askNode(options, 'status')) as StatusReport;
        if (options.json === true) printJson(status);
        else process.stdout.write(statusText(status));
        return EXIT_DONE;
      }),
    );
}

function statusText(status: StatusReport): string {
  const { traffic, bridge, members, casino } = status;
  const dropped = Object.values(traffic.dropped).reduce((sum, count) => sum + count, 0);
  const rows: string[][] = [
    [
      'node',
      `${status.name === '' ? '(no name)' : status.name}, up ${Math.round(status.uptimeMs / 1000)} s`,
    ],
    ['peer', status.peerId],
    ['network', `${status.networkId}, mesh ${status.mesh}, protocol ${status.version}`],
    [
      'listens',
      [
        status.listen,
        ...(status.gatewayListen === null ? [] : [`gateways at ${status.gatewayListen}`]),
        ...status.alsoListen,
      ].join(', '),
    ],
    [
      'knows',
      `${status.neighbours} neighbours, ${members.reachable} of ${members.known} members reachable`,
    ],
    [
      'traffic',
      `${traffic.packetsIn} packets in, ${traffic.packetsOut} out, ${traffic.forwarded} passed on, ${traffic.delivered} delivered, ${dropped} dropped`,
    ],
  ];
  rows.push(['health', healthLine(status.health)]);
  if (bridge !== null) {
    rows.push([
      'bridge',
      `${bridge.packetsOut} packets out (${bridge.bytesOut} B), ${bridge.packetsIn} in (${bridge.bytesIn} B)`,
    ]);
  }
  return tableText([
    ...rows,
    ...bandwidthRows(status.bandwidth),
    ...admissionRows(status.admission),
    ...payerRows(status.payer),
    ...accountRows(status.accounting),
    ...casinoRows(casino),
  ]);
}

function healthLine({ level, score, worst, alerts }: StatusReport['health']): string {
  const why = worst === null || level === 'healthy' ? '' : `; ${worst.name}: ${worst.why}`;
  const told = alerts === 0 ? '' : `; ${alerts} alerts, see \`bitcraps health\``;
  return `${level}, ${score.toFixed(2)} of 1${why}${told}`;
}

function admissionRows(admission: StatusReport['admission']): readonly (readonly string[])[] {
  if (admission === null) return [];
  const { links, halfOpen, identities, puzzleBits, refused, limits } = admission;
  const total = Object.values(refused).reduce((sum, count) => sum + count, 0);
  const most = Object.entries(refused)
    .sort(([, a], [, b]) => b - a)
    .slice(0, REASONS_SHOWN)
    .map(([reason, count]) => `${count} ${reason}`);
  const asked = puzzleBits === 0 ? '' : `, strangers must show ${puzzleBits} bits`;
  const draining = admission.draining ? ', draining' : '';
  return [
    [
      'accepts',
      `${links} of ${limits.linksMax} links, ${identities} identities, ${halfOpen} handshakes${asked}${draining}`,
    ],
    ...(total === 0 ? [] : [['refused', `${total}: ${most.join(', ')}`]]),
  ];
}

function payerRows({
  deliveredPackets,
  deliveredBytes,
  lostPackets,
}: StatusReport['payer']): readonly (readonly string[])[] {
  if (deliveredPackets + lostPackets === 0) return [];
  return [
    [
      'had carried',
      `${deliveredPackets} packets (${deliveredBytes} B) to other meshes, ${lostPackets} lost`,
    ],
  ];
}

function accountRows(accounts: AccountingReport | null): readonly (readonly string[])[] {
  if (accounts === null) return [];
  const { carried, acknowledged, underWay, unacknowledged, came, dropped, price } = accounts;
  const drops = Object.entries(dropped).map(([code, { packets }]) => `${packets} ${code}`);
  const rows = [
    [
      'carried',
      `${carried.packets} packets (${carried.bytes} B) over bridges, ${came.packets} came`,
    ],
    [
      'of these',
      `${acknowledged.packets} acknowledged, ${underWay.packets} under way, ${unacknowledged.packets} not acknowledged`,
    ],
  ];
  if (drops.length > 0) rows.push(['refused', drops.join(', ')]);
  const [busiest] = accounts.peers;
  if (busiest !== undefined) {
    const name = busiest.peer === null ? 'others' : shortPeer(busiest.peer);
    rows.push([
      'most for',
      `${name}: ${busiest.bytesOut} B out, ${busiest.bytesIn} B in, ${busiest.creditBytesUsed} of ${busiest.creditBytes} B of credit used`,
    ]);
  }
  if (price !== null) {
    const { now, next } = price;
    const change =
      next === null ? '' : `; ${next.game} from ${new Date(next.fromMs).toISOString()}`;
    rows.push(['asks', `${now.game} CRAP per MiB of game traffic${change}`]);
  }
  return rows;
}

function casinoRows(casino: CasinoReport | null): readonly (readonly string[])[] {
  if (casino === null) return [];
  const rows: string[][] = [
    [
      'casino',
      `${casino.name ?? '(not reached yet)'}, ${casino.role}, height ${casino.height ?? 'n/a'}, ${casino.rounds} rounds`,
    ],
  ];
  if (casino.disclosure !== null) rows.push(['note', casino.disclosure]);
  if (casino.supplyConserved !== null)
    rows.push(['supply', casino.supplyConserved ? 'conserved' : 'NOT CONSERVED']);
  if (casino.unreachable !== null)
    rows.push([
      'AWAY',
      `${casino.unreachable.code}: ${casino.unreachable.message}; what follows is as last known`,
    ]);
  if (casino.quorum.side === 'minority') {
    const { validators, reached, quorum } = casino.quorum;
    rows.push([
      'MINORITY',
      `${reached} of ${validators} validators reached, ${quorum} needed: bets are refused, and none is kept for later`,
    ]);
  }
  if (casino.broken !== null)
    rows.push(['BROKEN', `${casino.broken.code}: ${casino.broken.message}`]);
  for (const table of casino.tables) {
    const point = table.point === 0 ? 'come-out' : `point ${table.point}`;
    const shooter = table.shooter === null ? 'nobody' : shortPeer(table.shooter);
    rows.push([
      `table ${table.table}`,
      `${point}, ${table.phase}, roll ${table.nextRoll}, ${shooter} shoots, ${table.players} players, ${table.openBets} bets, bankroll ${table.bankroll}`,
    ]);
  }
  if (casino.account !== null) {
    const bets = casino.account.bets
      .map(({ bet, kind, stake }) => `${stake} on ${kind} (bet ${bet})`)
      .join(', ');
    rows.push(['account', `${casino.account.balance} CRAP${bets === '' ? '' : `; ${bets}`}`]);
  }
  return rows;
}
