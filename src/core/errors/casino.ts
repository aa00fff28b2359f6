export const casinoErrors = {
  CASINO_GENESIS_INVALID: {
    message: 'not a valid genesis: {reason}',
    cause: 'The description of the casino is damaged, unsigned, or breaks a bound.',
    cure: 'Fetch the genesis again from the casino; an operator lets `bitcraps up` write it.',
  },
  CASINO_OTHER_RULES: {
    message: 'this casino plays by other rules',
    cause: 'The hash of the rules in its genesis is not that of the rules this version knows.',
    cure: 'Use the version of bitcraps that the casino runs.',
  },
  CASINO_OPERATION_MALFORMED: {
    message: 'not an operation: {reason}',
    cause:
      'The bytes are cut off, changed, or written by a program that does not encode canonically.',
    cure: 'Use a client of the same version as the casino.',
  },
  CASINO_OTHER_CHAIN: {
    message: 'the operation was signed for another casino',
    cause: 'The chain id inside the operation is not that of this casino.',
    cure: 'Sign the operation for this casino.',
  },
  CASINO_SIGNATURE_INVALID: {
    message: 'the operation is not signed by account {account}',
    cause:
      'Somebody else wrote the operation, or it was changed after signing. One account cannot act for another.',
    cure: 'Sign with the key of the account that pays.',
  },
  CASINO_ACCOUNT_UNKNOWN: {
    message: 'there is no account {account}',
    cause: 'The account has not been opened at this casino.',
    cure: 'Open the account first.',
  },
  CASINO_ACCOUNT_EXISTS: {
    message: 'account {account} is open already',
    cause: 'An account is opened, and given its chips, once.',
    cure: 'Go on with the account as it is.',
  },
  CASINO_ACCOUNTS_MAX: {
    message: 'the casino has {accountsMax} accounts, its maximum',
    cause: 'No more accounts fit.',
    cure: 'Play with an account that exists, or at another casino.',
  },
  CASINO_GRANTS_SPENT: {
    message: 'all {grantsPerEpochMax} grants of this epoch are given',
    cause: 'New accounts get their chips from a budget that is renewed every few blocks.',
    cure: 'Try again later, when others have played some rounds.',
  },
  CASINO_NONCE_REPLAYED: {
    message: 'operation {nonce} of this account was done already; the next is {expected}',
    cause: 'An operation arrived twice, or another client of the same key was faster.',
    cure: 'Nothing was applied twice; sign a new operation if it is still wanted.',
  },
  CASINO_NONCE_GAP: {
    message: 'operation {nonce} of this account came before operation {expected}',
    cause: 'An earlier operation of the account is missing or was refused.',
    cure: 'Repeat the earlier operation first, or sign again with the next number.',
  },
  CASINO_ANCHOR_UNKNOWN: {
    message:
      'the operation builds on block {height}, which is not among the last {blocksMax} of this chain',
    cause: 'The signer has seen another history, or waited too long.',
    cure: 'Catch up with the chain and sign again. If the chain changed under you, keep both transcripts as evidence.',
  },
  CASINO_NOT_OPERATOR: {
    message: 'only the operator of the casino may do this',
    cause:
      'Opening and closing tables, revealing dice and passing on idle dice are the operator’s work.',
    cure: 'Leave it to the operator.',
  },
  CASINO_AMOUNT_INVALID: {
    message: '{amount} CRAP are not an amount that can be moved',
    cause: 'Amounts are above zero and at most the supply.',
    cure: 'Choose an amount above zero.',
  },
  CASINO_BALANCE: {
    message: 'this needs {needed} CRAP; the account has {balance}',
    cause: 'The account has fewer chips than the operation would take.',
    cure: 'Choose a smaller amount.',
  },
  CASINO_TREASURY: {
    message: 'this needs {needed} CRAP; the treasury has {treasury}',
    cause: 'A table’s bankroll comes out of the treasury.',
    cure: 'Open the table with a smaller bankroll, or close another one first.',
  },
  CASINO_TRANSFER_SELF: {
    message: 'an account cannot pay itself',
    cause: 'Payer and payee are the same account.',
    cure: 'Name another account.',
  },
  CASINO_TABLE_UNKNOWN: {
    message: 'there is no open table {table}',
    cause: 'The table was never opened, or is closed.',
    cure: 'Choose one of the open tables: `bitcraps tables`.',
  },
  CASINO_TABLES_MAX: {
    message: 'the casino has {tablesMax} tables, its maximum',
    cause: 'No more tables fit.',
    cure: 'Close a table first.',
  },
  CASINO_TABLE_OPTIONS: {
    message: 'a table cannot be opened like this: {reason}',
    cause: 'A bound of the table’s options is broken.',
    cure: 'Choose a value within the bound.',
  },
  CASINO_TABLE_LOCKED: {
    message: 'table {table} is locked until roll {roll} is settled',
    cause: 'From the lock to the settlement nothing touches the table’s bets, stakes or bankroll.',
    cure: 'Wait for the dice.',
  },
  CASINO_TABLE_NOT_LOCKED: {
    message: 'table {table} is not locked, so there is no roll to reveal',
    cause: 'Dice are revealed only after the shooter has closed the betting.',
    cure: 'Wait until the shooter shoots.',
  },
  CASINO_ROLL_NOT_FINAL: {
    message: 'the block that locked table {table} is not final yet',
    cause: 'Dice are revealed in a later block than the one that closed the betting.',
    cure: 'Reveal once the lock has been announced.',
  },
  CASINO_ROLL_MISMATCH: {
    message: 'the operation is meant for roll {given} of table {table}; the next is {expected}',
    cause: 'The dice rolled while the operation was under way.',
    cure: 'Look at the table again and decide anew.',
  },
  CASINO_NOT_SHOOTER: {
    message: 'somebody else is the shooter at table {table}',
    cause:
      'Only the shooter rolls, and only the shooter passes the dice on before the time is out.',
    cure: 'Wait for your turn.',
  },
  CASINO_SHOOTER_NEEDS_LINE_BET: {
    message: 'the shooter at table {table} needs a line bet on the come-out roll',
    cause: 'Who rolls a come-out stands behind it with a Pass or Don’t Pass bet.',
    cure: 'Bet on pass or dont-pass, then shoot.',
  },
  CASINO_SHOOTER_IN_TIME: {
    message: 'the shooter at table {table} still has {leftMs} ms',
    cause: 'The operator may act for a shooter only after the shooter’s time is out.',
    cure: 'Wait until the time is out.',
  },
  CASINO_NO_OTHER_SEAT: {
    message: 'nobody else sits at table {table}',
    cause: 'The dice can pass only to another seat.',
    cure: 'Shoot, or leave the table.',
  },
  CASINO_NO_BETS: {
    message: 'no bet lies on table {table}',
    cause: 'The operator rolls only for unresolved bets that nobody else rolls for.',
    cure: 'Leave the table as it is, or close it.',
  },
  CASINO_NOT_SEATED: {
    message: 'the account does not sit at table {table}',
    cause: 'A seat is taken by the first bet and given up by leaving.',
    cure: 'Bet at the table first.',
  },
  CASINO_TABLE_FULL: {
    message: 'table {table} has {seatsMax} seats, all taken',
    cause: 'No more players fit.',
    cure: 'Choose another table, or wait until somebody leaves.',
  },
  CASINO_BETS_MAX: {
    message: 'no more than {betsMax} bets of {whose} may lie on table {table}',
    cause: 'The number of unresolved bets is bounded.',
    cure: 'Wait until some are decided.',
  },
  CASINO_BETS_OPEN: {
    message: 'table {table} has {bets} unresolved bets',
    cause: 'A table closes only after its last bet is decided.',
    cure: 'Wait until the dice have decided them.',
  },
  CASINO_BET_UNKNOWN: {
    message: 'the account has no unresolved bet {bet} on table {table}',
    cause: 'The bet is decided, taken down, or somebody else’s.',
    cure: 'Look at your bets on the table again.',
  },
  CASINO_STAKE_BELOW_MIN: {
    message: 'a stake of {stake} CRAP is below the table’s minimum of {stakeMin}',
    cause: 'Each table has a smallest stake.',
    cure: 'Stake more, or choose another table.',
  },
  CASINO_BANKROLL_COVER: {
    message: 'the table could not pay: {risk} CRAP against a bankroll of {bankroll}',
    cause: 'A bet is accepted only if the table can pay every unresolved bet at its best.',
    cure: 'Stake less, or wait until other bets are decided.',
  },
  CASINO_ACCOUNT_SHARE: {
    message: 'your bets could win {risk} CRAP; one account may win {share} at this table',
    cause: 'One account may win at most five hundredths of a table’s bankroll.',
    cure: 'Stake less, or choose a table with a larger bankroll.',
  },
  TRANSCRIPT_UNREADABLE: {
    message: 'cannot read {path}: {detail}',
    cause: 'The file does not exist, is a folder, or may not be read.',
    cure: 'Name a transcript file, such as the one that `bitcraps up` writes when it stops.',
  },
  TRANSCRIPT_MALFORMED: {
    message: 'not a transcript: {reason}',
    cause: 'The file is cut off, changed, or something else.',
    cure: 'Get the file again from whoever wrote it.',
  },
  TRANSCRIPT_TOO_LONG: {
    message: 'the transcript comes to {bytes} bytes; at most {bytesMax} are written or read',
    cause:
      'The chain is longer than one file may be, so no version of this format would check the file.',
    cure: 'The chain itself stays in the state folder of its node. For a transcript found a new casino from time to time.',
  },
  TRANSCRIPT_OTHER_CASINO: {
    message: 'this is the transcript of casino {found}, not of {expected}',
    cause: 'The genesis names another operator.',
    cure: 'Ask for the transcript of the casino that you played at.',
  },
  TRANSCRIPT_GENESIS_INVALID: {
    message: 'the genesis does not hold: {reason}',
    cause:
      'The description of the casino is damaged, not signed by its operator, or of other rules.',
    cure: 'Do not trust this transcript.',
  },
  TRANSCRIPT_CLOSING_WRONG: {
    message: 'the closing does not hold: {reason}',
    cause: 'The file was changed after it was signed.',
    cure: 'Get the file again; if it stays so, do not trust whoever gave it.',
  },
  TRANSCRIPT_SEEN_MISSING: {
    message: 'the chain does not contain block {height} with the hash {hash}: {reason}',
    cause:
      'The file was cut off before a block that was seen, tells another history, or is of another casino.',
    cure: 'Get a file that reaches further. If the block was seen at this casino, do not trust whoever gave this file, and keep both.',
  },
  TRANSCRIPT_SEEN_INVALID: {
    message: '{text} is not a block as HEIGHT:HASH',
    cause:
      'A block is given by its height in decimal digits, a colon, and its hash as 64 hexadecimal digits.',
    cure: 'Copy the height and the hash of the newest checked block from a player’s node.',
  },
  TRANSCRIPT_CHAIN_BROKEN: {
    message: 'at height {height}: {reason}',
    cause: 'A block was changed, replaced, or not signed by the operator.',
    cure: 'Do not trust this transcript.',
  },
  TRANSCRIPT_ROUND_DROPPED: {
    message: 'something is missing before height {height} (table {table}, roll {roll}): {reason}',
    cause:
      'A signed operation refers to a round, or to an earlier operation, that the transcript does not contain.',
    cure: 'Do not trust this transcript; the players’ own copies show what was left out.',
  },
  TRANSCRIPT_HISTORY_REWRITTEN: {
    message:
      'at height {height} (table {table}, roll {roll}) an account built on another history: {reason}',
    cause: 'An earlier block was replaced after an account had seen and signed it.',
    cure: 'Do not trust this transcript; the account’s own copy shows the replaced block.',
  },
  TRANSCRIPT_OPERATION_FORGED: {
    message:
      'at height {height} (table {table}, roll {roll}) an operation that its account did not sign: {reason}',
    cause: 'The operation was changed, invented, or used a second time.',
    cure: 'Do not trust this transcript.',
  },
  TRANSCRIPT_OPERATION_REFUSED: {
    message:
      'at height {height} (table {table}, roll {roll}, bet {bet}) an operation that the rules forbid: {reason}',
    cause: 'The operator accepted what had to be refused.',
    cure: 'Do not trust this transcript.',
  },
  TRANSCRIPT_BET_INVENTED: {
    message:
      'at height {height} (table {table}, roll {roll}, bet {bet}) a bet that nobody made: {reason}',
    cause: 'The transcript tells of a bet without a valid signed operation of its account.',
    cure: 'Do not trust this transcript.',
  },
  TRANSCRIPT_PROOF_SWAPPED: {
    message:
      'at height {height} (table {table}, roll {roll}) the dice are proved by the proof of roll {other}',
    cause: 'The operator used the dice of another roll of this table.',
    cure: 'Do not trust this transcript.',
  },
  TRANSCRIPT_ROLL_OTHER_TABLE: {
    message:
      'at height {height} (table {table}, roll {roll}) the dice are proved by roll {other} of table {otherTable}',
    cause: 'The operator used the dice of another table.',
    cure: 'Do not trust this transcript.',
  },
  TRANSCRIPT_PROOF_INVALID: {
    message: 'at height {height} (table {table}, roll {roll}) the proof of the dice does not hold',
    cause: 'The dice do not come from the key that the casino fixed before the betting.',
    cure: 'Do not trust this transcript.',
  },
  TRANSCRIPT_DICE_CHANGED: {
    message:
      'at height {height} (table {table}, roll {roll}) the dice were {due}, the transcript says {claimed}',
    cause: 'The proof gives other dice than those that were announced.',
    cure: 'Do not trust this transcript.',
  },
  TRANSCRIPT_PAYOUT_WRONG: {
    message:
      'at height {height} (table {table}, roll {roll}) bet {bet} had to get {due}, the transcript says {claimed}',
    cause: 'The rules give another outcome or pay-out for these dice.',
    cure: 'Do not trust this transcript.',
  },
  TRANSCRIPT_EFFECTS_WRONG: {
    message:
      'at height {height} (table {table}, roll {roll}, bet {bet}) the transcript says {claimed} where {due} is due',
    cause: 'The announced events are not what the operations do.',
    cure: 'Do not trust this transcript.',
  },
  TRANSCRIPT_STATE_WRONG: {
    message: 'at height {height} the balances are not what the operations give',
    cause: 'The header commits to another state than the one that follows from the block.',
    cure: 'Do not trust this transcript.',
  },
  TRANSCRIPT_SUPPLY_WRONG: {
    message: 'at height {height} the amounts add up to {found} units, not to the supply of {cap}',
    cause: 'Chips were made or lost.',
    cure: 'Do not trust this transcript, and report this: the rules themselves should prevent it.',
  },
} as const;
