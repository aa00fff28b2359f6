// The settings that take alerts to where people look.

import { isAbsolute } from 'node:path';
import * as z from 'zod';
import type { Severity } from '../../env/alert-sink.ts';
import { BLOCKED_PORTS } from './blocked-ports.ts';
import { checkWith, type Setting } from './setting.ts';

export interface HealthSettings {
  readonly webhook: string;
  readonly webhookTokenFile: string;
  readonly alertCommand: readonly string[];
  readonly notify: Severity;
}

const WORDS_MAX = 32;

export const HEALTH_SETTINGS: { readonly [K in keyof HealthSettings]: Setting<HealthSettings[K]> } =
  {
    webhook: {
      key: 'health.webhook',
      form: 'text',
      flag: 'webhook',
      valueName: 'URL',
      default: '',
      comment:
        'Where alerts are posted as JSON when they are raised and when they end: http or https. Its field "text" is what chat programs show. Empty: nowhere. The address may hold a secret: keep this file to yourself, and give it no flag.',
      check: checkWith(
        z
          .string()
          .refine((text) => text === '' || isWebAddress(text), 'an http or https address')
          .refine(
            hasNoUser,
            'no user and password in the address: put a token into the file of health.webhook_token_file',
          )
          .refine(isCallable, 'not a port of another protocol, which HTTP clients do not call'),
      ),
      shown: (value) => (value === '' ? '' : `${new URL(String(value)).origin}/…`),
    },
    webhookTokenFile: {
      key: 'health.webhook_token_file',
      form: 'text',
      flag: 'webhook-token-file',
      valueName: 'PATH',
      default: '',
      comment:
        'A file with a token that goes along with each post (Authorization: Bearer). Empty: none.',
      check: checkWith(z.string()),
    },
    alertCommand: {
      key: 'health.command',
      form: 'list',
      flag: 'alert-command',
      valueName: 'WORD',
      default: [],
      comment:
        'A program (its absolute path) and its arguments, run without a shell for each alert that is raised or ends; the alert is one line of JSON on its standard input. It has ten seconds. Empty: none.',
      check: checkWith(
        z
          .array(z.string())
          .max(WORDS_MAX, `at most ${WORDS_MAX} words`)
          .refine(
            ([program]) => program === undefined || isAbsolute(program),
            'the absolute path of a program, then its arguments',
          ),
      ),
    },
    notify: {
      key: 'health.notify',
      form: 'text',
      flag: 'notify',
      valueName: 'SEVERITY',
      default: 'warning',
      comment: 'The least severity of alerts that go to these: warning or critical.',
      check: checkWith(z.enum(['warning', 'critical'], 'warning or critical')),
    },
  };

function hasNoUser(text: string): boolean {
  const url = URL.parse(text);
  return url === null || (url.username === '' && url.password === '');
}

function isCallable(text: string): boolean {
  const port = URL.parse(text)?.port ?? '';
  return port === '' || !BLOCKED_PORTS.has(Number(port));
}

function isWebAddress(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && (url.protocol === 'https:' || url.protocol === 'http:');
}
