// Which frame type carries which kind of link-state frame.

import type { LinkStateFrameKind } from '../routing/link-state.ts';
import { FrameType } from '../wire/frame.ts';

type LinkStateFrameType =
  | typeof FrameType.linkState
  | typeof FrameType.linkStateDigest
  | typeof FrameType.linkStateUpdate;

export const LINK_STATE_TYPE: Readonly<Record<LinkStateFrameKind, LinkStateFrameType>> = {
  record: FrameType.linkState,
  digest: FrameType.linkStateDigest,
  update: FrameType.linkStateUpdate,
};

export const LINK_STATE_KIND: Readonly<Record<LinkStateFrameType, LinkStateFrameKind>> = {
  [FrameType.linkState]: 'record',
  [FrameType.linkStateDigest]: 'digest',
  [FrameType.linkStateUpdate]: 'update',
};
