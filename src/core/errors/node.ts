export const nodeErrors = {
  NODE_SERVICE_MALFORMED: {
    message: 'a message of the casino service is malformed: {detail}',
    cause: 'The other side speaks another version of the service, or is hostile.',
    cure: 'Upgrade the older side.',
  },
  NODE_SERVICE_TIMEOUT: {
    message: 'the casino did not answer within {ms} ms',
    cause: 'The casino is down, or packets to it or back are lost.',
    cure: 'Look at `bitcraps routes` and `bitcraps status`; the request may be repeated, it has no double effect.',
  },
  NODE_SERVICE_BUSY: {
    message: '{pending} requests to the casino are waiting already',
    cause: 'Requests are made faster than they are answered.',
    cure: 'Wait for answers before asking more.',
  },
  NODE_CASINO_NONE: {
    message: 'this node follows no casino',
    cause: 'Neither casino.id nor casino.validator is set.',
    cure: 'Start the node with --casino PEERID, or with --validator to run a casino.',
  },
  NODE_CASINO_NOT_SYNCED: {
    message: 'the ledger of the casino has not arrived yet',
    cause: 'The node has just started or cannot reach the casino.',
    cure: 'Wait a moment; `bitcraps status` shows the height reached.',
  },
  NODE_CASINO_OTHER: {
    message: 'the genesis names the operator {operator}, not {expected}',
    cause: 'The node that answered runs another casino than the one asked for.',
    cure: 'Check the PeerId given with --casino.',
  },
  NODE_CHAIN_BROKEN: {
    message: 'the casino sent a block that does not check: {code}: {detail}',
    cause: 'The casino broke its own rules or its ledger is damaged; this node stops following it.',
    cure: 'Keep the transcript and run `bitcraps verify` on it; do not play there.',
  },
  NODE_CASINO_UNREACHABLE: {
    message: 'the casino cannot be reached: {code} was reported on the way',
    cause: 'A gateway or relay on the way could not pass the request on.',
    cure: 'Wait until the gateway is back; look the code up in this list.',
  },
  NODE_MINORITY_SIDE: {
    message:
      '{reached} of {validators} validators are reached, and {quorum} have to be ({why}): nothing was sent',
    cause:
      'A partition, a dead link or gateway, or the casino itself keeps this node from those who finalize what moves value.',
    cure: 'Wait until `bitcraps status` shows the majority side again, then bet anew: a refused bet is not kept, and never placed later.',
  },
  NODE_CASINO_REFUSED: {
    message: 'the casino refused with {code}: {message}',
    cause: 'The casino runs a newer version, whose error codes this node does not know.',
    cure: 'Upgrade this node.',
  },
  NODE_BLOCK_NOT_SEEN: {
    message: 'the casino says that block {height} holds the operation, and that block has not come',
    cause: 'The way to the casino broke after it answered, or the casino lies.',
    cure: 'Look at `bitcraps play show` when the casino is reached again; repeating the bet would place a second one if the first is there.',
  },
  NODE_OPERATION_MISSING: {
    message: 'the casino says that block {height} holds the operation, and it does not',
    cause: 'The casino told something else than its ledger says.',
    cure: 'Do not play there; keep a transcript (`bitcraps play transcript FILE`).',
  },
  NODE_ACCOUNT_FOREIGN: {
    message: 'an account is opened by its own node only',
    cause:
      'Somebody asked for an account under another key than the one of its node; each account costs a proof of work.',
    cure: 'Open the account from the node whose identity it is.',
  },
  NODE_STOPPED: {
    message: 'the node is stopping',
    cause: 'The node was asked to stop while the request was under way.',
    cure: 'Ask again once it runs.',
  },
  NODE_CASINO_NO_TABLE: {
    message: 'the casino has no open table',
    cause: 'The operator has closed the table, or has not opened one yet.',
    cure: 'Wait until a table opens; `bitcraps status` shows tables.',
  },
  NODE_CONTROL_UNKNOWN: {
    message: 'the node has no control method {method}',
    cause: 'The command and the node are of different versions.',
    cure: 'Use the bitcraps command of the same version as the node.',
  },
  NODE_CONTROL_ARGUMENT: {
    message: '{argument} must be {expected}',
    cause: 'An argument is missing or has the wrong form.',
    cure: 'Read the help of the command.',
  },
  NODE_CONTROL_LACKING: {
    message: 'this node does not {what}',
    cause: 'The method belongs to a role that this node does not have.',
    cure: 'Ask a node that has the role, for example with --node NAME.',
  },
  NODE_PEER_UNKNOWN: {
    message: 'no node {peer} is known in this mesh, or it is this node itself',
    cause: 'It is in another mesh, it has left, or its records have not come yet.',
    cure: 'Look at the routes of this node: bitcraps routes.',
  },
} as const;
