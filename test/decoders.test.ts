// Every exported decoder has a fuzz test: what takes bytes or text from outside must never throw on them.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

/** Fixed-width reads inside decoders that have checked the length. */
const INNER = new Set(['readU32', 'readU64']);

function codeIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Exported functions whose name says that they decode, and that take bytes or a text. */
function decoders(): string[] {
  const names = codeIn('src')
    .filter((file) => !file.endsWith('.test.ts') && !file.includes(join('wire', 'gen')))
    .flatMap((file) => {
      const code = readFileSync(file, 'utf8');
      const declared = code.matchAll(
        /^export (?:async )?function ((?:decode|parse|open|read|from[A-Z])\w*)[^(]*\(([^)]*)\)/gm,
      );
      return [...declared]
        .filter(([, , parameters = '']) =>
          /\b(?:bytes|payload|message|body|line|text|packet|route|ciphertext|frame)\??: (?:Uint8Array|string)/.test(
            parameters,
          ),
        )
        .map(([, name = '']) => name);
    });
  return [...new Set(names)].filter((name) => !INNER.has(name)).toSorted();
}

test('each exported decoder stands in a fuzz test', () => {
  const fuzzers = codeIn('test/fuzz')
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
  const all = decoders();
  expect(all.length).toBeGreaterThan(30);
  expect(all).toContain('decodePacketHeader');
  expect(all.filter((name) => !new RegExp(`\\b${name}\\(`).test(fuzzers))).toEqual([]);
});
