import { describe, expect, test } from 'vitest';
import { toHex, utf8 } from '../core/bytes.ts';
import { primitives } from '../platform/node/primitives.ts';
import { createSimStore, SYNC_MS, type SimStore } from './store.ts';
import { createWorld, type World } from './world.ts';
import { describeStore } from '../../test/suites/store.suite.ts';

describeStore('simulated store', () => {
  const world = createWorld({ seed: 1, primitives });
  const store = createSimStore(world, { name: 'disk' });
  return {
    store,
    async settle(work) {
      let over = false;
      const end = (): void => {
        over = true;
      };
      work.then(end, end);
      await world.runUntil(() => over, world.clock.now() + 10_000);
      return work;
    },
    reopen: () => store.reopen(),
    fill() {
      store.failNextWrite('STORE_FULL');
      return { release: () => undefined };
    },
    end: () => undefined,
  };
});

const put = (store: SimStore, key: string): Promise<void> =>
  store.write([
    { kind: 'put', key: utf8(key), value: utf8('1') },
    { kind: 'put', key: utf8(`${key}'`), value: utf8('1') },
  ]);
const keys = (store: SimStore): string[] =>
  store
    .range(new Uint8Array(0), Uint8Array.of(255), 100)
    .map(({ key }) => new TextDecoder().decode(key));

/** Three batches: one acknowledged, two under way when the power goes. */
async function story(seed: number): Promise<{ kept: string[]; world: World }> {
  const world = createWorld({ seed, primitives });
  const store = createSimStore(world, { name: 'disk' });
  const acknowledged: string[] = [];
  void put(store, 'a').then(() => acknowledged.push('a'));
  await world.run(SYNC_MS + 1);
  for (const key of ['b', 'c']) void put(store, key).then(() => acknowledged.push(key));
  await world.run(SYNC_MS + 1.5);
  store.crash();
  await world.run(1000);
  expect(acknowledged).toEqual(['a']);
  expect(() => store.get(utf8('a'))).toThrow(expect.objectContaining({ code: 'STORE_CLOSED' }));
  return { kept: keys(store.reopen()), world };
}

describe('a crash', () => {
  test('keeps what was acknowledged, and of the rest a first part, each batch whole', async () => {
    const outcomes = new Set<string>();
    for (let seed = 0; seed < 30; seed += 1) {
      outcomes.add((await story(seed)).kept.join(' '));
    }
    expect([...outcomes].toSorted()).toEqual(["a a'", "a a' b b'", "a a' b b' c c'"]);
  });

  test('is the same for the same seed', async () => {
    const [first, second] = [await story(3), await story(3)];
    expect(first.kept).toEqual(second.kept);
    expect(toHex(first.world.logHash())).toBe(toHex(second.world.logHash()));
  });

  test('an input-output error on request hits one write', async () => {
    const world = createWorld({ seed: 1, primitives });
    const store = createSimStore(world, { name: 'disk' });
    store.failNextWrite('STORE_IO');
    await expect(put(store, 'a')).rejects.toMatchObject({ code: 'STORE_IO' });
    const next = put(store, 'b');
    await world.run(SYNC_MS);
    await next;
    expect(keys(store)).toEqual(['b', "b'"]);
  });
});
