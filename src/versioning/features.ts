// The table of features, and the ids that stand for none: GREASE (RFC 8701) keeps every peer used to unknown ids.

import type { ProtocolVersion } from './protocol-version.ts';

export type FeatureName =
  | 'BasicMesh'
  | 'GatewayNodes'
  | 'EnhancedRouting'
  | 'CompressionV2'
  | 'ProofOfRelay'
  | 'CrossChainBridge';

export interface Feature {
  /** 1…65535, for ever the same; never a reserved id. */
  readonly id: number;
  readonly name: FeatureName;
  /** What it changes between two nodes. */
  readonly about: string;
  /** The first version that has it. */
  readonly since: ProtocolVersion;
  /** The revisions of the feature that this build speaks. */
  readonly min: number;
  readonly max: number;
  /** Whether this build has it. A Hello never offers one that it has not. */
  readonly implemented: boolean;
  /** Whether no link can do without it. */
  readonly required: boolean;
  /** Whether it stays active between two majors (mode Legacy). */
  readonly baseline: boolean;
}

const optional = { min: 1, max: 1, required: false, baseline: false } as const;

/** Ascending by version and by id. */
export const FEATURES: readonly Feature[] = [
  {
    id: 1,
    name: 'BasicMesh',
    about: 'packets and link state between the members of a mesh',
    since: { major: 1, minor: 0, patch: 0 },
    min: 1,
    max: 1,
    implemented: true,
    required: true,
    baseline: true,
  },
  {
    ...optional,
    id: 2,
    name: 'GatewayNodes',
    about: 'bridges between meshes',
    since: { major: 1, minor: 1, patch: 0 },
    // Revision 2: bridges carry link state and presence of third gateways.
    max: 2,
    implemented: true,
  },
  {
    ...optional,
    id: 3,
    name: 'EnhancedRouting',
    about: 'links weighed by what is measured on them instead of by hops',
    since: { major: 1, minor: 2, patch: 0 },
    // Revision 2: link state as an epidemic tree of deltas, quiet listeners, feedback on flows.
    max: 2,
    implemented: true,
  },
  {
    ...optional,
    id: 4,
    name: 'CompressionV2',
    about: 'Zstandard on end-to-end bodies past 128 bytes',
    since: { major: 1, minor: 3, patch: 0 },
    implemented: true,
  },
  {
    ...optional,
    id: 5,
    name: 'ProofOfRelay',
    about: 'receipts for relayed traffic',
    since: { major: 1, minor: 4, patch: 0 },
    implemented: false,
  },
  {
    ...optional,
    id: 6,
    name: 'CrossChainBridge',
    about: 'value moved between casinos',
    since: { major: 2, minor: 0, patch: 0 },
    implemented: false,
  },
];

export const FEATURE_ID_MAX = 0xffff;

/** The feature with this id, or `undefined` for one that this build has never heard of. */
export function featureById(id: number): Feature | undefined {
  return FEATURES.find((feature) => feature.id === id);
}

/** Whether the id is one of the sixteen reserved ones: 0x0a0a, 0x1a1a, … 0xfafa. They never count. */
export function isGrease(id: number): boolean {
  return (id & 0x0f0f) === 0x0a0a && id >> 8 === (id & 0xff);
}

/** One of the sixteen reserved ids, by `choice` 0…15. */
export function greaseId(choice: number): number {
  return 0x0a0a + (choice & 0x0f) * 0x1010;
}
