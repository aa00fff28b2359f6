import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { locationOf, parseMobility, parsePosition } from './place.ts';

describe('places', () => {
  test('what is written is read', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -9000, max: 9000 }),
        fc.integer({ min: -18_000, max: 18_000 }),
        (x, y) => {
          expect(parsePosition(`${x / 100}, ${y / 100}`)).toEqual({ x: x / 100, y: y / 100 });
        },
      ),
    );
  });

  test.each(['', '52', '91,0', '0,181', '1,2,3', 'x,y', '1e3,2', 'NaN,1'])(
    'no position: %s',
    (text) => {
      expect(parsePosition(text)).toBeNull();
    },
  );

  test.each([
    ['static', { kind: 'static' }],
    ['random:1.4', { kind: 'random', speed: 1.4 }],
    ['linear:2,90', { kind: 'linear', speed: 2, heading: 90 }],
    ['circular:-3,52.5,13.4', { kind: 'circular', speed: -3, centre: { x: 52.5, y: 13.4 } }],
    [
      'commuter:8,52.5,13.4,600',
      { kind: 'commuter', speed: 8, other: { x: 52.5, y: 13.4 }, pauseMs: 600_000 },
    ],
  ])('%s', (text, mobility) => {
    expect(parseMobility(text)).toEqual(mobility);
  });

  test.each([
    'static:1',
    'random',
    'random:-1',
    'linear:1',
    'linear:1,361',
    'circular:1,2',
    'commuter:1,2,3',
    'flying:1',
  ])('no mobility: %s', (text) => {
    expect(parseMobility(text)).toBeNull();
  });

  test('a location needs a position', () => {
    expect(locationOf('', 'static', 5)).toBeNull();
    expect(locationOf('1,2', 'static', 5)).toEqual({
      planar: false,
      position: { x: 1, y: 2 },
      atMs: 5,
      mobility: { kind: 'static' },
    });
  });
});
