// Folders for the tests of one file, gone with its last test.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** Call it once in a file; what it answers makes a new folder each time. */
export function temporaryFolders(): () => string {
  const root = mkdtempSync(join(tmpdir(), 'bc-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  return () => mkdtempSync(join(root, '-'));
}
