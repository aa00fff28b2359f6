// Every example runs and prints what its first comment promises.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root, start } from './harness.ts';

const PRINTS: Readonly<Record<string, string>> = {
  'disjoint-routes.ts':
    'shortest: home → cafe → harbour\ndisjoint: home → cafe → harbour\ndisjoint: home → tower → harbour\ncafe – harbour fails: home → tower → harbour\n',
  'house-edge.ts': 'pass: 7/495\nany-seven: 1/6\nhard-8: 1/11\n',
  'negotiate.ts':
    '1.2 with 1.2.7: full (BasicMesh, GatewayNodes, EnhancedRouting)\n1.2 with 1.1: limited (BasicMesh, GatewayNodes)\n1.4 with 2.0: legacy (BasicMesh)\n1.4 with 9.0: incompatible ()\n',
};

test.each(readdirSync(join(root, 'examples')))('%s', async (file) => {
  const { status, stdout, stderr } = await start(process.execPath, [join('examples', file)], root)
    .finished;
  expect(status, stderr).toBe(0);
  if (PRINTS[file] === undefined)
    expect(stdout).toMatch(/^right got "hello" over 2 hops at [\d.]+ ms\n$/);
  else expect(stdout).toBe(PRINTS[file]);
});
