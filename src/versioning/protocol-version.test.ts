import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { versions } from '../../test/wire/arbitraries.ts';
import { unwrap } from '../core/errors.ts';
import { compareVersions, CURRENT, formatVersion, parseVersion } from './protocol-version.ts';

describe('protocol version', () => {
  test('a version survives its text', () => {
    fc.assert(
      fc.property(versions, (version) => {
        expect(unwrap(parseVersion(formatVersion(version)))).toEqual(version);
      }),
    );
  });

  test('order is total and agrees with the numbers', () => {
    fc.assert(
      fc.property(versions, versions, (a, b) => {
        expect(Math.sign(compareVersions(a, b))).toBe(-Math.sign(compareVersions(b, a)) + 0);
        expect(compareVersions(a, b) === 0).toBe(formatVersion(a) === formatVersion(b));
        expect(compareVersions(a, { ...a, patch: a.patch + 1 })).toBeLessThan(0);
        expect(compareVersions(a, { major: a.major, minor: a.minor + 1, patch: 0 })).toBeLessThan(
          0,
        );
        expect(compareVersions(a, { major: a.major + 1, minor: 0, patch: 0 })).toBeLessThan(0);
      }),
    );
  });

  test('two numbers are a version with patch 0', () => {
    expect(unwrap(parseVersion('1.2'))).toEqual({ major: 1, minor: 2, patch: 0 });
    expect(unwrap(parseVersion('65535.65535.65535')).major).toBe(65_535);
  });

  const bad = [
    '',
    '1',
    '1.',
    '1.2.',
    '1.2.3.4',
    'v1.2',
    ' 1.2',
    '1.2 ',
    '01.2',
    '1.02',
    '-1.2',
    '1.2.-3',
  ];
  const alsoBad = [
    '1.2-rc1',
    '65536.0',
    '1.65536',
    '1.2.65536',
    '99999999.1',
    '1e1.0',
    '１.２',
    '1.2\n',
  ];
  test.each([...bad, ...alsoBad])('%j is no version', (text) => {
    const parsed = parseVersion(text);
    expect(parsed.ok ? null : parsed.error.code).toBe('VERSION_INVALID');
  });

  test('this build speaks 1.3.0, the last version whose features all exist', () => {
    expect(formatVersion(CURRENT)).toBe('1.3.0');
  });
});
