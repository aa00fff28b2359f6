import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { errorsDocument } from '../scripts/errors-doc.ts';
import { ERRORS } from '../src/core/errors.ts';

test('docs/errors.md is what the registry says', () => {
  const page = readFileSync(join(import.meta.dirname, '..', 'docs', 'errors.md'), 'utf8');
  expect(page, 'run `npm run docs:errors`').toBe(errorsDocument());
});

test('every error has a message, a cause and a cure, in sentences', () => {
  for (const [code, text] of Object.entries(ERRORS)) {
    expect(code).toMatch(/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/);
    expect(text.message.length, code).toBeGreaterThan(5);
    expect(text.cause, code).toMatch(/[.]$/);
    expect(text.cure, code).toMatch(/[.]$/);
  }
});

test('no two rooms use one code', () => {
  const folder = join(import.meta.dirname, '..', 'src', 'core', 'errors');
  const codes = readdirSync(folder).flatMap((file) =>
    [...readFileSync(join(folder, file), 'utf8').matchAll(/^ {2}([A-Z][A-Z0-9_]+): \{/gm)].map(
      (match) => match[1],
    ),
  );
  expect(new Set(codes).size).toBe(codes.length);
  expect(new Set(codes)).toEqual(new Set(Object.keys(ERRORS)));
});
