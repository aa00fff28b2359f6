import { describe, expect, test } from 'vitest';
import { FEATURE_ID_MAX, featureById, FEATURES, greaseId, isGrease } from './features.ts';
import { compareVersions, formatVersion } from './protocol-version.ts';

describe('features', () => {
  test('came with the versions that the protocol names', () => {
    expect(FEATURES.map(({ name, since }) => `${name} ${formatVersion(since)}`)).toEqual([
      'BasicMesh 1.0.0',
      'GatewayNodes 1.1.0',
      'EnhancedRouting 1.2.0',
      'CompressionV2 1.3.0',
      'ProofOfRelay 1.4.0',
      'CrossChainBridge 2.0.0',
    ]);
  });

  test('ascend by version and id, none reserved', () => {
    for (const [index, feature] of FEATURES.entries()) {
      const next = FEATURES[index + 1];
      if (next !== undefined) {
        expect(feature.id).toBeLessThan(next.id);
        expect(compareVersions(feature.since, next.since)).toBeLessThan(0);
      }
      expect(isGrease(feature.id)).toBe(false);
      expect(feature.min).toBeLessThanOrEqual(feature.max);
      expect(featureById(feature.id)).toBe(feature);
    }
  });

  test('sixteen ids are reserved, those of RFC 8701', () => {
    const reserved: number[] = [];
    for (let id = 0; id <= FEATURE_ID_MAX; id += 1) if (isGrease(id)) reserved.push(id);
    expect(reserved).toEqual(Array.from({ length: 16 }, (_, choice) => greaseId(choice)));
    expect([reserved[0], reserved[1], reserved[15]]).toEqual([0x0a0a, 0x1a1a, 0xfafa]);
  });
});
