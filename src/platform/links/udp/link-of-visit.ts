// The link of somebody whom the gate let in: it is asked once more when the identity is proved, watches what waits in the
// link, and hears how it ended.

import { BitcrapsError } from '../../../core/errors.ts';
import type { Visit } from '../../../env/admission.ts';
import type { Introduced } from './introduction.ts';
import type { StreamEnd } from './stream-end.ts';
import type { LinkEnds, UdpNode } from './udp-node.ts';

/** Throws `LINK_HANDSHAKE_FAILED` if the gate refuses the identity. */
export function linkOfVisit(
  node: UdpNode,
  introduced: Introduced,
  ends: LinkEnds,
  visit: Visit,
): StreamEnd {
  const reason = visit.prove(introduced.remoteKey);
  if (reason !== null) {
    visit.leave();
    node.logger.warn('links-refused', { address: ends.remoteAddress, reason });
    throw new BitcrapsError('LINK_HANDSHAKE_FAILED', { detail: reason });
  }
  const link = node.linkOf(introduced, ends, ({ code }) => {
    if (code === 'LINK_FRAME_TOO_LONG') visit.fail('frame-oversized');
    else visit.leave();
  });
  visit.holds({
    get bufferedBytes() {
      return link.bufferedBytes;
    },
    get writtenBytes() {
      return link.writtenBytes;
    },
    shed: () => link.destroy({ code: 'LINK_STALLED', detail: 'it took its bytes too slowly' }),
  });
  return link;
}
