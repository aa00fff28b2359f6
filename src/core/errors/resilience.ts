export const resilienceErrors = {
  RESILIENCE_CONFIG_INVALID: {
    message: 'the times of resilience do not go together: {detail}',
    cause:
      'A failure timeout must leave room for several heartbeats and for acknowledgements, else nodes that are well are given up.',
    cure: 'Change the settings under [resilience], or leave them to the preset; `bitcraps config show` tells what is in force.',
  },
} as const;
