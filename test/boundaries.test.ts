// The compiler itself forbids upward and sideways imports: a room sees only the rooms its project references.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const tsc = join(root, 'node_modules', '.bin', 'tsc');
let copy = '';

interface RoomConfig {
  readonly include: readonly string[];
  readonly references: readonly { readonly path: string }[];
}

/** A skeleton of the house in a scratch folder: every room's real project file, and one small source file in each. */
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'bitcraps-rooms-'));
  writeFileSync(join(copy, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(copy, 'tsconfig.base.json'), readFileSync(join(root, 'tsconfig.base.json')));
  for (const room of rooms()) {
    const folder = join(copy, 'src', room);
    mkdirSync(folder, { recursive: true });
    const config = readFileSync(join(root, 'src', room, 'tsconfig.json'), 'utf8');
    writeFileSync(join(folder, 'tsconfig.json'), config.replace('"node"', ''));
    writeFileSync(join(folder, 'room.ts'), `export const room: string = '${room}';\n`);
  }
});

afterAll(() => rmSync(copy, { recursive: true, force: true }));

function rooms(): string[] {
  return readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.name === 'tsconfig.json')
    .map((entry) => relative(join(root, 'src'), entry.parentPath));
}

function referencesOf(room: string): string[] {
  // A file of this repository, in the one form that the line above just copied.
  const config = JSON.parse(
    readFileSync(join(root, 'src', room, 'tsconfig.json'), 'utf8'),
  ) as RoomConfig;
  return config.references.map(({ path }) =>
    relative(join(root, 'src'), join(root, 'src', room, path)),
  );
}

function compileWithImport(
  from: string,
  to: string,
): { readonly ok: boolean; readonly output: string } {
  const file = join(copy, 'src', from, 'probe.ts');
  const path = relative(dirname(file), join(copy, 'src', to, 'room.ts'));
  const specifier = path.startsWith('.') ? path : `./${path}`;
  writeFileSync(file, `import { room } from '${specifier}';\nexport const seen: string = room;\n`);
  // Forced: a file that is written in the instant in which the last build ended counts as built.
  const words = ['-b', '--force', join(copy, 'src', from)];
  const result = spawnSync(tsc, words, { encoding: 'utf8' });
  rmSync(file);
  return { ok: result.status === 0, output: result.stdout };
}

test('an import that the references allow compiles', () => {
  expect(compileWithImport('core', 'env')).toEqual({ ok: true, output: '' });
});

test.each([
  ['core', 'crypto'],
  ['core', 'node'],
  ['craps', 'casino'],
  ['craps', 'crypto'],
  ['routing', 'resilience'],
  ['resilience', 'routing'],
  ['mesh', 'gateway'],
  ['casino', 'mesh'],
  ['node', 'platform'],
])('%s cannot import %s', (from, to) => {
  const { ok, output } = compileWithImport(from, to);
  expect(ok).toBe(false);
  expect(output).toContain('TS6307');
});

test('the references have no cycle', () => {
  const done = new Set<string>();
  const open = new Set<string>();
  const visit = (room: string): void => {
    if (done.has(room)) return;
    expect(open.has(room), `a cycle through ${room}`).toBe(false);
    open.add(room);
    for (const next of referencesOf(room)) visit(next);
    open.delete(room);
    done.add(room);
  };
  for (const room of rooms()) visit(room);
  expect(done.size).toBe(rooms().length);
});
