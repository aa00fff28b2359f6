export const versioningErrors = {
  VERSION_INVALID: {
    message: 'not a version: {text}',
    cause: 'A version is two or three numbers from 0 to 65535 with dots between them.',
    cure: 'Write for example 1.2 or 1.2.0.',
  },
  VERSION_NOT_SPOKEN: {
    message: 'this build does not speak version {version}; it speaks {oldest} to {newest}',
    cause: 'The node is told to act as a version that lies outside what this build has.',
    cure: 'Choose a version in that range, or leave the setting out.',
  },
  HELLO_TOO_LONG: {
    message: 'a Hello of {bytes} bytes is longer than {bytesMax}',
    cause: 'The neighbour sent more than any version needs.',
    cure: 'Check that the address belongs to a BitCraps node; update the neighbour if it does.',
  },
  HELLO_MALFORMED: {
    message: 'a Hello breaks its bounds: {detail}',
    cause: 'The neighbour sent a Hello with a missing or impossible field.',
    cure: 'Update the neighbour.',
  },
  HELLO_OTHER_NETWORK: {
    message: 'the neighbour belongs to network {remote}, this node to {local}',
    cause: 'The two nodes were started with different network ids.',
    cure: 'Start both with the same --network, or remove the address from --join.',
  },
  HELLO_OTHER_RULES: {
    message: 'the neighbour keeps other casino rules than this node',
    cause: 'The hashes of the rules differ: another version of the rules, or another casino.',
    cure: 'Bring both nodes to the same release; then their rules agree.',
  },
  HELLO_OTHER_PURPOSE: {
    message: 'this is a {local} link here and a {remote} link at the neighbour',
    cause:
      'A gateway dialled the address where another node accepts members of its mesh, or the reverse.',
    cure: 'Give bridges the address of the other gateway, and --join the address of a member.',
  },
  HELLO_OTHER_MESH: {
    message: 'the neighbour is a member of mesh {remote}, this node of {local}',
    cause: 'Members link only within their mesh; meshes are joined by gateways.',
    cure: 'Use the same mesh name on both, or bridge the two meshes with --gateway.',
  },
  HELLO_NO_COMMON_WIRE: {
    message: 'no common wire version: {local} here, {remote} at the neighbour',
    cause: 'The two nodes are more than one major version apart.',
    cure: 'Upgrade the node with the lower version.',
  },
  HELLO_FEATURE_MISSING: {
    message: 'the required feature {feature} is not shared: lacked by {lackedBy}',
    cause: 'One node does not work without a feature that the other does not offer.',
    cure: 'Upgrade the node that lacks it; `bitcraps negotiate A B` compares two versions.',
  },
  HELLO_PROOF_TOO_WEAK: {
    message: 'the neighbour has no proof of work of {bits} bits for its key in this network',
    cause: 'Its key was made for another network or with a lower difficulty.',
    cure: 'On the neighbour, make a key for this network with `bitcraps keys`.',
  },
  HELLO_PROOF_UNCHECKED: {
    message: "too many proofs of work wait to be checked, the neighbour's would be one more",
    cause: 'Many strangers come at once, and each check takes a hundredth of a second.',
    cure: 'Dial again: nodes do so by themselves.',
  },
  HELLO_SELF: {
    message: 'the neighbour is this node itself',
    cause: 'A node dialled its own address, or two nodes were given one key.',
    cure: 'Remove the own address from --join; give every node a key of its own.',
  },
  HELLO_BINDING_INVALID: {
    message: 'the neighbour did not sign this handshake as this node saw it',
    cause:
      'Something between the nodes changed a Hello, replayed an old one, or relayed another link.',
    cure: 'Dial again; if it repeats, the path between the two nodes is not to be trusted.',
  },
  HELLO_UNEXPECTED_FRAME: {
    message: 'the neighbour sent a frame of type {type} where {expected} belongs',
    cause: 'The frames of a handshake come in one order: Hello, then the binding.',
    cure: 'Update the neighbour.',
  },
  HELLO_REFUSED: {
    message: 'the neighbour refused the link: {code}',
    cause: 'The other node found a reason not to link and named its code.',
    cure: 'Look the code up in docs/errors.md; the cure applies to the neighbour as well.',
  },
} as const;
