// `bitcraps peers`: neighbours of a running node and what was negotiated with each.

import { Command } from 'commander';
import type { PeerReport } from '../node/report.ts';
import { askNode, withNodeChoice, type AskOptions } from './ask-node.ts';
import { EXIT_DONE, printJson, runCommand } from './outcome.ts';
import { shortPeer, tableText } from './table-text.ts';

/** The command, to be added to the program. */
export function peersCommand(): Command {
  return withNodeChoice(new Command('peers'))
    .description('neighbours of a running node and what was negotiated with each')
    .addHelpText(
      'after',
      `
Examples:
  bitcraps peers --node a-relay
  bitcraps peers --state DIR --json`,
    )
    .action((options: AskOptions) =>
      runCommand(options.json === true, async () => {
        // The answer of a node of this build.
        const peers = (await askNode(options, 'peers')) as readonly PeerReport[];
        if (options.json === true) printJson(peers);
        else process.stdout.write(peersText(peers));
        return EXIT_DONE;
      }),
    );
}

function peersText(peers: readonly PeerReport[]): string {
  if (peers.length === 0) return 'no neighbours\n';
  const heading = [
    'peer',
    'link',
    'version',
    'mode',
    'round trip',
    'in',
    'out',
    'address',
    'features',
  ];
  const rows = peers.map((peer) => [
    shortPeer(peer.peer),
    peer.purpose,
    peer.version ?? 'n/a',
    peer.mode ?? 'opening',
    peer.roundTripMs === null ? 'n/a' : `${peer.roundTripMs.toFixed(2)} ms`,
    String(peer.packetsIn),
    String(peer.packetsOut),
    `${peer.transport} ${peer.address}`,
    `${peer.features.join(' ')}${peer.missing.length === 0 ? '' : ` (without ${peer.missing.join(' ')})`}`,
  ]);
  return tableText([heading, ...rows]);
}
