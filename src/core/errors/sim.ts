export const simErrors = {
  SIM_STEPS_EXCEEDED: {
    message: 'the simulation did not finish within {stepsMax} steps; virtual time is {atMs} ms',
    cause: 'Something schedules events without end, or the run is larger than its bound.',
    cure: 'Look for a timer of 0 ms that re-arms itself, or raise the bound.',
  },
  SIM_EVENTS_EXCEEDED: {
    message: 'more than {eventsMax} events are pending at {atMs} ms of virtual time',
    cause: 'Something schedules events faster than virtual time can consume them.',
    cure: 'Look for a message loop or a timer that is never cancelled.',
  },
  SIM_NEVER_HAPPENED: {
    message: 'what the simulation waited for did not happen by {atMs} ms of virtual time',
    cause: 'A condition of the scenario stayed false until its limit.',
    cure: 'Replay the seed with a trace, and look at the last events.',
  },
} as const;
