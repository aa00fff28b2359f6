import { describe, expect, test } from 'vitest';
import {
  acksBeforeReply,
  acksOfArrived,
  headersOfSent,
  newWireState,
  overdueAcks,
} from './wire-model.ts';

describe('wire model', () => {
  test('a frame alone takes one record and one segment', () => {
    expect(headersOfSent(newWireState(), 9, 0)).toBe(22 + 52);
  });

  test('frames of one instant share them; those of another do not', () => {
    const state = newWireState();
    const headers = [1, 1, 1, 2].map((atMs) => headersOfSent(state, 600, atMs));
    // 1 812 bytes with prefixes need a second segment.
    expect(headers).toEqual([74, 0, 52, 74]);
  });

  test('a long frame takes a record for each 16 KiB and a segment for each 1 448 bytes', () => {
    const bytes = 40_000;
    const onWire = 4 + bytes + 3 * 22;
    expect(headersOfSent(newWireState(), bytes, 0)).toBe(3 * 22 + 52 * Math.ceil(onWire / 1448));
  });

  test('each second segment is acknowledged at once, a lone one after 40 ms', () => {
    const state = newWireState();
    expect(acksOfArrived(state, 9, 0)).toBe(0);
    expect(acksOfArrived(state, 9, 1)).toBe(1);
    expect(acksOfArrived(state, 9, 2)).toBe(0);
    expect(overdueAcks(state, 42)).toBe(0);
    expect(overdueAcks(state, 43)).toBe(1);
    expect(overdueAcks(state, 44)).toBe(0);
  });

  test('data the other way carries what is owed, unless it comes too late', () => {
    const state = newWireState();
    acksOfArrived(state, 9, 0);
    expect(acksBeforeReply(state, 5)).toBe(0);
    expect(overdueAcks(state, 100)).toBe(0);
    acksOfArrived(state, 9, 200);
    expect(acksBeforeReply(state, 300)).toBe(1);
    expect(acksOfArrived(state, 9, 400)).toBe(0);
  });
});
