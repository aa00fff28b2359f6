import { describe, expect, test } from 'vitest';
import { memberReportsOf } from '../../../test/suites/member-reports-rig.ts';
import { lostGroups, type MemberFate } from './lost-groups.ts';
import { GATEWAY, mutualLinks, NO_RELAY, reachedFrom } from './member-links.ts';

interface Found {
  readonly members: string;
  readonly cause: string;
  /** As `near-far`. */
  readonly missing: readonly string[];
}

function text(peer: Uint8Array): string {
  return new TextDecoder().decode(peer);
}

function found(
  lines: readonly string[],
  flags: Readonly<Record<string, number>> = {},
  fates: Readonly<Record<string, MemberFate>> = {},
  sideSize = 3,
): readonly Found[] {
  const members = memberReportsOf(lines, flags);
  const links = mutualLinks(members, false);
  const fateOf = (peer: Uint8Array): MemberFate => fates[text(peer)] ?? null;
  const reached = reachedFrom(members, links);
  return lostGroups(members, links, reached, fateOf, sideSize).map((group) => ({
    members: group.nodes.map((node) => text(members.peerOf(node))).join(''),
    cause: group.cause,
    missing: group.missing.map(({ near, far }) => `${text(near)}-${text(far)}`),
  }));
}

describe('what is lost', () => {
  test('is nothing while links lead everywhere', () => {
    expect(found(['a: b', 'b: a c', 'c: b'])).toEqual([]);
  });

  test('is no partition if it is one member alone, however many links it had', () => {
    expect(found(['a: b', 'b: a', 'c: a b'])).toEqual([]);
    expect(found(['a: b', 'b: a', 'c: a b', 'd: a b'])).toEqual([]);
  });

  test('is a partition where several still report links among themselves', () => {
    expect(found(['a: b', 'b: a', 'c: b d', 'd: c a'])).toEqual([
      { members: 'cd', cause: 'link-failure', missing: ['b-c', 'a-d'] },
    ]);
  });

  test('is no partition where all of them are known to be dead or gone', () => {
    const lines = ['a: b e', 'b: a', 'c: a b d', 'd: a b c', 'e: a'];
    const whole = [{ members: 'cd', cause: 'link-failure' }];
    expect(found(lines)).toMatchObject(whole);
    expect(found(lines, {}, { c: 'dead' })).toMatchObject(whole);
    expect(found(lines, {}, { c: 'dead', d: 'dead' })).toEqual([]);
    expect(found(lines, {}, { c: 'left', d: 'dead' })).toEqual([]);
  });

  test('is one where as many are out of reach as were reached: both sides of a whole mesh find the other one dead', () => {
    const lines = ['a: b', 'b: a', 'c: a b d', 'd: a b c'];
    expect(found(lines, {}, { c: 'dead', d: 'dead' }, 2)).toMatchObject([{ members: 'cd' }]);
    expect(found(lines, {}, { c: 'left', d: 'dead' }, 2)).toMatchObject([{ members: 'cd' }]);
    expect(found(lines, {}, { c: 'left', d: 'left' }, 2)).toEqual([]);
  });

  test('falls apart into groups, the largest first', () => {
    const lines = ['a: ', 'b: c', 'c: b', 'd: e f', 'e: d', 'f: d'];
    expect(found(lines).map(({ members }) => members)).toEqual(['def', 'bc']);
  });

  test('was lost with the member by which it was reached, if all missing links led there', () => {
    const lines = ['a: b', 'b: a', 'c: a b d', 'd: c e', 'e: d'];
    const missing = ['a-c', 'b-c'];
    expect(found(lines)).toEqual([{ members: 'cde', cause: 'node-failure', missing }]);
    expect(found(lines, { c: GATEWAY })).toMatchObject([{ cause: 'gateway-gone', missing }]);
    expect(found(lines, {}, { c: 'left' })).toMatchObject([{ cause: 'departure' }]);
  });

  test('was lost with a link, if that was the only one, unless its end is known to be dead', () => {
    const lines = ['a: b', 'b: a', 'c: b d', 'd: c'];
    expect(found(lines)).toEqual([{ members: 'cd', cause: 'link-failure', missing: ['b-c'] }]);
    expect(found(lines, {}, { c: 'dead' })).toMatchObject([{ cause: 'node-failure' }]);
  });

  test('is everybody to a node whose own links are gone', () => {
    expect(found(['a: ', 'b: a c', 'c: b'])).toMatchObject([
      { members: 'bc', cause: 'own-links-gone' },
    ]);
  });

  test('has no known cause where no record tells of a link', () => {
    expect(found(['a: b', 'b: a', 'c: d', 'd: c'])).toEqual([
      { members: 'cd', cause: 'unknown', missing: [] },
    ]);
  });

  test('is not reached over a link that one end alone reports', () => {
    expect(found(['a: b c', 'b: a', 'c: d', 'd: c'])).toEqual([
      { members: 'cd', cause: 'unknown', missing: [] },
    ]);
  });

  test('is what lies beyond a member that passes nothing on', () => {
    const lines = ['a: b', 'b: a c', 'c: b d', 'd: c'];
    expect(found(lines, { b: NO_RELAY }).map(({ members }) => members)).toEqual(['cd']);
    // Its own word on itself does not keep a node from its neighbours.
    expect(found(lines, { a: NO_RELAY })).toEqual([]);
  });
});
