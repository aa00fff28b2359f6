import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { benchBalance } from './balance.ts';
import { balanceNetworks } from './balance-networks.ts';

const WANTED = { kind: 'at-most', value: 1.15 } as const;

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bitcraps-networks-'));
  mkdirSync(join(folder, 'zoo'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function ring(nodes: number): string {
  const ids = Array.from({ length: nodes }, (_, id) => id);
  return [
    '<graphml><graph edgedefault="undirected">',
    ...ids.map((id) => `<node id="${id}"/>`),
    ...ids.map((id) => `<edge source="${id}" target="${(id + 1) % nodes}"/>`),
    '</graph></graphml>',
  ].join('\n');
}

describe('load balancing beside the optimum', () => {
  test('takes the networks of the folder, and a generated one where there are none', () => {
    const generated = balanceNetworks(null);
    expect(generated.map(({ title }) => title)).toEqual(['generated grid of 4 × 4']);
    expect(balanceNetworks(folder).map(({ name }) => name)).toEqual(['grid']);
    writeFileSync(join(folder, 'Abilene.graphml'), ring(5));
    writeFileSync(join(folder, 'zoo', 'Geant2012.graphml'), ring(7));
    const found = balanceNetworks(folder);
    expect(found.map(({ name, graph }) => [name, graph.nodes])).toEqual([
      ['abilene', 5],
      ['geant2012', 7],
    ]);
    expect(found[0]?.graph.targets).toHaveLength(10);
  });

  test('says what is wrong with a file that is no topology', () => {
    writeFileSync(join(folder, 'zoo', 'Abilene.graphml'), 'a sequence of words');
    expect(() => balanceNetworks(folder)).toThrow(
      expect.objectContaining({ code: 'SIM_TOPOLOGY_FORMAT_UNKNOWN' }),
    );
  });

  test('is within 1.15 of it, and single paths are not', () => {
    const rows = benchBalance(balanceNetworks(null), 1, WANTED);
    expect(rows.map(({ name, met }) => [name, met])).toEqual([
      ['balance-grid-uniform', true],
      ['balance-grid-uniform-single-path', null],
      ['balance-grid-gravity', true],
      ['balance-grid-gravity-single-path', null],
    ]);
    for (const single of rows.filter(({ threshold }) => threshold === null)) {
      expect(single.value).toBeGreaterThan(WANTED.value);
    }
  });
});
