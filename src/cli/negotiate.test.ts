import { afterEach, describe, expect, test, vi } from 'vitest';
import { negotiateCommand } from './negotiate.ts';

/** What the command prints and the exit code it sets. */
async function run(
  ...args: readonly string[]
): Promise<{ out: string; err: string; code: unknown }> {
  let [out, err] = ['', ''];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    err += String(text);
    return true;
  });
  const before = process.exitCode;
  process.exitCode = undefined;
  await negotiateCommand().parseAsync([...args], { from: 'user' });
  const code = process.exitCode;
  process.exitCode = before;
  vi.restoreAllMocks();
  return { out, err, code };
}

afterEach(() => {
  vi.restoreAllMocks();
});

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
