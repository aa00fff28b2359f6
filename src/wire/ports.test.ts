import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ports } from '../../test/wire/arbitraries.ts';
import { decodePorts, encodePorts, PORT_MAX, readPort } from './ports.ts';

describe('ports', () => {
  test('a run of ports survives its encoding', () => {
    fc.assert(
      fc.property(ports, (run) => {
        expect(decodePorts(encodePorts(run))).toEqual(run);
      }),
    );
  });

  test('what decodes is the only encoding of its ports', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (route) => {
        const run = decodePorts(route);
        if (run !== null) expect(encodePorts(run)).toEqual(route);
      }),
    );
  });

  test('reading port by port visits every port and ends at the end', () => {
    fc.assert(
      fc.property(ports, (run) => {
        const route = encodePorts(run);
        let cursor = 0;
        for (const port of run) {
          const read = readPort(route, cursor);
          expect(read?.port).toBe(port);
          cursor = read?.next ?? -1;
        }
        expect(cursor).toBe(route.length);
        expect(readPort(route, cursor)).toBeNull();
      }),
    );
  });

  test('a port below 128 takes one byte, others two', () => {
    expect(encodePorts([127])).toHaveLength(1);
    expect(encodePorts([128])).toHaveLength(2);
    expect(encodePorts([PORT_MAX])).toEqual(Uint8Array.of(0xff, 0xff));
  });

  test.each([-1, PORT_MAX + 1, 1.5, Number.NaN])('port %d is a caller’s bug', (port) => {
    expect(() => encodePorts([port])).toThrow('15 bits');
  });
});
