export const wireErrors = {
  WIRE_PACKET_TRUNCATED: {
    message: 'a packet of {bytes} bytes is shorter than its header',
    cause: 'A neighbour sent a packet that ends inside the fixed header.',
    cure: 'The packet was dropped; if it repeats, update the neighbour or remove it.',
  },
  WIRE_PACKET_VERSION: {
    message: 'a packet has wire version {version}, which this build does not speak',
    cause: 'A neighbour sent a packet of a wire version that was not negotiated.',
    cure: 'Bring both nodes to versions that negotiate; `bitcraps negotiate A B` tells.',
  },
  WIRE_PACKET_TYPE: {
    message: 'a packet has the reserved type {type}',
    cause: 'Type 0 is never sent.',
    cure: 'The packet was dropped; if it repeats, update the neighbour or remove it.',
  },
  WIRE_PACKET_CURSOR: {
    message: 'a packet points at byte {cursor} of a route of {routeBytes} bytes',
    cause: 'The route cursor lies past the end of the route.',
    cure: 'The packet was dropped; if it repeats, update the neighbour or remove it.',
  },
  WIRE_PACKET_LENGTH: {
    message: 'a packet has {bytes} bytes where its header says {expected}',
    cause: 'The packet was cut short, or something was appended to it.',
    cure: 'The packet was dropped; if it repeats, update the neighbour or remove it.',
  },
  WIRE_PACKET_BODY_TOO_LONG: {
    message: 'a packet announces a body of {bodyBytes} bytes, more than {bodyBytesMax}',
    cause: 'The sender does not keep to the bound on packet bodies.',
    cure: 'Send smaller messages; the packet was dropped.',
  },
  WIRE_FRAME_EMPTY: {
    message: 'a frame is empty',
    cause: 'A frame holds at least its type byte.',
    cure: 'Update the neighbour that sent it.',
  },
  WIRE_FRAME_UNKNOWN_TYPE: {
    message: 'a frame has the unknown type {type}',
    cause: 'The neighbour uses a frame type that this version does not know.',
    cure: 'Update this node, or the neighbour if it sends types that were not negotiated.',
  },
  WIRE_FRAME_TOO_LONG: {
    message: 'a frame announces {frameBytes} bytes, more than {frameBytesMax}',
    cause:
      'The neighbour exceeds the limit that this node stated, or it does not speak this protocol.',
    cure: 'Check that the address belongs to a BitCraps node; update the neighbour if it does.',
  },
  WIRE_BODY_MALFORMED: {
    message: 'not a {message}: {detail}',
    cause: 'The bytes of a message do not follow its schema.',
    cure: 'Update the node that sent it.',
  },
  WIRE_BODY_NOT_CANONICAL: {
    message: 'the bytes of a {message} are not in canonical form',
    cause: 'What is signed or hashed has exactly one encoding, and the sender wrote another.',
    cure: 'Update the node that sent it.',
  },
} as const;
