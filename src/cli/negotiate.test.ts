import { describe, expect, test } from 'vitest';
import { runInProcess, type CommandRun } from '../../test/suites/run-command.ts';
import { negotiateCommand } from './negotiate.ts';

const run = (...words: readonly string[]): Promise<CommandRun> =>
  runInProcess(negotiateCommand(), ...words);

describe('bitcraps negotiate', () => {
  test('names mode, active features and what is missing', async () => {
    const { out, code } = await run('1.2.0', '1.1.0');
    expect(out).toContain('limited');
    expect(out).toMatch(/active features\n.*BasicMesh.*\n.*GatewayNodes.*\nmissing features\n/);
    expect(out).toMatch(/EnhancedRouting.*lacked by remote: came with 1\.2\.0/);
    expect(out).toContain('upgrade the remote node (1.1.0)');
    expect(code).toBe(0);
  });

  test('the document is complete', async () => {
    const { out, code } = await run('1.2', '1.1', '--json');
    expect(JSON.parse(out)).toEqual({
      local: '1.2.0',
      remote: '1.1.0',
      mode: 'limited',
      features: ['BasicMesh', 'GatewayNodes'],
      revisions: { BasicMesh: 1, GatewayNodes: 2 },
      missing: [
        {
          feature: 'EnhancedRouting',
          lackedBy: 'remote',
          reason: 'came with 1.2.0; version 1.1.0 does not have it',
        },
      ],
      upgrade: 'remote',
      reason: { kind: 'some-missing' },
      wire: 1,
    });
    expect(code).toBe(0);
  });

  test.each([
    ['1.2.0', '1.2.7', 'full', 0],
    ['1.4', '2.0', 'legacy', 0],
    ['1.4', '9.0', 'incompatible', 1],
  ])('%s with %s is %s, exit code %d', async (local, remote, mode, expected) => {
    const { out, code } = await run(local, remote, '--json');
    expect(JSON.parse(out)).toMatchObject({ mode });
    expect(code).toBe(expected);
    expect((await run(local, remote)).out).toContain(mode);
  });

  test('a malformed version ends with its code, a cure and exit code 2', async () => {
    const { out, err, code } = await run('1.x', '2.0');
    expect(out).toBe('');
    expect(err).toContain('error VERSION_INVALID: not a version: 1.x');
    expect(err).toContain('Write for example 1.2');
    expect(code).toBe(2);
  });
});
