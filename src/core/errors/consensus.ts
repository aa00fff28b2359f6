export const consensusErrors = {
  CONSENSUS_STOPPED: {
    message: 'the ledger has been stopped',
    cause: 'The node was shutting down when the operation arrived.',
    cure: 'Start the node again and repeat the operation; it has not been applied.',
  },
  CONSENSUS_HALTED: {
    message: 'the ledger has halted: {reason}',
    cause: 'An invariant of the ledger was broken, so that it refuses to go on.',
    cure: 'Keep the state folder as it is, restart the node, and report this if it happens again.',
  },
  CONSENSUS_QUEUE_FULL: {
    message: '{pending} operations are waiting already',
    cause: 'Operations arrive faster than the ledger writes them.',
    cure: 'Repeat the operation in a moment; it has not been applied.',
  },
  CONSENSUS_OPERATION_TOO_LONG: {
    message: 'an operation of {bytes} bytes; at most {bytesMax} fit',
    cause: 'The operation is longer than any valid one.',
    cure: 'Use a client of the same version as the casino.',
  },
  CONSENSUS_BLOCK_TOO_LONG: {
    message: 'the effects of one operation need a block of {bytes} bytes; at most {bytesMax} fit',
    cause: 'One operation resolves more bets than a block can tell.',
    cure: 'Open tables with a lower bound of bets.',
  },
  CONSENSUS_BLOCK_MALFORMED: {
    message: 'not a block: {reason}',
    cause:
      'The bytes are cut off, changed, or written by a program that does not encode canonically.',
    cure: 'Fetch the block again from the casino.',
  },
  CONSENSUS_BLOCK_CHAIN: {
    message: 'block {height} belongs to another chain',
    cause: 'The block names a chain id other than the hash of this genesis.',
    cure: 'Fetch the blocks from the casino whose genesis you hold.',
  },
  CONSENSUS_BLOCK_HEIGHT: {
    message: 'block {height} where block {expected} must follow',
    cause: 'A block is missing, repeated or out of order.',
    cure: 'Fetch the missing blocks from the casino.',
  },
  CONSENSUS_BLOCK_PARENT: {
    message: 'block {height} does not follow the block before it',
    cause: 'The block names another parent: one of the two was replaced.',
    cure: 'Do not trust this chain; compare with another player who was there.',
  },
  CONSENSUS_BLOCK_TIME: {
    message: 'the time of block {height} is not after its parent’s',
    cause: 'The clock of the ledger ran backwards.',
    cure: 'Do not trust this chain.',
  },
  CONSENSUS_BLOCK_SIGNATURE: {
    message: 'block {height} is not signed by the operator',
    cause: 'The header was changed, or somebody else wrote it.',
    cure: 'Do not trust this chain.',
  },
  CONSENSUS_BLOCK_CONTENT: {
    message: 'the {part} of block {height} are not those that its header commits to',
    cause: 'Operations or effects were changed, added or left out after the block was signed.',
    cure: 'Do not trust this chain.',
  },
  CONSENSUS_OTHER_GENESIS: {
    message: 'the state folder holds another casino’s ledger',
    cause: 'The stored genesis differs from the one that the node was started with.',
    cure: 'Start with the state folder of this casino, or with an empty one.',
  },
  CONSENSUS_LOG_CORRUPT: {
    message: 'the stored ledger is damaged at block {height}: {reason}',
    cause:
      'Replaying the log did not give the recorded result: the disk lost or changed data, or the rules changed.',
    cure: 'Restore the state folder from a backup; use the version of bitcraps that wrote it.',
  },
  CONSENSUS_STORE_FAILED: {
    message: 'the ledger could not be written: {detail}',
    cause: 'The storage failed in a way that it does not explain.',
    cure: 'Check the disk, then repeat the operation; it has not been applied.',
  },
} as const;
