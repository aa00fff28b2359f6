#!/usr/bin/env node
// The `bitcraps` command: one file per subcommand, loaded only when it is asked for.

import { enableCompileCache } from 'node:module';
import { Command, CommanderError } from 'commander';
import { BitcrapsError } from '../core/errors.ts';
import { CURRENT, formatVersion } from '../versioning/protocol-version.ts';
import { EXIT_BAD_INPUT, EXIT_DONE, errorDocument, printJson, reportError } from './outcome.ts';

enableCompileCache();

interface Entry {
  readonly description: string;
  readonly load: () => Promise<Command>;
}

const COMMANDS: Readonly<Record<string, Entry>> = {
  up: {
    description: 'run a whole casino on this machine: two meshes, ten nodes, four players',
    load: async () => (await import('./up.ts')).upCommand(),
  },
  node: {
    description: 'run one node: a relay, a gateway, a player, or the validator of a casino',
    load: async () => (await import('./node.ts')).nodeCommand(),
  },
  play: {
    description: 'bet and shoot through a running node',
    load: async () => (await import('./play.ts')).playCommand(),
  },
  status: {
    description: 'what a running node is, knows and has carried',
    load: async () => (await import('./status.ts')).statusCommand(),
  },
  peers: {
    description: 'neighbours of a running node and what was negotiated with each',
    load: async () => (await import('./peers.ts')).peersCommand(),
  },
  routes: {
    description: 'routes of a running node, hop by hop',
    load: async () => (await import('./routes.ts')).routesCommand(),
  },
  health: {
    description: 'how well a running node and its mesh are, what is wrong and what to do',
    load: async () => (await import('./health.ts')).healthCommand(),
  },
  gateways: {
    description: 'gateways a running node knows, the one it chooses and why not the others',
    load: async () => (await import('./gateways.ts')).gatewaysCommand(),
  },
  verify: {
    description: 'check a transcript offline: signatures, dice, every pay-out, nothing left out',
    load: async () => (await import('./verify.ts')).verifyCommand(),
  },
  odds: {
    description: 'every bet with its exact house edge, computed from the rules',
    load: async () => (await import('./odds.ts')).oddsCommand(),
  },
  negotiate: {
    description: 'what two protocol versions agree on, and why',
    load: async () => (await import('./negotiate.ts')).negotiateCommand(),
  },
  keys: {
    description: 'make, show and verify identity keys',
    load: async () => (await import('./keys.ts')).keysCommand(),
  },
  config: {
    description: 'write, show and check the configuration of a node',
    load: async () => (await import('./config.ts')).configCommand(),
  },
  sim: {
    description: 'run the mesh on a topology in virtual time and measure it',
    load: async () => (await import('./sim.ts')).simCommand(),
  },
  chaos: {
    description: 'break a casino of real processes on purpose, and hold it against its promises',
    load: async () => (await import('./chaos.ts')).chaosCommand(),
  },
  bench: {
    description: 'measure parts of this build on this machine',
    load: async () => (await import('./bench.ts')).benchCommand(),
  },
};

/** The whole program; only the commands that `wanted` names are loaded, or descriptions alone for help. */
async function program(wanted: string | undefined): Promise<Command> {
  const root = new Command('bitcraps')
    .description(
      'Craps over a mesh, with dice that anyone can check. Chips are play tokens; they cannot be bought or cashed.',
    )
    .addHelpText(
      'after',
      `
Examples:
  bitcraps up --rounds 3               a casino on this machine, three rounds, then a summary
  bitcraps node --help                 how to join two machines in three commands
  bitcraps verify casino.bct           check every roll and pay-out of a transcript`,
    )
    .version(formatVersion(CURRENT), '-V, --version', 'the protocol version of this build');
  for (const [name, { description, load }] of Object.entries(COMMANDS)) {
    root.addCommand(name === wanted ? await load() : new Command(name).description(description));
  }
  return root;
}

/** Errors of usage become `CLI_USAGE`; commander prints nothing by itself, but its help for a missing subcommand. */
function guard(command: Command, hear: (text: string) => void): void {
  command.exitOverride().configureOutput({ writeErr: hear });
  for (const child of command.commands) guard(child, hear);
}

/** A reader that went away (`| head`) ends a command quietly, and a running casino in good order. */
function endWithReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      if (process.listenerCount('SIGTERM') > 0) process.kill(process.pid, 'SIGTERM');
      else process.exit();
    });
  }
}

function reportUsage(error: CommanderError, heard: string): void {
  if (error.exitCode === 0) return;
  if (error.code === 'commander.help') {
    process.stderr.write(heard);
    process.exitCode = EXIT_BAD_INPUT;
    return;
  }
  const usage = new BitcrapsError('CLI_USAGE', { detail: error.message.replace(/^error: /, '') });
  if (process.argv.includes('--json')) printJson(errorDocument(usage));
  process.exitCode = reportError(usage);
}

async function main(): Promise<void> {
  endWithReader();
  const [first, second] = process.argv.slice(2);
  const root = await program(first === 'help' ? second : first);
  let heard = '';
  guard(root, (text) => (heard += text));
  try {
    if (first === undefined) root.outputHelp();
    else await root.parseAsync(process.argv);
  } catch (error) {
    if (error instanceof CommanderError) reportUsage(error, heard);
    else process.exitCode = reportError(error);
  }
}

process.exitCode = EXIT_DONE;
await main();
