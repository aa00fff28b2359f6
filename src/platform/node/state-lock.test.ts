import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolders } from '../../../test/suites/temporary-folders.ts';
import { lockState } from './state-lock.ts';

const freshRoot = temporaryFolders();

function freshFolder(): string {
  return join(freshRoot(), 'state', 'node');
}

test('makes the folder for its owner only and locks it until release', () => {
  const folder = freshFolder();
  const lock = lockState(folder);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(() => lockState(folder)).toThrow(
    expect.objectContaining({
      code: 'PLATFORM_STATE_LOCKED',
      data: { folder, pid: String(process.pid) },
    }),
  );
  lock.release();
  lock.release();
  lockState(folder).release();
});

test('names the process that holds it, and is free once that was killed', async () => {
  const folder = freshFolder();
  const program = `
    import { lockState } from ${JSON.stringify(join(import.meta.dirname, 'state-lock.ts'))};
    globalThis.lock = lockState(${JSON.stringify(folder)});
    process.stdout.write('locked');
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  expect(() => lockState(folder)).toThrow(
    expect.objectContaining({ data: { folder, pid: String(child.pid) } }),
  );
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
  lockState(folder).release();
});

test('a folder that cannot be made is told', () => {
  const file = join(freshRoot(), 'file');
  writeFileSync(file, '');
  expect(() => lockState(join(file, 'state'))).toThrow(
    expect.objectContaining({ code: 'PLATFORM_STATE_UNUSABLE' }),
  );
});
