import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat } from '../core/bytes.ts';
import {
  decodeFailedLinks,
  encodeFailedLinks,
  FAILED_LINKS_MAX,
  OWNER_PREFIX_BYTES,
  type FailedLink,
} from './failed-links.ts';
import { encodePorts, PORT_MAX } from './ports.ts';

const links: fc.Arbitrary<FailedLink[]> = fc.array(
  fc.record({
    owner: fc.uint8Array({ minLength: OWNER_PREFIX_BYTES, maxLength: OWNER_PREFIX_BYTES }),
    port: fc.integer({ min: 1, max: PORT_MAX }),
  }),
  { maxLength: FAILED_LINKS_MAX },
);
const hops = fc.array(fc.integer({ min: 1, max: PORT_MAX }), { maxLength: 20 });

describe('failed links behind a route', () => {
  test('survive their encoding, whatever the hops before', () => {
    fc.assert(
      fc.property(hops, links, (ports, failed) => {
        const route = concat(encodePorts(ports), encodeFailedLinks(failed));
        expect(decodeFailedLinks(route)).toEqual(failed);
      }),
    );
  });

  test('behind a malformed hop are none', () => {
    expect(decodeFailedLinks(Uint8Array.of(0x80, 0x05))).toBeNull();
  });
});
