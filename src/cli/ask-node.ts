// Asks a running node over its control socket; shared by every command that talks to one.

import type { Command } from 'commander';
import { callControl } from '../platform/node/control-socket.ts';
import { chosenStateFolder, controlSocketPath, type NodeChoice } from './state-folder.ts';

export interface AskOptions extends NodeChoice {
  readonly json?: boolean;
}

/** Adds `--state`, `--node` and `--json`. */
export function withNodeChoice(command: Command): Command {
  return command
    .option('--state <dir>', 'the state folder of the node, or of the casino when --node is given')
    .option('--node <name>', 'a node of the casino that `bitcraps up` runs, such as b-carol')
    .option('--json', 'one JSON document on stdout');
}

/** Calls a method of the chosen node; errors carry the node's own code, or `PLATFORM_NODE_NOT_RUNNING`. */
export function askNode(
  choice: NodeChoice,
  method: string,
  params: unknown = {},
): Promise<unknown> {
  return callControl(controlSocketPath(chosenStateFolder(choice)), method, params);
}
