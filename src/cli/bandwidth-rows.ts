// What a gateway sent lately, for `bitcraps status`: a line for each side, and one for what it could not send.

import type { BandwidthUsage, InterfaceUsage } from '../gateway/shaping/bandwidth-usage.ts';

const SIDES = [
  ['internet', 'to gateways'],
  ['local', 'to its mesh'],
] as const;

export function bandwidthRows(usage: BandwidthUsage | null): readonly (readonly string[])[] {
  if (usage === null) return [];
  return SIDES.flatMap(([name, label]) => {
    const side = usage.interfaces[name];
    const dropped = Object.entries(side.drops).filter(([, count]) => count > 0);
    const reasons = dropped.map(([reason, count]) => `${count} ${reason}`).join(', ');
    return [[label, sideText(side)], ...(reasons === '' ? [] : [['', `dropped: ${reasons}`]])];
  });
}

function sideText({ out, mbpsMax, classes, links, queuedBytes }: InterfaceUsage): string {
  const limit = mbpsMax === null ? 'no limit' : `limit ${mbpsMax} Mbit/s`;
  const parts = (['control', 'game', 'bulk'] as const).map((name) => {
    const { bytesPerSecond, queueMsP99 } = classes[name];
    const wait = queueMsP99 === null ? 'n/a' : `${queueMsP99.toFixed(1)} ms`;
    return `${name} ${mbps(bytesPerSecond)} (p99 wait ${wait})`;
  });
  const held = links.filter(({ adaptiveMbpsMax }) => adaptiveMbpsMax !== null).length;
  const waiting = queuedBytes === 0 ? '' : `, ${queuedBytes} B wait`;
  const slowed = held === 0 ? '' : `, ${held} of ${links.length} links slowed`;
  return `${mbps(out.bytesPerSecond)} Mbit/s, ${limit}: ${parts.join(', ')}${waiting}${slowed}`;
}

function mbps(bytesPerSecond: number): string {
  return ((bytesPerSecond * 8) / 1e6).toFixed(2);
}
