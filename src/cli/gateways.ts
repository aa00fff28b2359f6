// `bitcraps gateways`: gateways a running node knows, and what this one carried.

import { Command } from 'commander';
import type { GatewayReport } from '../node/report.ts';
import { askNode, withNodeChoice, type AskOptions } from './ask-node.ts';
import { EXIT_DONE, printJson, runCommand } from './outcome.ts';
import { shortPeer, tableText } from './table-text.ts';

/** The command, to be added to the program. */
export function gatewaysCommand(): Command {
  return withNodeChoice(new Command('gateways'))
    .description('gateways a running node knows, and what crossed between meshes through it')
    .addHelpText(
      'after',
      `
Examples:
  bitcraps gateways --node a-gateway
  bitcraps gateways --node b-carol --json`,
    )
    .action((options: AskOptions) =>
      runCommand(options.json === true, async () => {
        // The answer of a node of this build.
        const gateways = (await askNode(options, 'gateways')) as readonly GatewayReport[];
        if (options.json === true) printJson(gateways);
        else process.stdout.write(gatewaysText(gateways));
        return EXIT_DONE;
      }),
    );
}

function gatewaysText(gateways: readonly GatewayReport[]): string {
  if (gateways.length === 0) return 'no gateway is known\n';
  const rows = gateways.map((gateway) => [
    shortPeer(gateway.gateway),
    gateway.kind,
    gateway.mesh ?? 'n/a',
    gateway.reachable ? 'reachable' : 'away',
    gateway.hops === null ? 'n/a' : String(gateway.hops),
    gateway.announcedPeers === null ? '' : String(gateway.announcedPeers),
    gateway.crossings === null
      ? ''
      : `${gateway.crossings.packetsOut} (${gateway.crossings.bytesOut} B)`,
    gateway.crossings === null
      ? ''
      : `${gateway.crossings.packetsIn} (${gateway.crossings.bytesIn} B)`,
  ]);
  return tableText([
    ['gateway', 'kind', 'mesh', 'state', 'hops', 'peers', 'packets out', 'packets in'],
    ...rows,
  ]);
}
