export const dhtErrors = {
  DHT_VALUE_TOO_LONG: {
    message: 'a record of {bytes} bytes is longer than the {bytesMax} that the table keeps',
    cause: 'A record of the distributed table fits into one UDP packet.',
    cure: 'Write less into the record; report it as a bug if a node did this by itself.',
  },
  DHT_SEQUENCE_INVALID: {
    message: 'no record can have the sequence number {sequence}',
    cause: 'The sequence number of a record is a whole number from 1 to 2^53 − 1.',
    cure: 'Report it as a bug: nodes count their records from 1.',
  },
  DHT_SEQUENCE_STALE: {
    message: 'the table holds record {held} already, and {sequence} does not replace it',
    cause:
      'A record with a higher number, or another one with the same number, was written before: perhaps by a second node with the same identity, or before the state folder was restored.',
    cure: 'Look for another node with the same identity; the writer may go on from the number that is held.',
  },
  DHT_UNREACHABLE: {
    message: 'no node of the distributed table answered: {detail}',
    cause: 'The bootstrap nodes are down or unreachable, or UDP is blocked.',
    cure: 'Check the addresses of the bootstrap nodes, that they run, and that the firewall lets UDP through.',
  },
  DHT_BOOTSTRAP_INVALID: {
    message: 'not a bootstrap node: {address}',
    cause:
      'A bootstrap node is written as host:port with an IPv4 address or a name, and at least one is needed.',
    cure: 'Write for example 192.0.2.7:49737; run one with a fixed address and port if there is none.',
  },
  DHT_RECORD_FORGED: {
    message: 'a record of {peer} for the distributed table is not signed by it for this network',
    cause: 'Somebody passes off a record as that of another peer, or it is of another network.',
    cure: 'Nothing was written. Find out who gave the record.',
  },
} as const;
