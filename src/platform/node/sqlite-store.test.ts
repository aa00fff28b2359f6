import { readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { fromUtf8, utf8 } from '../../core/bytes.ts';
import { openSqliteStore } from './sqlite-store.ts';
import { temporaryFolders } from '../../../test/suites/temporary-folders.ts';
import { describeStore } from '../../../test/suites/store.suite.ts';

const folder = temporaryFolders();

describeStore('SQLite store', () => {
  const home = folder();
  const path = join(home, 'store.db');
  return {
    store: openSqliteStore(path, { bytesMax: 512 * 1024 }),
    settle: (work) => work,
    reopen: () => openSqliteStore(path),
    // The quota is below what the suite writes at once.
    fill: () => ({ release: () => undefined }),
    end: () => rmSync(home, { recursive: true }),
  };
});

test('a group shares one fate: where there is no space for all, each caller hears it', async () => {
  const store = openSqliteStore(join(folder(), 'store.db'), { bytesMax: 64 * 1024 });
  const small = store.write([{ kind: 'put', key: utf8('small'), value: utf8('1') }]);
  const large = store.write([{ kind: 'put', key: utf8('large'), value: new Uint8Array(100_000) }]);
  const outcomes = await Promise.allSettled([small, large]);
  expect(outcomes).toMatchObject([
    { status: 'rejected', reason: { code: 'STORE_FULL' } },
    { status: 'rejected', reason: { code: 'STORE_FULL' } },
  ]);
  expect(store.get(utf8('small'))).toBeUndefined();
  await store.close();
});

test('a file that is no database, or a damaged one, is refused at once', async () => {
  const home = folder();
  const path = join(home, 'store.db');
  writeFileSync(path, 'this was never a database'.repeat(400));
  expect(() => openSqliteStore(path)).toThrow(expect.objectContaining({ code: 'STORE_CORRUPT' }));
  rmSync(path);
  const store = openSqliteStore(path);
  const writes = Array.from({ length: 200 }, (_, i) => ({
    kind: 'put' as const,
    key: utf8(`key ${i}`),
    value: new Uint8Array(1000).fill(i),
  }));
  await store.write(writes);
  await store.close();
  truncateSync(path, Math.floor(statSync(path).size / 2 / 4096) * 4096);
  expect(() => openSqliteStore(path)).toThrow(expect.objectContaining({ code: 'STORE_CORRUPT' }));
});

test('a page that was changed on the disk is found at once', async () => {
  const path = join(folder(), 'store.db');
  const store = openSqliteStore(path);
  for (let i = 0; i < 50; i += 1) {
    await store.write([{ kind: 'put', key: utf8(`key ${i}`), value: new Uint8Array(1000) }]);
  }
  await store.close();
  const file = readFileSync(path);
  // Where the cells of the tree's root, the second page, begin: after a header of twelve bytes.
  file.fill(0, 4096 + 12, 4096 + 20);
  writeFileSync(path, file);
  expect(() => openSqliteStore(path)).toThrow(expect.objectContaining({ code: 'STORE_CORRUPT' }));
});

test('whatever breaks a batch, nothing of it is kept', async () => {
  const store = openSqliteStore(join(folder(), 'store.db'));
  const broken = { slice: () => null } as unknown as Uint8Array;
  await expect(
    store.write([
      { kind: 'put', key: utf8('a'), value: utf8('1') },
      { kind: 'put', key: utf8('b'), value: broken },
    ]),
  ).rejects.toMatchObject({ code: 'STORE_IO' });
  expect(store.get(utf8('a'))).toBeUndefined();
  await store.write([{ kind: 'put', key: utf8('c'), value: utf8('1') }]);
  await store.close();
});

test('a folder that is missing, and a file that another handle holds, are input-output errors', async () => {
  const home = folder();
  expect(() => openSqliteStore(join(home, 'missing', 'store.db'))).toThrow(
    expect.objectContaining({ code: 'STORE_IO' }),
  );
  const path = join(home, 'store.db');
  const store = openSqliteStore(path);
  expect(() => openSqliteStore(path)).toThrow(expect.objectContaining({ code: 'STORE_IO' }));
  await store.close();
});

test('what was acknowledged survives kill -9', async () => {
  const path = join(folder(), 'store.db');
  const program = `
    import { openSqliteStore } from ${JSON.stringify(join(import.meta.dirname, 'sqlite-store.ts'))};
    const store = openSqliteStore(${JSON.stringify(path)});
    const text = (value) => new TextEncoder().encode(value);
    for (let i = 0; ; i += 1) {
      await store.write([{ kind: 'put', key: text('count'), value: text(String(i)) }]);
      process.stdout.write(i + '\\n');
    }`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let acknowledged = -1;
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged = Number(line);
    if (acknowledged === 20) child.kill('SIGKILL');
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  const store = openSqliteStore(path);
  const count = Number(fromUtf8(store.get(utf8('count')) ?? utf8('')));
  expect(count).toBeGreaterThanOrEqual(acknowledged);
  await store.close();
});
