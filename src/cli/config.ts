// `bitcraps config init|show|check|reload`: write, show and check the configuration of a node; have its limits read again.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { alertSinks } from './node/alert-sinks.ts';
import type { Changed } from './node/change-running.ts';
import { askNode, withNodeChoice, type AskOptions } from './ask-node.ts';
import { colour } from './colour.ts';
import { BitcrapsError } from '../core/errors.ts';
import { configDocument } from './config/document.ts';
import { environmentName, resolveSettings, type Resolved } from './config/resolve.ts';
import { SETTINGS, settingNames, type SettingName, type Settings } from './config/settings.ts';
import { EXIT_DONE, printJson, runCommand } from './outcome.ts';

interface ConfigOptions {
  readonly file?: string;
  readonly json?: boolean;
}

/** Reads a configuration file, or throws `CLI_CONFIG_UNREADABLE`. */
export function readConfigFile(path: string): { readonly path: string; readonly text: string } {
  try {
    return { path, text: readFileSync(path, 'utf8') };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new BitcrapsError('CLI_CONFIG_UNREADABLE', { path, detail });
  }
}

function resolve(options: ConfigOptions): Resolved {
  const file = options.file === undefined ? null : readConfigFile(options.file);
  return resolveSettings({ file, environment: process.env, flags: {} });
}

function init(options: ConfigOptions): number {
  if (options.file === undefined) {
    process.stdout.write(configDocument());
    return EXIT_DONE;
  }
  if (existsSync(options.file)) throw new BitcrapsError('CLI_FILE_EXISTS', { path: options.file });
  try {
    writeFileSync(options.file, configDocument(), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new BitcrapsError('CLI_FILE_UNWRITABLE', { path: options.file, detail });
  }
  process.stderr.write(`written: ${options.file}\n`);
  return EXIT_DONE;
}

function show(options: ConfigOptions): number {
  const { settings, origins } = resolve(options);
  if (options.json === true) {
    const document = settingNames().map((name) => ({
      key: SETTINGS[name].key,
      value: shownValue(name, settings),
      origin: origins[name],
      environment: environmentName(name),
    }));
    printJson(document);
    return EXIT_DONE;
  }
  for (const name of settingNames()) {
    const value = JSON.stringify(shownValue(name, settings));
    process.stdout.write(
      `${SETTINGS[name].key.padEnd(26)} ${value.padEnd(30)} ${colour.dim(origins[name])}\n`,
    );
  }
  return EXIT_DONE;
}

/** Without what may be secret. */
function shownValue(name: SettingName, settings: Settings): unknown {
  return SETTINGS[name].shown?.(settings[name]) ?? settings[name];
}

function check(options: ConfigOptions): number {
  const { settings, origins } = resolve(options);
  // Whether what they name is there.
  alertSinks(settings);
  const set = settingNames().filter((name) => origins[name] !== 'default').length;
  if (options.json === true) printJson({ valid: true, set });
  else
    process.stdout.write(
      `valid: ${set} of ${settingNames().length} settings are set, the others default\n`,
    );
  return EXIT_DONE;
}

/** The command, to be added to the program. */
export function configCommand(): Command {
  const command = new Command('config')
    .description('write, show and check the configuration of a node')
    .addHelpText(
      'after',
      `
Examples:
  bitcraps config init --file node.toml     a whole file, every key with its meaning
  bitcraps config show --file node.toml     what is in force, and where each value came from
  bitcraps config check --file node.toml    exit 2 with the reason if anything is wrong
  bitcraps config reload --state DIR        a running node takes its [limits] anew, all or none`,
    );
  const parts = [
    ['init', 'write every key with its comment and default', init],
    ['show', 'show each value and where it came from', show],
    ['check', 'check a file and the environment', check],
  ] as const;
  for (const [name, description, body] of parts) {
    const part = command
      .command(name)
      .description(description)
      .option('--file <path>', 'the configuration file');
    // What init writes is TOML.
    if (body !== init) part.option('--json', 'one JSON document on stdout');
    part.action((options: ConfigOptions) => runCommand(options.json === true, () => body(options)));
  }
  command.addCommand(reloadCommand());
  return command;
}

function reloadCommand(): Command {
  return withNodeChoice(new Command('reload'))
    .description('have a running node read its limits again, and announce a price that changed')
    .action((options: AskOptions) =>
      runCommand(options.json === true, async () => {
        // The answer of a node of this build.
        const changed = (await askNode(options, 'reload-limits')) as Changed;
        if (options.json === true) printJson(changed);
        else process.stdout.write(changedText(changed));
        return EXIT_DONE;
      }),
    );
}

function changedText({ nextPrice }: Changed): string {
  if (nextPrice === null) return 'the limits are in force\n';
  const seconds = Math.ceil(nextPrice.inMs / 1000);
  return `the limits are in force; the price is ${nextPrice.price} CRAP for a MiB in ${seconds} s\n`;
}
