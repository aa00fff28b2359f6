import fc from 'fast-check';
import { expect, test } from 'vitest';
import { detourCount, FLAG_CONGESTION, withDetourCount } from './packet.ts';
import { TrafficClass, trafficClassOf, withTrafficClass } from './traffic-class.ts';

const flags = fc.integer({ min: 0, max: 255 });
const classes = fc.constantFrom(...Object.values(TrafficClass));

test('the class is bits 3 and 4 of the flags', () => {
  expect(withTrafficClass(0, TrafficClass.game)).toBe(0x08);
  expect(withTrafficClass(0, TrafficClass.bulk)).toBe(0x10);
  expect(withTrafficClass(0, TrafficClass.control)).toBe(0x18);
});

test('a class is read as it was written, and leaves all other flags as they are', () => {
  fc.assert(
    fc.property(flags, classes, fc.integer({ min: 0, max: 3 }), (before, trafficClass, detours) => {
      const after = withTrafficClass(before, trafficClass);
      expect(trafficClassOf(after)).toBe(trafficClass);
      expect(after & ~0x18).toBe(before & ~0x18);
      expect(trafficClassOf(withDetourCount(after, detours))).toBe(trafficClass);
      expect(detourCount(after)).toBe(detourCount(before));
      expect(after & FLAG_CONGESTION).toBe(before & FLAG_CONGESTION);
    }),
  );
});
