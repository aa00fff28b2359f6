// Ports that the system chose for `:0` addresses, kept so that a node listens at the same place after a restart.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Link, Listen, Listener } from '../../env/link.ts';
import { BitcrapsError } from '../../core/errors.ts';

type PortName = 'mesh' | 'gateway';
type Ports = Partial<Record<PortName, number>>;

function portsFile(folder: string): string {
  return join(folder, 'ports.json');
}

function isPort(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65_535;
}

function readPorts(folder: string): Ports {
  try {
    const content: unknown = JSON.parse(readFileSync(portsFile(folder), 'utf8'));
    if (typeof content !== 'object' || content === null) return {};
    const ports: Ports = {};
    if ('mesh' in content && isPort(content.mesh)) ports.mesh = content.mesh;
    if ('gateway' in content && isPort(content.gateway)) ports.gateway = content.gateway;
    return ports;
  } catch {
    return {};
  }
}

/**
 * Listens at `address`; for port 0 first at the port of the last start, and at any free one if that is taken.
 * Rejects as `listen` does.
 */
export async function listenKeepingPort(
  folder: string,
  name: PortName,
  address: string,
  listen: Listen,
  accept: (link: Link) => void,
): Promise<Listener> {
  if (!address.endsWith(':0')) return listen(address, accept);
  const known = readPorts(folder)[name];
  const listener =
    (await tryPort(address, known, listen, accept)) ?? (await listen(address, accept));
  const port = Number(listener.address.slice(listener.address.lastIndexOf(':') + 1));
  if (port !== known)
    writeFileSync(portsFile(folder), JSON.stringify({ ...readPorts(folder), [name]: port }));
  return listener;
}

async function tryPort(
  address: string,
  port: number | undefined,
  listen: Listen,
  accept: (link: Link) => void,
): Promise<Listener | null> {
  if (port === undefined) return null;
  try {
    return await listen(`${address.slice(0, -1)}${port}`, accept);
  } catch (error) {
    if (error instanceof BitcrapsError && error.code === 'LINK_ADDRESS_IN_USE') return null;
    throw error;
  }
}
