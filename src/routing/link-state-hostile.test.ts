// What a hostile neighbour might send to wear a node out, or to cut others off.

import { FRESH_BUFFERS } from '../wire/frame.ts';
import { describe, expect, test } from 'vitest';
import { LinkStateRig, NETWORK, rigIdentity } from '../../test/suites/link-state-rig.ts';
import { primitives } from '../platform/node/primitives.ts';
import { QUARANTINE_MS, LinkStateDatabase } from './link-state-database.ts';
import { signRecord } from './link-state-record.ts';
import { RecordTrie } from './link-state-trie.ts';
import { UpdateWriter } from './link-state-update.ts';
import { RecordPool } from './record-pool.ts';

const SALT = new Uint8Array(8).fill(3);

describe('a comparison', () => {
  test('answers thousands of overlapping lists no more than a few times over', () => {
    const entries = Array.from({ length: 1_000 }, (_, peer) => ({
      prefix: (peer * 4_294_967) >>> 0,
      peer,
      record: { idHigh: peer, idLow: peer, deltaBase: null },
    }));
    const empty = new Uint8Array(0);
    const bomb = Array.from({ length: 5_000 }, () => ({
      prefix: 0,
      digits: 0,
      fingerprints: empty,
      ids: empty,
    }));
    const once = new RecordTrie(entries, SALT).answer(bomb.slice(0, 1), () => true);
    expect(once.lacking.length).toBe(1_000);
    const answer = new RecordTrie(entries, SALT).answer(bomb, () => true);
    expect(answer.lacking.length).toBeLessThanOrEqual(4_000);
  });
});

describe('forged changes', () => {
  test('use up nothing of what their originator may change', () => {
    const rig = new LinkStateRig({ shared: false });
    for (let i = 0; i < 3; i += 1) rig.add();
    rig.join(0, 1);
    rig.join(0, 2);
    rig.run(5_000);
    rig.fault = () => {};
    const victim = rig.key(2);
    const port = rig.portTo(0, 1);
    const { database } = rig.state(0);
    for (let change = 0; change < 40; change += 1) {
      const held = database.get(victim);
      expect(held).toBeDefined();
      const { record } = held!.signed;
      const sequence = record.sequence + BigInt(1_000 + change);
      const forged = signRecord(primitives, rigIdentity(1), NETWORK, { ...record, sequence });
      const writer = new UpdateWriter();
      writer.record(forged.payload, 5);
      rig.state(0).receive('update', writer.finish(FRESH_BUFFERS)!, port);
      rig.run(20);
    }
    rig.state(2).reweigh(rig.portTo(2, 0), 321);
    rig.spread(2);
    rig.run(3_000);
    const told = database.get(victim)?.signed.record.neighbours[0]?.weight;
    expect(told).toBe(321);
  });
});

describe('a proof of two contents', () => {
  test('bans its signer once', () => {
    const database = new LinkStateDatabase(new RecordPool(primitives, NETWORK, 1));
    const liar = rigIdentity(1).publicKey;
    expect(database.quarantine(liar, 7n, 0)).toBe(true);
    expect(database.quarantine(liar, 7n, 1)).toBe(false);
    database.age(QUARANTINE_MS + 1);
    expect(database.isQuarantined(liar)).toBe(false);
    expect(database.quarantine(liar, 7n, QUARANTINE_MS + 2)).toBe(false);
    expect(database.quarantine(liar, 8n, QUARANTINE_MS + 3)).toBe(true);
  });
});
