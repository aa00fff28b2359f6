export const crapsErrors = {
  CRAPS_BET_UNKNOWN: {
    message: 'there is no bet {bet}',
    cause: 'The bet id is none of the bets that the rules know.',
    cure: 'List the bets with `bitcraps odds`; the first column is the id.',
  },
  CRAPS_BET_NOT_OFFERED: {
    message: 'this table does not offer {bet}',
    cause:
      'The table has an option that replaces this bet by another, such as field-12x3 for field.',
    cure: 'Bet the variant that the table offers, or go to another table.',
  },
  CRAPS_WRONG_PHASE: {
    message: '{bet} can be bet {when} only',
    cause: 'The table is in a phase in which this bet is not open.',
    cure: 'Wait for that phase, or choose a bet that is open now.',
  },
  CRAPS_STAKE_NOT_POSITIVE: {
    message: 'a stake of {stake} units on {bet} is not above zero',
    cause: 'A bet needs a stake.',
    cure: 'Stake at least the smallest chip, 0.01 CRAP.',
  },
  CRAPS_STAKE_STEP: {
    message: 'a stake of {stake} units on {bet} is not a multiple of {step} units',
    cause: 'Stakes are counted in whole chips.',
    cure: 'Stake a multiple of the smallest chip, 0.01 CRAP.',
  },
  CRAPS_BASE_MISSING: {
    message: '{bet} needs a {base} bet with a point',
    cause:
      'Odds are taken behind a bet of the same account whose point is set; there is none, or not under that id.',
    cure: 'Make the base bet, wait until its point is set, then take odds.',
  },
  CRAPS_BASE_AMBIGUOUS: {
    message: '{count} {base} bets have a point; {bet} must name one',
    cause: 'Odds belong to one base bet, and several qualify.',
    cure: 'Name the base bet by its id.',
  },
  CRAPS_ODDS_OVER_MAXIMUM: {
    message: '{bet} on {point} would come to {stake} units; at most {max} are allowed',
    cause: 'Odds are limited to a multiple of their base bet.',
    cure: 'Take less odds: on a point of 4 or 10 three times the base bet, on 5 or 9 four times, on 6 or 8 five times; laying odds, six times.',
  },
  CRAPS_NOT_REMOVABLE: {
    message: '{bet} cannot be taken down now',
    cause: 'It is a contract: a line bet whose point is set, or a bet on a shooter who has rolled.',
    cure: 'Let it run until the dice decide it.',
  },
} as const;
