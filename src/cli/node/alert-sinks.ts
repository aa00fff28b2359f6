// Where a node takes its alerts, from its settings.

import { readFileSync } from 'node:fs';
import { BitcrapsError } from '../../core/errors.ts';
import type { AlertSink } from '../../env/alert-sink.ts';
import { commandSink } from '../../platform/node/alert-command.ts';
import { webhookSink } from '../../platform/node/alert-webhook.ts';
import type { HealthSettings } from '../config/health-settings.ts';

/** Error (thrown): `CLI_CONFIG_UNREADABLE`, for the file with the token. */
export function alertSinks(settings: HealthSettings): readonly AlertSink[] {
  const { webhook, webhookTokenFile, alertCommand } = settings;
  const [program, ...args] = alertCommand;
  const token = webhookTokenFile === '' ? null : readToken(webhookTokenFile);
  return [
    ...(webhook === '' ? [] : [webhookSink({ url: new URL(webhook), token })]),
    ...(program === undefined ? [] : [commandSink({ program, args })]),
  ];
}

function readToken(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new BitcrapsError('CLI_CONFIG_UNREADABLE', { path, detail });
  }
}
