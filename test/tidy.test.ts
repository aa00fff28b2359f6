// House rules that no compiler checks: what pure rooms may name, what files may be called, what words may stand in them.

import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const FILE_LINES_MAX = 500;
/** Rooms that may name the operating system: they implement or start things. */
const OUTER_ROOMS = new Set(['platform', 'cli', 'bench', 'web']);
const VAGUE_NAMES = /^(utils?|helpers?|common|misc|types|manager|stuff|index)\d*\.ts$/;
const PUBLIC_API = 'src/index.ts';

function filesIn(folder: string, keep: (file: string) => boolean): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((file) => keep(file) && !file.startsWith(join('src', 'wire', 'gen')))
    .toSorted();
}

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

/** The code without comments and string contents, so that a rule does not trip over prose. */
function bare(code: string): string {
  return code
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/(^|[^:'"`])\/\/.*$/gm, '$1')
    .replaceAll(/'(?:[^'\\\n]|\\.)*'/g, "''");
}

/** `file:line text` for each line of the bare code that matches. */
function offences(files: readonly string[], rule: RegExp): string[] {
  return files.flatMap((file) =>
    bare(read(file))
      .split('\n')
      .flatMap((line) => (rule.test(line) ? [`${file}: ${line.trim()}`] : [])),
  );
}

const typescript = filesIn('src', (file) => file.endsWith('.ts'));
const production = typescript.filter((file) => !file.endsWith('.test.ts'));
const pure = production.filter((file) => !OUTER_ROOMS.has(file.split('/')[1] ?? ''));

describe('pure rooms take the world as an argument', () => {
  test.each([
    ['the clock', /\bDate\s*\.\s*now\b|\bnew\s+Date\b|\bperformance\s*\./],
    ['timers', /\b(setTimeout|setInterval|setImmediate|queueMicrotask)\b/],
    ['randomness', /\bMath\s*\.\s*random\b|\bcrypto\s*\.\s*getRandomValues\b/],
    ['the process', /\bprocess\s*\.|\bBuffer\s*\./],
    ['the console', /\bconsole\s*\./],
  ])('%s', (_, rule) => {
    expect(offences(pure, rule)).toEqual([]);
  });

  test('and import no Node module', () => {
    const importing = pure.filter((file) => /(?:from|import)\s*\(?\s*'node:/.test(read(file)));
    expect(importing).toEqual([]);
  });
});

describe('code says what it means', () => {
  test('no escape from the type checker', () => {
    expect(offences(typescript, /\bas any\b|:\s*any\b/)).toEqual([]);
    const silenced = typescript.filter((file) =>
      /@ts-(ignore|nocheck|expect-error)/.test(read(file)),
    );
    expect(silenced).toEqual([]);
  });

  test('no work left for later', () => {
    const marks = /\b(TODO|FIXME|XXX|HACK)\b|not implemented/;
    const offenders = [...typescript, ...filesIn('scripts', () => true)].filter((file) =>
      marks.test(read(file)),
    );
    expect(offenders).toEqual([]);
  });

  test('no test is skipped or run alone', () => {
    const tests = [
      ...typescript.filter((file) => file.endsWith('.test.ts')),
      ...filesIn('test', (file) => file.endsWith('.ts') && !file.endsWith('tidy.test.ts')),
    ];
    expect(offences(tests, /\b(test|describe|it)\s*\.\s*(skip|only|todo)\b/)).toEqual([]);
  });

  test('no test sleeps or asserts wall-clock time', () => {
    // The one place that waits between two looks at a process is the end-to-end harness.
    const waits = /\bsleep\s*\(|await\s+(delay|after)\s*\(|\bsetTimeout\s*\(/;
    const tests = filesIn(
      'test',
      (file) => file.endsWith('.ts') && file !== join('test', 'e2e', 'harness.ts'),
    );
    expect(
      offences([...tests, ...typescript.filter((file) => file.endsWith('.test.ts'))], waits),
    ).toEqual([]);
  });

  test('files are named by their concept, in kebab-case', () => {
    const names = typescript.filter((file) => file !== PUBLIC_API).map((file) => basename(file));
    expect(names.filter((name) => VAGUE_NAMES.test(name))).toEqual([]);
    expect(
      names.filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.(test|suite|fuzz|d))*\.ts$/.test(name)),
    ).toEqual([]);
  });

  test(`no source file is longer than ${FILE_LINES_MAX} lines`, () => {
    const long = production.filter((file) => read(file).split('\n').length > FILE_LINES_MAX);
    expect(long).toEqual([]);
  });

  test('every file begins by saying what it is for', () => {
    const silent = production.filter(
      (file) =>
        !file.endsWith('.d.ts') &&
        !file.startsWith('src/core/errors/') &&
        !/^(\/\/|\/\*|#!)/.test(read(file)),
    );
    expect(silent).toEqual([]);
  });
});

describe('rooms', () => {
  test('platform is imported by entry points and tests only', () => {
    const importers = production.filter(
      (file) =>
        /from '[./]+platform\//.test(read(file)) &&
        !/^src\/(platform|cli|bench)\//.test(file) &&
        file !== PUBLIC_API,
    );
    expect(importers).toEqual([]);
  });

  test('every room with a project file is built by the root project', () => {
    const rooms = filesIn('src', (file) => basename(file) === 'tsconfig.json').map((file) =>
      file.replace('/tsconfig.json', ''),
    );
    for (const room of rooms) expect(read('tsconfig.json')).toContain(`"${room}"`);
  });
});
