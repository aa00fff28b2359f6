// Joins the command and the libraries it uses into one file, `dist/bundle/main.js`. Loading some six hundred small files
// costs a process about 250 ms more than loading one, and `npm start` starts eleven processes at once.
// Called by set-up when the sources are newer; the rename makes it safe beside running processes.

import { mkdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, 'dist', 'bundle');
const fresh = join(folder, `main-${process.pid}.js`);

mkdirSync(folder, { recursive: true });
const bundle = await rolldown({
  input: join(root, 'src', 'cli', 'main.ts'),
  cwd: root,
  platform: 'node',
  // Native add-ons and what loads them, and a logger that finds its own files.
  external: [/^node:/, 'sodium-native', 'pino', /^hyperdht/, /^@hyperswarm\//, 'udx-native'],
});
await bundle.write({ file: fresh, format: 'esm', codeSplitting: false });
await bundle.close();
renameSync(fresh, join(folder, 'main.js'));
