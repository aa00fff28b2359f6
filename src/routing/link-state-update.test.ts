import { FRESH_BUFFERS } from '../wire/frame.ts';
import { create, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unwrap } from '../core/errors.ts';
import { LinkStateUpdateSchema } from '../wire/gen/bitcraps/v1/link_state_pb.ts';
import { decodeUpdate, pathAt, UPDATE_BYTES_MAX, UpdateWriter } from './link-state-update.ts';

const bytes = fc.uint8Array({ minLength: 1, maxLength: 300 });
const word = fc.nat(0xffff_ffff);
const ids = fc.array(fc.tuple(word, word), { maxLength: 5 });
const trie = fc.record({
  prefix: fc.nat(255),
  digits: fc.constant(2),
  size: fc.constantFrom(8, 128),
});
const contents = fc.record({
  records: fc.array(fc.tuple(bytes, fc.nat(0xffff)), { maxLength: 4 }),
  deltas: fc.array(fc.tuple(bytes, fc.nat(0xffff)), { maxLength: 4 }),
  have: fc.array(word, { maxLength: 5 }),
  want: fc.array(word, { maxLength: 5 }),
  wantFull: ids,
  tree: fc.constantFrom('prune', 'graft', null),
  tries: fc.array(trie, { maxLength: 3 }),
  proofs: fc.array(fc.tuple(bytes, bytes), { maxLength: 2 }),
});

function packed(words: readonly (number | readonly number[])[]): Uint8Array {
  const flat = words.flat();
  const out = new Uint8Array(4 * flat.length);
  const view = new DataView(out.buffer);
  flat.forEach((value, i) => view.setUint32(4 * i, value));
  return out;
}

describe('updates', () => {
  test('are the bytes of their schema, and are read back', () => {
    fc.assert(
      fc.property(contents, (content) => {
        const salt = new Uint8Array(8).fill(3);
        const writer = new UpdateWriter();
        if (content.tree === 'prune') writer.prune();
        if (content.tree === 'graft') writer.graft();
        for (const [record, path] of content.records) writer.record(record, path);
        for (const [delta, path] of content.deltas) writer.delta(delta, path);
        for (const id of content.have) writer.have(id);
        for (const id of content.want) writer.want(id);
        for (const [high, low] of content.wantFull) writer.wantFull(high, low);
        const tries = content.tries.map(({ prefix, digits, size }) => ({
          prefix,
          digits,
          fingerprints: new Uint8Array(size).fill(9),
          ids: new Uint8Array(0),
        }));
        for (const node of tries) writer.trie(node, salt);
        for (const [one, other] of content.proofs) writer.proof({ one, other });
        const written = writer.finish(FRESH_BUFFERS) ?? new Uint8Array(0);

        const paths = [...content.records, ...content.deltas].map(([, path]) => path);
        const encoded = toBinary(
          LinkStateUpdateSchema,
          create(LinkStateUpdateSchema, {
            records: content.records.map(([record]) => record),
            deltas: content.deltas.map(([delta]) => delta),
            paths: paths.every((path) => path === 0)
              ? new Uint8Array(0)
              : Uint8Array.from(paths.flatMap((path) => [path >> 8, path & 0xff])),
            have: packed(content.have),
            want: packed(content.want),
            wantFull: packed(content.wantFull),
            tree: content.tree === null ? 0 : content.tree === 'prune' ? 1 : 2,
            salt: content.tries.length > 0 ? 0x0303_0303_0303_0303n : 0n,
            tries,
            proofs: content.proofs.map(([one, other]) => ({ one, other })),
          }),
        );
        expect(written).toEqual(encoded);

        const read = unwrap(decodeUpdate(written));
        const part = ({ start, end }: { start: number; end: number }): Uint8Array =>
          written.slice(start, end);
        expect(read.records.map(part)).toEqual(content.records.map(([record]) => record));
        expect(read.deltas.map(part)).toEqual(content.deltas.map(([delta]) => delta));
        expect(paths.map((_, i) => pathAt(read, i))).toEqual(paths);
        expect([read.have, read.want, read.wantFull].map(part)).toEqual(
          [content.have, content.want, content.wantFull].map((words) => packed(words)),
        );
        expect([read.prune, read.graft]).toEqual([
          content.tree === 'prune',
          content.tree === 'graft',
        ]);
        expect(read.tries).toEqual(tries);
      }),
    );
  });

  test('fields of a later version are passed over', () => {
    const writer = new UpdateWriter();
    writer.have(1);
    // Field 200, two bytes.
    const later = Uint8Array.of(...(writer.finish(FRESH_BUFFERS) ?? []), 0xc2, 0x0c, 2, 1, 2);
    const read = unwrap(decodeUpdate(later));
    expect(read.have.end - read.have.start).toBe(4);
  });

  test.each<[string, Uint8Array]>([
    ['an id cut short', Uint8Array.of(0x22, 3, 1, 2, 3)],
    ['paths without records', Uint8Array.of(0x1a, 2, 0, 1)],
    ['a trie without a salt', Uint8Array.of(0x4a, 0)],
    ['a field past the end', Uint8Array.of(0x0a, 9, 1)],
    ['a prefix longer than a word', Uint8Array.of(0x41, 1, 1, 1, 1, 1, 1, 1, 1, 0x4a, 2, 0x10, 9)],
    ['half a proof', Uint8Array.of(0x52, 3, 0x0a, 1, 1)],
    ['more than the bound', new Uint8Array(UPDATE_BYTES_MAX + 1)],
  ])('%s is malformed', (_, payload) => {
    expect(decodeUpdate(payload)).toMatchObject({
      error: { code: 'ROUTING_UPDATE_MALFORMED' },
    });
  });
});
