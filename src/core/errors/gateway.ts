export const gatewayErrors = {
  GATEWAY_PEER_UNKNOWN: {
    message: 'no gateway that the bridges lead to reaches {peer}',
    cause:
      'No gateway that a bridge leads to has announced that peer, or the announcement ran out.',
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
  GATEWAY_PRESENCE_MALFORMED: {
    message: 'a presence record is malformed: {detail}',
    cause:
      'The other gateway sent a record that is not canonical, is too long or names peers out of order.',
    cure: 'Update the other gateway, or remove it from gateway.join.',
  },
  GATEWAY_PRESENCE_FORGED: {
    message: 'a presence record of {gateway} came with a wrong signature',
    cause: 'Somebody claims to be a gateway that it is not.',
    cure: 'Remove the neighbour from gateway.join; its link was closed.',
  },
} as const;
