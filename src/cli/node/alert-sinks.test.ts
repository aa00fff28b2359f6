import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { HealthSettings } from '../config/health-settings.ts';
import { alertSinks } from './alert-sinks.ts';

const folder = mkdtempSync(join(tmpdir(), 'bc-sinks-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SETTINGS: HealthSettings = {
  webhook: 'https://example.org/hooks/SECRET',
  webhookTokenFile: '',
  alertCommand: [],
  notify: 'warning',
};

function fileOf(name: string, text: string, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

test('what is right leads somewhere, in the order of the settings', () => {
  const webhookTokenFile = fileOf('token', 'abc.DEF-123==\n');
  const alertCommand = [fileOf('program', '#!/bin/sh\n', 0o700), '--quiet'];
  const sinks = alertSinks({ ...SETTINGS, webhookTokenFile, alertCommand });
  expect(sinks.map(({ name }) => name)).toEqual(['webhook example.org', 'command program']);
  expect(alertSinks({ ...SETTINGS, webhook: '' })).toEqual([]);
});

const program = (path: string): Partial<HealthSettings> => ({ alertCommand: [path] });
const token = (path: string): Partial<HealthSettings> => ({ webhookTokenFile: path });

test.each<readonly [string, () => Partial<HealthSettings>, string]>([
  ['a token file that is not there', () => token(join(folder, 'no')), 'CLI_CONFIG_UNREADABLE'],
  ['an empty token', () => token(fileOf('empty', '\n')), 'CLI_HOOK_UNUSABLE'],
  ['two lines in it', () => token(fileOf('two', 'SECRET\nSECRET\n')), 'CLI_HOOK_UNUSABLE'],
  ['letters that headers lack', () => token(fileOf('ü', 'SECRETü\n')), 'CLI_HOOK_UNUSABLE'],
  ['a program that is not there', () => program(join(folder, 'none')), 'CLI_HOOK_UNUSABLE'],
  ['one that may not be run', () => program(fileOf('plain', '', 0o600)), 'CLI_HOOK_UNUSABLE'],
  ['a folder', () => program(folder), 'CLI_HOOK_UNUSABLE'],
])('%s is refused, and no secret told', (_, wrong, code) => {
  const settings = { ...SETTINGS, ...wrong() };
  expect(() => alertSinks(settings)).toThrow(expect.objectContaining({ code }));
  expect(() => alertSinks(settings)).not.toThrow(/SECRET/);
});
