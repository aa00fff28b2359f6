export const routingErrors = {
  ROUTING_RECORD_MALFORMED: {
    message: 'a link-state record is malformed: {detail}',
    cause: 'A neighbour sent a record that does not decode or breaks a bound.',
    cure: 'Upgrade the neighbour; its link is closed if it goes on.',
  },
  ROUTING_RECORD_FORGED: {
    message: 'a link-state record of {originator} has a wrong signature',
    cause: 'The neighbour altered or made up a record, or it belongs to another network.',
    cure: 'Remove the neighbour; its link is closed if it goes on.',
  },
  ROUTING_DIGEST_MALFORMED: {
    message: 'a link-state digest is malformed: {detail}',
    cause: 'A neighbour sent a digest that does not decode or breaks a bound.',
    cure: 'Upgrade the neighbour; its link is closed if it goes on.',
  },
  ROUTING_UPDATE_MALFORMED: {
    message: 'a link-state update is malformed: {detail}',
    cause: 'A neighbour sent an update that does not decode, breaks a bound, or was not agreed on.',
    cure: 'Upgrade the neighbour; its link is closed if it goes on.',
  },
  ROUTING_TTL_EXHAUSTED: {
    message: 'a packet has no hops left',
    cause: 'The packet crossed more links than its source allowed.',
    cure: 'Nothing to do: the source sends again over the route that it knows now.',
  },
  ROUTING_PORT_UNKNOWN: {
    message: 'the next port of the route has no link',
    cause: 'The link of that port is down, and no other way leads on from there.',
    cure: 'Nothing to do: the source learns of it and takes another route where there is one.',
  },
  ROUTING_ROUTE_EXHAUSTED: {
    message: 'the route ends here and the packet is for another node',
    cause: 'The source took this node for a gateway, or wrote a route that leads elsewhere.',
    cure: 'Nothing to do: the source learns of it and takes another route.',
  },
  ROUTING_ROUTE_MALFORMED: {
    message: 'the route of a packet is malformed',
    cause: 'The source or a relay wrote a run of ports that does not decode.',
    cure: 'Upgrade the node that sends them.',
  },
  ROUTING_PACKET_DUPLICATE: {
    message: 'a packet came twice',
    cause: 'A relay repeated a packet, or it went in a circle.',
    cure: 'Nothing to do: the second copy is dropped.',
  },
  ROUTING_ROUTE_TOO_LONG: {
    message: 'the route to {destination} takes {bytes} bytes, more than {bytesMax}',
    cause: 'The peer is too many hops away: a route has at most 255 bytes of ports.',
    cure: 'Add links that shorten the way, or split the mesh and join the parts by gateways.',
  },
  ROUTING_LINK_STATE_FULL: {
    message: 'no room for the link-state record of {originator}: {recordsMax} nodes are known',
    cause: 'The mesh has more members than one link-state area holds.',
    cure: 'Split the mesh and join the parts by gateways.',
  },
} as const;
