export const gatewayErrors = {
  GATEWAY_PEER_UNKNOWN: {
    message: 'no connected gateway reaches {peer}',
    cause:
      'No gateway that this one is connected to has announced that peer, or the announcement ran out.',
    cure: 'Wait until the peer or its gateway is back; `bitcraps gateways` lists who is reachable through whom.',
  },
  GATEWAY_QUEUE_FULL: {
    message: 'the queue towards gateway {gateway} is full: {bytes} bytes wait',
    cause: 'Traffic towards the other mesh arrives faster than the link carries it.',
    cure: 'Send less or later; the sender may retry.',
  },
  GATEWAY_HOPS_EXHAUSTED: {
    message: 'a packet has no hops left at the gateway',
    cause: 'The packet took more hops than its sender allowed, or circles between gateways.',
    cure: 'Check that meshes do not announce each other as their own.',
  },
  GATEWAY_FRAME_UNEXPECTED: {
    message: 'a gateway sent a frame of type {type}, which a bridge does not carry',
    cause: 'The other side speaks a different protocol on a bridge link, or is hostile.',
    cure: 'Update the other gateway, or remove it from gateway.join.',
  },
  GATEWAY_PRESENCE_MALFORMED: {
    message: 'a presence record is malformed: {detail}',
    cause:
      'The other gateway sent a record that is not canonical, is too long or names peers out of order.',
    cure: 'Update the other gateway, or remove it from gateway.join.',
  },
  GATEWAY_PRESENCE_FORGED: {
    message:
      'a presence record of {gateway} came with a wrong signature or over the link of another gateway',
    cause: 'Somebody claims to be a gateway that it is not.',
    cure: 'Remove the neighbour from gateway.join; its link was closed.',
  },
  GATEWAY_FEATURE_LACKING: {
    message: 'gateway {gateway} lacks GatewayNodes: {mode}',
    cause: 'The other side speaks a protocol version before 1.1, which has no gateways.',
    cure: 'Upgrade the other side to 1.1 or newer.',
  },
} as const;
