// Writes `docs/errors.md` from the registry, or with `--print` prints it.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERRORS, type ErrorText } from '../src/core/errors.ts';

/** The registry as a Markdown document, sorted by code. */
export function errorsDocument(): string {
  const entries: readonly (readonly [string, ErrorText])[] = Object.entries(ERRORS).toSorted(
    ([a], [b]) => (a < b ? -1 : 1),
  );
  const parts = entries.map(
    ([code, text]) =>
      `## ${code}\n\n\`${text.message}\`\n\n**Cause.** ${text.cause}\n\n**Cure.** ${text.cure}\n`,
  );
  const head = [
    '# Errors',
    '',
    'Every error carries one of these codes; a code never changes its meaning. Commands print `error CODE: message`',
    'and the cure on stderr, and put `{ "error": { "code", "message", "cure" } }` on stdout under `--json`.',
    'This page is written from the registry in `src/core/errors/` (`npm run docs:errors`); a test compares the two.',
    '',
  ];
  return `${head.join('\n')}\n${parts.join('\n')}`;
}

if (import.meta.main) {
  const text = errorsDocument();
  if (process.argv.includes('--print')) process.stdout.write(text);
  else writeFileSync(join(import.meta.dirname, '..', 'docs', 'errors.md'), text);
}
