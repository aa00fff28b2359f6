export const platformErrors = {
  LINK_DIAL_FAILED: {
    message: 'could not reach {address}: {detail}',
    cause: 'Nothing listens at the address, or the network refused the connection.',
    cure: 'Check the address and that the other node runs: `bitcraps status` there shows where it listens.',
  },
  LINK_DIAL_TIMEOUT: {
    message: 'no answer from {address} within {timeoutMs} ms',
    cause:
      'The address swallows packets: a firewall, a wrong address, or a machine that is switched off.',
    cure: 'Check the address and the firewalls between the two machines, then dial again.',
  },
  LINK_WRONG_IDENTITY: {
    message: '{address} is the peer {actual}, not {expected}',
    cause: 'Another node took over the address, or the expected PeerId is wrong.',
    cure: 'Compare the PeerId with `bitcraps keys show` on the other machine.',
  },
  LINK_ADDRESS_INVALID: {
    message: 'not an address: {address}',
    cause: 'An address is a host and a port from 0 to 65535; an IPv6 host stands in brackets.',
    cure: 'Write for example 192.0.2.7:4700, node.example:4700 or [2001:db8::7]:4700.',
  },
  LINK_ADDRESS_IN_USE: {
    message: 'cannot listen on {address}: the address is in use',
    cause: 'Another process, perhaps another node, listens there.',
    cure: 'Stop the other process, or listen on another port; port 0 takes a free one.',
  },
  LINK_ADDRESS_REFUSED: {
    message: 'cannot listen on {address}: {detail}',
    cause: 'The machine has no such address, or the system forbids this port to this user.',
    cure: 'Listen on an address of this machine and on a port above 1023.',
  },
  LINK_RADIO_MISSING: {
    message: 'no Bluetooth radio from {name}: {detail}',
    cause: 'Bluetooth needs a radio package for this system, an adapter, and the right to use it.',
    cure: 'Install the package named in the message, check that the adapter is on, or use an address of another kind.',
  },
  LINK_QUIC_MISSING: {
    message: 'this machine has no QUIC engine: {name} is not installed',
    cause: 'QUIC comes from a native package that exists for some platforms only, and is optional.',
    cure: 'Install the package named in the message beside BitCraps, or use an address of another kind.',
  },
  DISCOVERY_UNAVAILABLE: {
    message: 'cannot look for nodes nearby: {detail}',
    cause: 'The system refuses multicast on port 5353, or no network is up.',
    cure: 'Check that the network is up and that no firewall forbids UDP port 5353; `--join` needs none of this.',
  },
  LINK_FRAME_TOO_LONG: {
    message: 'a frame of {bytes} bytes is longer than the {frameBytesMax} that the link carries',
    cause: 'A sender ignored the frame limit that both ends had agreed on.',
    cure: 'Upgrade the sender; if both ends run this version, report it as a bug.',
  },
  LINK_PEER_CERTIFICATE: {
    message: 'the peer did not prove its identity: {detail}',
    cause:
      'The peer has no self-signed Ed25519 certificate of its own key, or it is not a BitCraps node.',
    cure: 'Check that the other end is a BitCraps node, and which PeerId it shows.',
  },
  LINK_HANDSHAKE_FAILED: {
    message: 'the handshake failed: {detail}',
    cause:
      'The other end speaks something else than this transport of BitCraps, or closed the connection meanwhile.',
    cure: 'Check that the address belongs to a BitCraps node and that nothing rewrites the traffic between.',
  },
  LINK_HANDSHAKE_TIMEOUT: {
    message: 'the handshake did not finish within {timeoutMs} ms',
    cause: 'The other end accepted the connection and then fell silent.',
    cure: 'Try again; if it persists, look whether that machine is overloaded.',
  },
  LINK_RESET: {
    message: 'the link was reset: {detail}',
    cause: 'The other end or the network ended the connection without a goodbye.',
    cure: 'Nothing to do: the node dials again by itself.',
  },
  LINK_STALLED: {
    message: 'the link made no progress for {timeoutMs} ms',
    cause: 'The path between the two nodes broke, or the other end stopped reading.',
    cure: 'Nothing to do: the node dials again by itself.',
  },
  LINK_RECORD_REFUSED: {
    message: 'the link brought what its other end did not seal: {detail}',
    cause:
      'Something on the way changed, repeated or dropped a message, or the other end is broken.',
    cure: 'Nothing to do once: the node dials again by itself. If it persists, look for a proxy that rewrites traffic.',
  },
  STORE_FULL: {
    message: 'no space left for {path}',
    cause: 'The disk or the quota is full; nothing of the last write was kept.',
    cure: 'Free some space on that disk; the node goes on by itself.',
  },
  STORE_CORRUPT: {
    message: 'the database {path} is damaged: {detail}',
    cause: 'The disk lost or changed data, or another program wrote to the file.',
    cure: 'Move the file away and start again; a validator then catches up from its peers.',
  },
  STORE_IO: {
    message: 'reading or writing {path} failed: {detail}',
    cause: 'The operating system refused to read or write the file.',
    cure: 'Check the disk, the permissions and the mount of that folder.',
  },
  STORE_CLOSED: {
    message: 'the store {path} is closed',
    cause: 'Something used the store after the node had stopped.',
    cure: 'Report it as a bug if it happened while the node was running.',
  },
  PLATFORM_STATE_LOCKED: {
    message: 'the state folder {folder} is in use by process {pid}',
    cause: 'Another node runs with the same state folder; two would sign as the same identity.',
    cure: 'Stop that process, or give this node a folder of its own with --state.',
  },
  PLATFORM_STATE_UNUSABLE: {
    message: 'cannot use the state folder {folder}: {detail}',
    cause: 'The folder cannot be made or written.',
    cure: 'Check its permissions, or choose another one with --state.',
  },
  PLATFORM_SOCKET_PATH_TOO_LONG: {
    message: 'the control socket path has {bytes} bytes, more than {bytesMax}: {path}',
    cause: 'The operating system limits the paths of sockets.',
    cure: 'Use a state folder with a shorter path.',
  },
  PLATFORM_SOCKET_UNUSABLE: {
    message: 'cannot serve the control socket {path}: {detail}',
    cause:
      'The socket cannot be made: the folder is missing, not writable, or another node serves it.',
    cure: 'Check the folder and its permissions, and that no other node uses it.',
  },
  PLATFORM_NODE_NOT_RUNNING: {
    message: 'no node answers at {path}',
    cause: 'The node is not running, or it uses another state folder.',
    cure: 'Start it with `bitcraps node`, or name its folder with --state.',
  },
  PLATFORM_CONTROL_REQUEST_MALFORMED: {
    message: 'the control request is malformed: {detail}',
    cause: 'A control request is one line of JSON with a `method` text and optional `params`.',
    cure: 'Send {"method":"status"} and a line feed.',
  },
  PLATFORM_CONTROL_REQUEST_TOO_LONG: {
    message: 'the control request is longer than {bytesMax} bytes',
    cause: 'A control request is bounded so that no client can exhaust the node.',
    cure: 'Send a shorter request.',
  },
  PLATFORM_CONTROL_BUSY: {
    message: 'the node already serves {connectionsMax} control connections',
    cause: 'Too many commands are connected to the node at once.',
    cure: 'Close some of them and try again.',
  },
  PLATFORM_CONTROL_FAILED: {
    message: 'the node could not do it: {detail}',
    cause: 'The request failed for a reason that has no code of its own.',
    cure: 'Look into the log of the node.',
  },
  PLATFORM_CONTROL_BROKEN: {
    message: 'the node at {path} broke the connection: {detail}',
    cause: 'The node stopped meanwhile, or the socket belongs to another program.',
    cure: 'Check that the node still runs: `bitcraps status`.',
  },
  PLATFORM_NODE_SILENT: {
    message: 'the node behind {path} has not answered for {seconds} s',
    cause: 'The process is stopped, or too busy to answer.',
    cure: 'Look at the process; if it is stopped, continue it, or end it and start the node again.',
  },
} as const;
