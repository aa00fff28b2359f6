// Puts a configuration together: flag > environment > file > default, and remembers where each value came from.

import { parse, TomlError } from 'smol-toml';
import { BitcrapsError, unwrap } from '../../core/errors.ts';
import { nearest } from './nearest.ts';
import { resilienceOf } from './resilience-settings.ts';
import type { SettingForm } from './setting.ts';
import { SETTINGS, settingNames, type SettingName, type Settings } from './settings.ts';

export interface Resolved {
  readonly settings: Settings;
  /** `default`, `file PATH`, `environment NAME` or `flag --NAME`, by setting. */
  readonly origins: Readonly<Record<SettingName, string>>;
}

/** Where values may come from, strongest last. Flags and environment are texts, the file's values are typed. */
export interface Sources {
  readonly file: { readonly path: string; readonly text: string } | null;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly flags: Readonly<Partial<Record<SettingName, unknown>>>;
}

/** `BITCRAPS_MESH_LISTEN` for `mesh.listen`. */
export function environmentName(setting: SettingName): string {
  return `BITCRAPS_${SETTINGS[setting].key.replaceAll('.', '_').toUpperCase()}`;
}

/**
 * Errors (thrown): `CLI_CONFIG_SYNTAX`, `CLI_CONFIG_UNKNOWN_KEY`, `CLI_CONFIG_VALUE`, `RESILIENCE_CONFIG_INVALID`.
 */
export function resolveSettings(sources: Sources): Resolved {
  const fromFile = sources.file === null ? new Map<string, unknown>() : fileValues(sources.file);
  const values: Partial<Record<SettingName, unknown>> = {};
  const origins: Partial<Record<SettingName, string>> = {};
  for (const name of settingNames()) {
    const { key, form, flag } = SETTINGS[name];
    const variable = environmentName(name);
    const text = sources.environment[variable];
    let value: unknown = SETTINGS[name].default;
    let origin = 'default';
    if (fromFile.has(key)) {
      value = fromFile.get(key);
      origin = `file ${sources.file?.path ?? ''}`;
    }
    if (text !== undefined) {
      value = fromText(form, text);
      origin = `environment ${variable}`;
    }
    if (sources.flags[name] !== undefined) {
      value = sources.flags[name];
      origin = `flag --${flag}`;
    }
    values[name] = checked(name, value, origin);
    origins[name] = origin;
  }
  // Every name of the table was given a checked value just above.
  const settings = values as unknown as Settings;
  unwrap(resilienceOf(settings));
  return {
    settings,
    origins: origins as Record<SettingName, string>,
  };
}

/** A text from a flag or the environment as the value the setting's form asks for. */
export function fromText(form: SettingForm, text: string): unknown {
  switch (form) {
    case 'text':
      return text;
    case 'number':
      return text.trim() === '' ? text : Number(text);
    case 'switch':
      return text === 'true' || text === '1'
        ? true
        : text === 'false' || text === '0'
          ? false
          : text;
    case 'list':
      return text === '' ? [] : text.split(',').map((part) => part.trim());
  }
}

function checked(name: SettingName, value: unknown, origin: string): unknown {
  const { key, check, shown } = SETTINGS[name];
  const verdict = check(value);
  if ('value' in verdict) return verdict.value;
  throw new BitcrapsError('CLI_CONFIG_VALUE', {
    origin,
    key,
    value:
      shown === undefined
        ? (JSON.stringify(value) ?? String(value))
        : 'a value that may be secret and is not shown',
    detail: verdict.wrong,
  });
}

function fileValues(file: { readonly path: string; readonly text: string }): Map<string, unknown> {
  const known = new Set(settingNames().map((name) => SETTINGS[name].key));
  const values = new Map<string, unknown>();
  for (const [section, content] of Object.entries(parseToml(file))) {
    const isTable = typeof content === 'object' && content !== null && !Array.isArray(content);
    const pairs: readonly (readonly [string, unknown])[] = isTable
      ? Object.entries(content).map(([key, value]) => [`${section}.${key}`, value])
      : [[section, content]];
    for (const [key, value] of pairs) {
      if (!known.has(key)) throw unknownKey(file.path, key, [...known]);
      values.set(key, value);
    }
  }
  return values;
}

function parseToml(file: {
  readonly path: string;
  readonly text: string;
}): Record<string, unknown> {
  try {
    return parse(file.text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [reason = ''] = error.message.split('\n');
    const detail = `line ${error.line}, column ${error.column}: ${reason}`;
    throw new BitcrapsError('CLI_CONFIG_SYNTAX', { path: file.path, detail });
  }
}

function unknownKey(path: string, key: string, known: readonly string[]): BitcrapsError {
  const close = nearest(key, known);
  const hint = close === null ? '' : `; did you mean ${close}?`;
  return new BitcrapsError('CLI_CONFIG_UNKNOWN_KEY', { origin: path, key, hint });
}
