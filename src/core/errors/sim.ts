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
  SIM_TOPOLOGY_FORMAT_UNKNOWN: {
    message: 'not a topology of a known format: {reason}',
    cause:
      'The file is none of meshnet-lab JSON, NetJSON, GraphML, multi-metric JSON or a sequence.',
    cure: 'Convert it to one of them; meshnet-lab JSON needs no more than a list of links.',
  },
  SIM_TOPOLOGY_MALFORMED: {
    message: 'the {format} topology is malformed at {where}: {what}',
    cause: 'The file is cut off, was edited by hand, or its program writes something else.',
    cure: 'Mend the place that the message names.',
  },
  SIM_TOPOLOGY_NODE_UNKNOWN: {
    message: 'the {format} topology lists no node {id}, which {where} names',
    cause:
      'The list of nodes and the list of links come from different moments, or one is cut off.',
    cure: 'List the node, or take the link out.',
  },
  SIM_TOPOLOGY_TOO_LARGE: {
    message: 'the {format} topology has more than {max} {what}',
    cause: 'The network is larger than the simulator takes.',
    cure: 'Simulate a part of it.',
  },
  SIM_TOPOLOGY_SPEC_INVALID: {
    message: 'cannot generate the topology {spec}: {reason}',
    cause: 'The name of the generator or its numbers are not what it takes.',
    cure: 'Write, for example, grid:10x10, line:50, ring:20, tree:100, geometric:200 or regular:100x4.',
  },
  SIM_FAULTS_INVALID: {
    message: 'cannot read the fault "{step}": {reason}',
    cause: 'A step of --faults has a word missing, a word too many, or one that is not known.',
    cure: 'Write, for example, "10s kill 3 for 5s; 20s cut 10%; 60s heal"; --help has the grammar.',
  },
  SIM_FAULTS_TARGET_UNKNOWN: {
    message: 'cannot do "{step}": there is no {what} {name}, but {known}',
    cause: 'A step of --faults names a node or a link that the network does not have.',
    cure: 'Use a name of the network; links are named by their two ends, as a/b.',
  },
  SIM_FAULTS_TOO_MANY: {
    message: 'cannot do "{step}": it takes {asked}, and there are {known} {what}s',
    cause: 'A step of --faults takes more nodes or links than the network has.',
    cure: 'Take fewer, or a share such as 10%; all takes every one that there is.',
  },
} as const;
