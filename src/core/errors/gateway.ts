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
  GATEWAY_CREDIT_EXHAUSTED: {
    message: '{peer} has {bytes} bytes under way or unpaid, its credit is {bytesMax}',
    cause:
      'The peer, or all traffic to or from one gateway, has as much unacknowledged or unpaid as it is trusted with.',
    cure: 'Send less, or wait: acknowledgements and payments give credit back, and acknowledged traffic enlarges it.',
  },
  GATEWAY_PRICE_MALFORMED: {
    message: 'a price is malformed: {detail}',
    cause: 'The other gateway sent a price that is not canonical or out of range.',
    cure: 'Update the other gateway, or choose another one.',
  },
  GATEWAY_PRICE_FORGED: {
    message: 'a price of {gateway} came with a wrong signature',
    cause: 'Somebody claims to speak for a gateway that it is not.',
    cure: 'None is needed: the price was not believed.',
  },
  GATEWAY_PRICE_NOTICE: {
    message: 'gateway {gateway} changed its price without notice: {detail}',
    cause: 'A gateway must announce a price before it takes effect, and keep to what it announced.',
    cure: 'Choose another gateway; the earlier price counts until its validity ends.',
  },
  GATEWAY_PRICE_PENDING: {
    message: 'another price is announced already and takes effect in {inMs} ms',
    cause: 'An announced price is a promise; one change at a time can be announced.',
    cure: 'Announce the next change once this one is in force.',
  },
  GATEWAY_PRICE_INVALID: {
    message: 'a price per MiB is 0 to 1 000 000 CRAP',
    cause: 'A price is negative or too high.',
    cure: 'Ask for a price within the bounds.',
  },
  GATEWAY_LIMIT_INVALID: {
    message: 'the limit {limit} must be {expected}',
    cause:
      'A limit of the admission gate was set to a value that it cannot have; none was changed.',
    cure: 'Correct the value in the [limits] section of the configuration, and load it again.',
  },
  GATEWAY_OFFER_MALFORMED: {
    message: 'the offer of a gateway is malformed: {detail}',
    cause:
      'A gateway says something about itself that is out of range, too long or no offer at all.',
    cure: 'Update the gateway; until then it is chosen by what is measured of it alone.',
  },
  GATEWAY_OFFER_FORGED: {
    message: 'an offer said to be of gateway {gateway} is not signed by it',
    cause: 'Somebody speaks for a gateway that it is not, or the offer was changed on its way.',
    cure: 'Nothing: the offer was refused.',
  },
  GATEWAY_BANDWIDTH_INVALID: {
    message: 'the limit {name} cannot be {value} Mbit/s: {mbpsMin} to {mbpsMax}',
    cause: 'A bandwidth limit is not a number, or out of range.',
    cure: 'Give it in Mbit/s within the range, or leave it out for no limit.',
  },
  GATEWAY_HOME_MALFORMED: {
    message: "a peer's home is malformed: {detail}",
    cause: 'The record is of another version, has run out, or lasts longer than any may.',
    cure: 'Check the clock of the peer, and upgrade it.',
  },
} as const;
