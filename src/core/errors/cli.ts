export const cliErrors = {
  CLI_CONFIG_UNREADABLE: {
    message: 'cannot read the configuration {path}: {detail}',
    cause: 'The file is missing or this user may not read it.',
    cure: 'Write one with `bitcraps config init --file PATH`, or mend its permissions.',
  },
  CLI_CONFIG_SYNTAX: {
    message: '{path} is not valid TOML: {detail}',
    cause: 'The configuration file has a syntax error at the place the message names.',
    cure: 'Correct that line; `bitcraps config init` shows a whole valid file.',
  },
  CLI_CONFIG_UNKNOWN_KEY: {
    message: '{origin} sets {key}, which does not exist{hint}',
    cause: 'A key is misspelt or belongs to another version.',
    cure: 'Remove it or use the suggested name; `bitcraps config init` lists every key with its meaning.',
  },
  CLI_CONFIG_VALUE: {
    message: '{origin} sets {key} to {value}: {detail}',
    cause: 'A value has the wrong type or is out of its range.',
    cure: 'Use a value as the message describes; `bitcraps config init` shows the default and the range.',
  },
  CLI_HOOK_UNUSABLE: {
    message: 'no alert can go where {key} says: {detail}',
    cause:
      'The program is not there or may not be run, or the token is not one that HTTP can carry.',
    cure: 'Correct it or leave it empty; the comments of `bitcraps config init` say what each setting takes.',
  },
  CLI_FILE_EXISTS: {
    message: '{path} exists already',
    cause: 'The command would have overwritten a file.',
    cure: 'Choose another path, or move the file away first.',
  },
  CLI_FILE_UNREADABLE: {
    message: 'cannot read {path}: {detail}',
    cause: 'The file is missing or this user may not read it.',
    cure: 'Check the path and the permissions.',
  },
  CLI_FILE_UNWRITABLE: {
    message: 'cannot write {path}: {detail}',
    cause: 'The folder is missing, full or not writable.',
    cure: 'Make room, or choose a folder that this user may write to.',
  },
  CLI_USAGE: {
    message: '{detail}',
    cause: 'A flag or an argument is unknown, missing or repeated.',
    cure: 'Run the command with --help; it ends with examples.',
  },
  CLI_NODE_UNKNOWN: {
    message: 'no running node is called {name}{hint}',
    cause: 'No casino started by `bitcraps up` on this machine has a node of that name.',
    cure: 'Use one of the names listed, or give the state folder with --state.',
  },
  CLI_NODE_AMBIGUOUS: {
    message: 'several casinos run here and each has a node called {name}: {choices}',
    cause: 'Two or more `bitcraps up` run at once.',
    cure: 'Give one of the state folders listed with --state.',
  },
  CLI_PROCESS_FAILED: {
    message: '{name} did not start: {detail}',
    cause: 'A process of the casino ended before it was ready.',
    cure: 'Read its log, named in the message; a busy machine may need a second try.',
  },
  CLI_KEY_TOO_WEAK: {
    message: 'the proof of work in {path} does not meet network {network} at {bits} bits',
    cause: 'The key was made for another network or for a lower difficulty.',
    cure: 'Use the network that the key was made for, or start with a fresh state folder: a new key is made.',
  },
  CLI_SECRET_MODE: {
    message: '{path} may be read by others',
    cause: 'The file holds a passphrase and its mode lets other users read it.',
    cure: 'Run `chmod 600` on it, and change the passphrase if others use this machine.',
  },
  CLI_NODE_TOO_OLD: {
    message: 'bitcraps needs Node {needed} or newer, and this is {found}',
    cause: 'The installed command was started by an older Node.',
    cure: 'Install a newer Node and run the command again.',
  },
  CLI_NOT_BUILT: {
    message: 'the command is not built: {detail}',
    cause: 'The installed command needs `dist/`, which a checkout does not have at first.',
    cure: 'In a checkout run `npm run build` first, or use `npm run -s bitcraps --`.',
  },
  CLI_EXPLAIN_DESTINATION: {
    message: '--explain needs a destination',
    cause: 'A route is explained for one peer at a time.',
    cure: 'Name a PeerId: bitcraps routes --explain PEERID. bitcraps routes lists them.',
  },
  CLI_CHAOS_NO_CASINO: {
    message: 'no casino runs in {folder}',
    cause:
      '`bitcraps chaos --state` breaks a casino that `bitcraps up --state` started, and there is none.',
    cure: 'Start one with `bitcraps up --state DIR`, or leave --state out: chaos then starts its own.',
  },
  CLI_CHAOS_NOT_READY: {
    message: 'no bet of {players} was acknowledged within {seconds} s of the start',
    cause: 'The casino did not come into play before anything was broken.',
    cure: 'Try fewer nodes with --nodes, or a machine with less to do.',
  },
  CLI_CHAOS_ENDED_EARLY: {
    message: 'ended by {why} before there was a report',
    cause:
      '`bitcraps chaos` was told to end, so it shows neither that promises were kept nor that they were not.',
    cure: 'Let it run to its end; --duration makes it shorter.',
  },
} as const;
