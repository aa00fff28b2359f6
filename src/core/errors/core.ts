export const coreErrors = {
  BYTES_INVALID_BASE32: {
    message: 'not base32: {text}',
    cause: 'A PeerId or other base32 text has a character outside a–z and 2–7, or a wrong length.',
    cure: 'Copy the whole id again; `bitcraps keys show` prints it.',
  },
  UNIT_DURATION_INVALID: {
    message: 'not a duration: {text}',
    cause: 'A duration needs a number and a unit.',
    cure: 'Write for example 500ms, 30s, 5m or 2h.',
  },
  UNIT_SIZE_INVALID: {
    message: 'not a size: {text}',
    cause: 'A size needs a number and a unit.',
    cure: 'Write for example 512B, 16KiB or 4MiB.',
  },
  AMOUNT_INVALID: {
    message: 'not an amount of CRAP: {text}',
    cause: 'An amount is a decimal number with at most six places.',
    cure: 'Write for example 5 or 2.50.',
  },
} as const;
