// Where a node takes its alerts, from its settings.

import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { BitcrapsError } from '../../core/errors.ts';
import type { AlertSink } from '../../env/alert-sink.ts';
import { commandSink } from '../../platform/node/alert-command.ts';
import { webhookSink } from '../../platform/node/alert-webhook.ts';
import type { HealthSettings } from '../config/health-settings.ts';

/** Printable ASCII in one word: what a header carries as it is. */
const TOKEN = /^[!-~]+$/;

/**
 * What could never tell anybody is found here, not with the first alert. Errors (thrown): `CLI_CONFIG_UNREADABLE`, for the
 * file with the token; `CLI_HOOK_UNUSABLE`.
 */
export function alertSinks(settings: HealthSettings): readonly AlertSink[] {
  const { webhook, webhookTokenFile, alertCommand } = settings;
  const [program, ...args] = alertCommand;
  const token = webhookTokenFile === '' ? null : readToken(webhookTokenFile);
  if (program !== undefined) checkProgram(program);
  return [
    ...(webhook === '' ? [] : [webhookSink({ url: new URL(webhook), token })]),
    ...(program === undefined ? [] : [commandSink({ program, args })]),
  ];
}

function readToken(path: string): string {
  const token = readText(path).trim();
  if (TOKEN.test(token)) return token;
  const detail = `${path} does not hold one word of printable ASCII`;
  throw new BitcrapsError('CLI_HOOK_UNUSABLE', { key: 'health.webhook_token_file', detail });
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new BitcrapsError('CLI_CONFIG_UNREADABLE', { path, detail });
  }
}

function checkProgram(path: string): void {
  const detail = whyNotRun(path);
  if (detail === null) return;
  throw new BitcrapsError('CLI_HOOK_UNUSABLE', { key: 'health.command', detail });
}

function whyNotRun(path: string): string | null {
  try {
    if (!statSync(path).isFile()) return `${path} is no program`;
    accessSync(path, constants.X_OK);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
