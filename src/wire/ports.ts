// A route is a run of ports, each the index of a link at the node that owns it. A port below 128 takes one byte;
// a larger one takes two, big-endian, with the high bit of the first byte set. Every port has exactly one encoding.

import { assert } from '../core/assert.ts';

/** Ports are 15 bits wide. */
export const PORT_MAX = 0x7fff;
/** The header's route length is one byte. */
export const ROUTE_BYTES_MAX = 255;
const ONE_BYTE_PORTS = 0x80;

/** The run of ports as bytes. A port outside 0…`PORT_MAX` is a caller's bug; so is a packet route past `ROUTE_BYTES_MAX`. */
export function encodePorts(ports: readonly number[]): Uint8Array {
  const out: number[] = [];
  for (const port of ports) {
    assert(Number.isInteger(port) && port >= 0 && port <= PORT_MAX, 'a port is 15 bits wide');
    if (port >= ONE_BYTE_PORTS) out.push(0x80 | (port >> 8));
    out.push(port & 0xff);
  }
  return Uint8Array.from(out);
}

/** The ports, or `null` if the run is cut short or holds a port in a longer form than it needs. */
export function decodePorts(route: Uint8Array): number[] | null {
  const ports: number[] = [];
  for (let cursor = 0; cursor < route.length;) {
    const read = readPort(route, cursor);
    if (read === null) return null;
    ports.push(read.port);
    cursor = read.next;
  }
  return ports;
}

/** The port at byte `cursor` and where the next one begins; `null` at the end of the route or on a malformed port. */
export function readPort(
  route: Uint8Array,
  cursor: number,
): { readonly port: number; readonly next: number } | null {
  const port = portAt(route, cursor, route.length);
  return port === NO_PORT ? null : { port, next: cursor + portBytes(port) };
}

/** Where there is no port. */
export const NO_PORT = -1;

/** The port at `at` of a run that ends before `end`; `NO_PORT` at its end or where it is malformed. Makes nothing. */
export function portAt(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return NO_PORT;
  const first = bytes[at] ?? 0;
  if (first < ONE_BYTE_PORTS) return first;
  if (at + 1 >= end) return NO_PORT;
  const port = ((first & 0x7f) << 8) | (bytes[at + 1] ?? 0);
  return port < ONE_BYTE_PORTS ? NO_PORT : port;
}

/** The length of a port's one encoding. */
export function portBytes(port: number): number {
  return port < ONE_BYTE_PORTS ? 1 : 2;
}
