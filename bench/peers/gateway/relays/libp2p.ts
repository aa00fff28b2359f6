// js-libp2p's circuit relay v2, without limits on what circuits carry.

import { createNode } from '../libp2p-node.ts';

const node = await createNode(['/ip4/127.0.0.1/tcp/0'], true);
process.stdout.write(`listens ${String(node.getMultiaddrs()[0])}\n`);
