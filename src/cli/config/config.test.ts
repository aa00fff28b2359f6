import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { configDocument } from './document.ts';
import { unwrap } from '../../core/errors.ts';
import { resilienceConfig } from '../../resilience/config.ts';
import { resilienceOf } from './resilience-settings.ts';
import { environmentName, fromText, resolveSettings, type Sources } from './resolve.ts';
import { SETTINGS, settingNames } from './settings.ts';

const none: Sources = { file: null, environment: {}, flags: {} };
const file = (text: string): Sources => ({ ...none, file: { path: 'node.toml', text } });

test('the document that init writes is valid and says exactly the defaults', () => {
  const { settings, origins } = resolveSettings(file(configDocument()));
  for (const name of settingNames()) {
    expect(settings[name]).toEqual(SETTINGS[name].default);
    expect(origins[name]).toBe('file node.toml');
  }
});

test('every key of the document has its comment above it', () => {
  const lines = configDocument().split('\n');
  for (const [at, line] of lines.entries()) {
    if (/^[a-z]\w* = /.test(line)) expect(lines[at - 1]).toMatch(/^# /);
  }
});

test('flag over environment over file over default, and each origin is told', () => {
  const sources: Sources = {
    file: {
      path: 'node.toml',
      text: '[mesh]\nname = "file"\nlisten = "127.0.0.1:1"\njoin = ["127.0.0.1:9"]\n',
    },
    environment: { BITCRAPS_MESH_NAME: 'environment', BITCRAPS_MESH_LISTEN: '127.0.0.1:2' },
    flags: { meshName: 'flag' },
  };
  const { settings, origins } = resolveSettings(sources);
  expect([settings.meshName, settings.listen, settings.join, settings.networkId]).toEqual([
    'flag',
    '127.0.0.1:2',
    ['127.0.0.1:9'],
    'bitcraps',
  ]);
  expect([origins.meshName, origins.listen, origins.join, origins.networkId]).toEqual([
    'flag --mesh',
    'environment BITCRAPS_MESH_LISTEN',
    'file node.toml',
    'default',
  ]);
});

describe('bad input has a code', () => {
  test.each([
    ['[mesh]\nlisten = "here"', 'CLI_CONFIG_VALUE'],
    ['[mesh]\nlisten = 7461', 'CLI_CONFIG_VALUE'],
    ['[network]\nproof_bits = 25', 'CLI_CONFIG_VALUE'],
    ['[node]\nversion = "7.0.0"', 'CLI_CONFIG_VALUE'],
    ['[mesh]\njoin = ["nobody@127.0.0.1:1"]', 'CLI_CONFIG_VALUE'],
    ['[health]\nwebhook = "ftp://example.org/"', 'CLI_CONFIG_VALUE'],
    ['[health]\nwebhook = "https://user:pw@example.org/"', 'CLI_CONFIG_VALUE'],
    ['[health]\nwebhook = "https://example.org:9/"', 'CLI_CONFIG_VALUE'],
    ['[health]\ncommand = ["notify", "me"]', 'CLI_CONFIG_VALUE'],
    ['[resilience]\nphi_threshold = 0', 'CLI_CONFIG_VALUE'],
    ['[resilience]\nheartbeat = "fast"', 'CLI_CONFIG_VALUE'],
    ['[resilience]\nheartbeat = "10s"', 'RESILIENCE_CONFIG_INVALID'],
    ['[resilience]\nhealth_check = "0s"', 'CLI_CONFIG_VALUE'],
    ['[resilience]\nhealth_check = "1ms"', 'CLI_CONFIG_VALUE'],
    ['[resilience]\nrecovery_interval = "1ms"', 'CLI_CONFIG_VALUE'],
    ['[resilience]\nheartbeat = "1ms"', 'CLI_CONFIG_VALUE'],
    ['[resilience]\nack_timeout_min = "2s"', 'RESILIENCE_CONFIG_INVALID'],
    ['[node]\npage_origins = ["https://casino.example/play"]', 'CLI_CONFIG_VALUE'],
    ['[node]\npage_origins = ["casino.example"]', 'CLI_CONFIG_VALUE'],
    ['[mesh]\nlisten = ', 'CLI_CONFIG_SYNTAX'],
    ['[mesh]\nlistem = "127.0.0.1:1"', 'CLI_CONFIG_UNKNOWN_KEY'],
    ['[meshes]\nx = 1', 'CLI_CONFIG_UNKNOWN_KEY'],
    ['mesh = "x"', 'CLI_CONFIG_UNKNOWN_KEY'],
  ])('%j: %s', (text, code) => {
    expect(() => resolveSettings(file(text))).toThrow(expect.objectContaining({ code }));
  });

  test.each(['hooks.example.org/T0/SECRET', 'https://u:SECRET@example.org/', 'ftp://x/SECRET'])(
    'an address that may hold a secret is not repeated: %s',
    (value) => {
      const sources = { ...none, environment: { BITCRAPS_HEALTH_WEBHOOK: value } };
      expect(() => resolveSettings(sources)).toThrow(/health\.webhook/);
      expect(() => resolveSettings(sources)).not.toThrow(/SECRET/);
    },
  );

  test('a time that is too short is told by its name and its bound', () => {
    expect(() => resolveSettings(file('[resilience]\nhealth_check = "1ms"'))).toThrow(
      'resilience.health_check to "1ms": at least 100ms',
    );
  });

  test('a misspelt key is answered with the right one', () => {
    expect(() => resolveSettings(file('[mesh]\nlistem = "127.0.0.1:1"'))).toThrow(
      'did you mean mesh.listen?',
    );
  });

  test('any text at all is read or refused with a code', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          resolveSettings(file(text));
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/^CLI_CONFIG_/) });
        }
      }),
    );
  });
});

test('texts become values by the form of the setting', () => {
  expect(fromText('list', 'a:1, b:2')).toEqual(['a:1', 'b:2']);
  expect(fromText('switch', '1')).toBe(true);
  expect(fromText('switch', 'maybe')).toBe('maybe');
  expect(fromText('number', '12')).toBe(12);
  expect(environmentName('gatewayJoin')).toBe('BITCRAPS_GATEWAY_JOIN');
});

describe('resilience', () => {
  test('without settings of its own is what the preset has', () => {
    for (const preset of ['local', 'lan', 'wan', 'default'] as const) {
      const { settings } = resolveSettings(file(`[node]\npreset = "${preset}"`));
      expect(unwrap(resilienceOf(settings))).toEqual(resilienceConfig(preset));
    }
  });

  test('what is set replaces it', () => {
    const text = '[resilience]\nheartbeat = "2s"\nfailure_timeout = "9s"\nredundancy = 2';
    const config = unwrap(resilienceOf(resolveSettings(file(text)).settings));
    const changed = { heartbeatMs: 2_000, failureTimeoutMs: 9_000, redundancy: 2 };
    expect(config).toEqual(resilienceConfig('lan', changed));
  });
});
