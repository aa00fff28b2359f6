export const meshErrors = {
  MESH_NO_ROUTE: {
    message: 'no route to {destination}',
    cause: 'The peer is not connected to this mesh, and no gateway to other meshes is reachable.',
    cure: 'Wait until the peer is back; `bitcraps routes` shows who is reachable.',
  },
  MESH_FEATURE_LACKING: {
    message: '{destination} is in another mesh, and version {version} of this node lacks {feature}',
    cause: 'Reaching other meshes needs a feature that came with a later protocol version.',
    cure: 'Upgrade this node, or raise its `--protocol` version.',
  },
  MESH_PAYLOAD_TOO_LONG: {
    message: 'a message of {bytes} bytes is longer than {bytesMax}',
    cause: 'A mesh datagram has an upper bound.',
    cure: 'Split the message.',
  },
  MESH_PENDING_FULL: {
    message: 'too much waits for the session with {destination}: {messages} messages',
    cause: 'Messages were sent faster than the handshake with the peer finished.',
    cure: 'Send again later.',
  },
  MESH_QUEUE_FULL: {
    message: 'the queue towards {neighbour} is full: {bytes} bytes wait',
    cause: 'Packets come faster than the link takes them; the newest is dropped.',
    cure: 'Send less, or send again later.',
  },
  MESH_KEY_INVALID: {
    message: '{destination} is not a PeerId',
    cause: 'The 32 bytes are no point of the prime-order Ed25519 group.',
    cure: 'Copy the PeerId again; `bitcraps keys show` prints it.',
  },
  MESH_SESSION_TIMEOUT: {
    message: 'no session with {destination} after {tries} tries',
    cause: 'The peer or the way to it does not answer.',
    cure: 'Send again; if it persists, check with `bitcraps routes` that the peer is reachable.',
  },
  MESH_SESSION_REFUSED: {
    message: 'no session with {destination}: its version, network or rules do not fit',
    cause: 'Both ends offered what they have, and a required part is missing.',
    cure: 'Upgrade the older of the two nodes; `bitcraps negotiate A B` compares two versions.',
  },
  MESH_BODY_MALFORMED: {
    message: 'a packet of {source} has a malformed body',
    cause: 'The peer sent a body that does not decode.',
    cure: 'Upgrade the peer.',
  },
  MESH_SEAL_BROKEN: {
    message: 'a packet that claims to be of {source} does not open',
    cause: 'The packet was altered or made up on its way, or belongs to an earlier session.',
    cure: 'Nothing to do: it is dropped; the peer sends again.',
  },
  MESH_SESSION_UNKNOWN: {
    message: 'a packet of {source} belongs to a session that this node does not have',
    cause: 'This node restarted, or dropped the session because too many were open.',
    cure: 'Nothing to do: the peer is told and shakes hands again.',
  },
  MESH_MESSAGE_REPLAYED: {
    message: 'a message of {source} came again',
    cause: 'Somebody on the way repeated a packet.',
    cure: 'Nothing to do: the copy is dropped.',
  },
  MESH_PROTOCOL_UNKNOWN: {
    message: 'nobody here takes messages of protocol {protocol}',
    cause: 'The peer uses a service that this node does not run.',
    cure: 'Upgrade this node, or ask another one.',
  },
  MESH_RATE_EXCEEDED: {
    message: 'more handshakes came than this node answers',
    cause: 'Many peers started at once, or somebody floods this node.',
    cure: 'Nothing to do: handshakes are repeated.',
  },
  MESH_LINK_SILENT: {
    message: 'the neighbour was silent for {timeoutMs} ms',
    cause: 'The neighbour stopped, or the network between broke without a word.',
    cure: 'Nothing to do: the node dials again by itself.',
  },
  MESH_LINK_CLOSED: {
    message: 'the link to {neighbour} is closed',
    cause: 'The link ended a moment ago.',
    cure: 'Nothing to do: another route is taken.',
  },
  MESH_HANDSHAKE_TIMEOUT: {
    message: 'the neighbour did not finish the handshake within {timeoutMs} ms',
    cause: 'The other end is no BitCraps node, is overloaded, or fell silent.',
    cure: 'Check the address; the node dials again by itself.',
  },
  MESH_LINK_DUPLICATE: {
    message: 'another link to {neighbour} is kept instead',
    cause: 'Both ends dialled each other; one link is enough.',
    cure: 'Nothing to do.',
  },
  MESH_LINK_UNRELIABLE: {
    message: 'the transport {transport} may lose frames',
    cause: 'Link state needs every frame, once and in order.',
    cure: 'Use a stream transport such as tls.',
  },
  MESH_LINKS_FULL: {
    message: 'this node has {linksMax} links already',
    cause: 'A node keeps a bounded number of links.',
    cure: 'Connect to another member of the mesh.',
  },
  MESH_CONTROL_OVERRUN: {
    message: '{bytes} bytes of control frames wait for {neighbour}',
    cause: 'The neighbour does not read; control frames are not dropped, so the link is.',
    cure: 'Nothing to do: the node dials again by itself.',
  },
  MESH_FRAME_TOO_LONG: {
    message: 'a frame of {bytes} bytes is longer than the {bytesMax} that {neighbour} takes',
    cause: 'The neighbour announced a lower limit than the frame needs.',
    cure: 'Upgrade the neighbour.',
  },
  MESH_FRAME_UNEXPECTED: {
    message: 'a frame of type {type} has no place here',
    cause:
      'The neighbour sent a handshake frame after the handshake, or a frame of another kind of link.',
    cure: 'Upgrade the neighbour; its link is closed if it goes on.',
  },
  MESH_FRAME_MALFORMED: {
    message: 'a {frame} frame is malformed',
    cause: 'The neighbour sent a frame that breaks its bounds.',
    cure: 'Upgrade the neighbour; its link is closed if it goes on.',
  },
  MESH_FAULTS_EXCEEDED: {
    message: 'the neighbour sent {faults} faulty frames, the last: {code}',
    cause: 'The neighbour is broken or hostile.',
    cure: 'Look the code up in docs/errors.md, then upgrade or remove the neighbour.',
  },
  MESH_NO_BRIDGE: {
    message: 'this gateway has no bridge to other meshes',
    cause: 'The node calls itself a gateway and has not joined another gateway yet.',
    cure: 'Check gateway.join and gateway.listen.',
  },
  MESH_DELIVERY_FULL: {
    message: 'too many messages wait to be acknowledged',
    cause: 'The peer is away or slow, or messages are on their way to too many peers.',
    cure: 'Wait until messages were acknowledged or have expired, then send again.',
  },
  MESH_STOPPED: {
    message: 'the mesh has stopped',
    cause: 'The node is shutting down.',
    cure: 'Start the node again.',
  },
} as const;
