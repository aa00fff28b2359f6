// `bitcraps node`: one node, from the settings in its state folder, the environment and the flags.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { unwrap } from '../core/errors.ts';
import { parseDuration } from '../core/units.ts';
import type { CasinoNode } from '../node/node.ts';
import { readConfigFile } from './config.ts';
import { fromText, resolveSettings } from './config/resolve.ts';
import { SETTINGS, settingNames, type SettingName, type Settings } from './config/settings.ts';
import type { Changed } from './node/change-running.ts';
import { drainNode } from './node/drain.ts';
import { bootNode, type BootedNode } from './node/run-node.ts';
import { EXIT_DONE, printJson, reportError, runCommand } from './outcome.ts';
import { chosenStateFolder } from './state-folder.ts';
import { systemClock } from '../platform/node/clock.ts';
import { createSkewedClock, type SkewedClock } from '../platform/node/skewed-clock.ts';
import { isGo, isSkew, isStop, type ReadyMessage } from './up/messages.ts';

/** A node that has not ended in good order by then ends anyway. */
const STOP_WITHIN_MS = 1_200;

type NodeFlags = Readonly<Record<string, unknown>>;

/** The command, to be added to the program. */
export function nodeCommand(): Command {
  const command = new Command('node')
    .description('run one node: a relay, a gateway, a player, or the validator of a casino')
    .option('--state <dir>', 'the state folder: identity, ledger, control socket; made if missing')
    .option(
      '--config <file>',
      'a configuration file; default: config.toml in the state folder, if there',
    )
    .option('--json', 'one JSON document on stdout when the node listens');
  for (const name of settingNames()) command.addOption(flagOf(name));
  return command
    .addHelpText(
      'after',
      `
Examples (two machines, three commands):
  machine 1   bitcraps node --network home --listen 0.0.0.0:7461 --validator
  machine 2   bitcraps node --network home --join 192.168.1.10:7461 --casino PEERID
  machine 2   bitcraps play bet pass 5

Every flag is also a key of the configuration file: bitcraps config init`,
    )
    .action((flags: NodeFlags) => runCommand(flags['json'] === true, () => run(flags)));
}

function flagOf(name: SettingName): Option {
  const { flag, form, valueName, comment } = SETTINGS[name];
  const shape =
    form === 'switch'
      ? `--${flag}`
      : form === 'list'
        ? `--${flag} <${valueName}...>`
        : `--${flag} <${valueName}>`;
  return new Option(shape, comment);
}

/** commander's name for a flag: camel case. */
function flagKey(flag: string): string {
  return flag.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function settingsOf(flags: NodeFlags, folder: string): Settings {
  const given: Partial<Record<SettingName, unknown>> = {};
  for (const name of settingNames()) {
    const { flag, form } = SETTINGS[name];
    const value = flags[flagKey(flag)];
    if (value !== undefined)
      given[name] = typeof value === 'string' ? fromText(form, value) : value;
  }
  const inFolder = join(folder, 'config.toml');
  const chosen = flags['config'];
  const path = typeof chosen === 'string' ? chosen : existsSync(inFolder) ? inFolder : null;
  const file = path === null ? null : readConfigFile(path);
  return resolveSettings({ file, environment: process.env, flags: given }).settings;
}

async function run(flags: NodeFlags): Promise<number> {
  const state = flags['state'];
  const folder = chosenStateFolder(typeof state === 'string' ? { state } : {});
  const settings = settingsOf(flags, folder);
  const { promise: asked, resolve: askToStop } = Promise.withResolvers<void>();
  const reload = async (): Promise<Changed> => booted.change(settingsOf(flags, folder));
  const clock = createSkewedClock(systemClock);
  const booted = await bootNode(folder, settings, { stop: askToStop, reload }, clock);
  // Before this point a signal simply ends the process: a node is made to survive that at any time.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => askToStop());
  process.on('SIGHUP', () => {
    // Of a terminal that goes away, it ends the node; of whoever runs a service, it means: read your limits again.
    if (process.stdout.isTTY || process.send !== undefined) askToStop();
    else void reload().catch(reportError);
  });
  if (process.send === undefined) begin(booted, settings, flags['json'] === true);
  else beginSupervised(booted, clock, askToStop);
  await asked;
  await drain(booted.node, unwrap(parseDuration(settings.drain)));
  // Nothing may keep a process alive that was asked to end.
  setTimeout(() => process.exit(EXIT_DONE), STOP_WITHIN_MS).unref();
  await booted.stop();
  // An open channel would keep the process alive.
  if (process.connected) process.disconnect();
  return EXIT_DONE;
}

/** Goes on until nobody relies on the node any more; another signal ends that. */
async function drain(node: CasinoNode, drainMs: number): Promise<void> {
  if (drainMs === 0) return;
  const again = new AbortController();
  const stop = (): void => again.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  await drainNode(node, drainMs, again.signal);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeListener(signal, stop);
}

function begin(booted: BootedNode, settings: Settings, json: boolean): void {
  const { peerId, listening, node } = booted;
  booted.go(settings.join, settings.gatewayJoin, settings.casino);
  const casino = node.casino.kind === 'validator' ? node.casino.local.genesis : null;
  if (json) {
    printJson({
      peerId,
      ...listening,
      network: settings.networkId,
      mesh: settings.meshName,
      disclosure: casino?.disclosure ?? null,
    });
    return;
  }
  const lines = [
    `peer     ${peerId}`,
    `network  ${settings.networkId} (proof of work ${settings.proofBits} bits), mesh ${settings.meshName}`,
    `listens  ${[
      listening.listen,
      ...(listening.gatewayListen === null ? [] : [`gateways at ${listening.gatewayListen}`]),
      ...listening.alsoListen,
    ].join(', ')}`,
  ];
  if (casino !== null)
    lines.push(
      `casino   ${casino.casinoName}; others follow it with --casino ${peerId}`,
      `note     ${casino.disclosure}`,
    );
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** Under `bitcraps up`: report, wait for the word, and end when the supervisor does. */
function beginSupervised(booted: BootedNode, clock: SkewedClock, askToStop: () => void): void {
  const { peerId, listening } = booted;
  process.on('message', (message) => {
    if (isGo(message)) {
      try {
        booted.go(message.join, message.gatewayJoin, message.casino);
      } catch (error) {
        reportError(error);
        askToStop();
      }
    }
    if (isSkew(message)) clock.skew(message.byMs);
    if (isStop(message)) askToStop();
  });
  process.once('disconnect', askToStop);
  const ready: ReadyMessage = { kind: 'ready', peerId, ...listening };
  if (process.connected) process.send?.(ready);
  else askToStop();
}
