// An explanation in lines for people, for `bitcraps routes --explain` and the simulator.

import type { ExplainedHop, ExplainedRoute, RouteExplanation } from './explain.ts';

const NOT_MEASURED = 'n/a';

/** `nameOf` tells what a node is called. No line ends with a line break. */
export function explanationLines(
  explanation: RouteExplanation,
  nameOf: (node: number) => string,
): string[] {
  const { source, destination, policy, chosen, rejected, suspects } = explanation;
  const path = (nodes: readonly number[]): string => nodes.map(nameOf).join(' → ');
  const lines = [`${nameOf(source)} to ${nameOf(destination)} by ${policy}`];
  if (suspects.length > 0) {
    lines.push(`links taken for dead: to ${suspects.map(nameOf).join(', ')}`);
  }
  lines.push('');
  if (chosen === null) lines.push('no route');
  else lines.push(...chosenLines(chosen, path(chosen.nodes), nameOf));

  lines.push('', rejected.length === 0 ? 'no other route' : 'not taken:');
  for (const route of rejected) {
    const shared =
      route.shared.length === 0 ? '' : `; shares ${route.shared.map(nameOf).join(', ')}`;
    lines.push(
      `  ${path(route.nodes)}`,
      `    ${route.reason}, weight ${route.cost}: ${route.rejected}${shared}`,
    );
  }
  lines.push('', ...disjointLines(explanation, path, nameOf));
  return lines;
}

function chosenLines(
  route: ExplainedRoute,
  path: string,
  nameOf: (node: number) => string,
): string[] {
  const { totals } = route;
  return [
    `chosen: ${path}`,
    `  because: ${route.reason}`,
    `  weight ${route.cost}, ${totals.hops} ${totals.hops === 1 ? 'hop' : 'hops'}, latency ${milliseconds(totals.latencyMs)}, ` +
      `narrowest ${rate(totals.bytesPerSecond)}, delivery ${share(totals.delivery)}, ` +
      `least energy ${share(totals.energy)}, fullest ${share(totals.congestion)}`,
    ...route.hops.map((hop) => hopLine(hop, nameOf)),
  ];
}

function hopLine(hop: ExplainedHop, nameOf: (node: number) => string): string {
  return (
    `  ${nameOf(hop.from)} → ${nameOf(hop.to)} by port ${hop.port}: weight ${hop.weight}, ` +
    `latency ${milliseconds(hop.latencyMs)}, jitter ${milliseconds(hop.jitterMs)}, ` +
    `loss ${share(hop.loss)}, rate ${rate(hop.bytesPerSecond)}, congestion ${share(hop.congestion)}`
  );
}

function disjointLines(
  { disjoint, source, destination }: RouteExplanation,
  path: (nodes: readonly number[]) => string,
  nameOf: (node: number) => string,
): string[] {
  if (source === destination) return [];
  const { routes, wanted, cut } = disjoint;
  const lines = [`node-disjoint routes: ${routes.length} of ${wanted}`];
  for (const route of routes) lines.push(`  ${path(route.nodes)} (weight ${route.cost})`);
  if (cut === null) return lines;
  const through = [
    ...cut.nodes.map((node) => `node ${nameOf(node)}`),
    ...cut.links.map(([from, to]) => `link ${nameOf(from)} – ${nameOf(to)}`),
  ];
  lines.push(
    through.length === 0
      ? '  no more: the two are not connected'
      : `  no more: every route passes ${through.join(' or ')}`,
  );
  return lines;
}

function milliseconds(value: number | null): string {
  return value === null ? NOT_MEASURED : `${rounded(value)} ms`;
}

function rate(value: number | null): string {
  if (value === null) return NOT_MEASURED;
  if (value >= 1e6) return `${rounded(value / 1e6)} MB/s`;
  return value >= 1e3 ? `${rounded(value / 1e3)} kB/s` : `${rounded(value)} B/s`;
}

function share(value: number | null): string {
  return value === null ? NOT_MEASURED : `${rounded(value * 100)} %`;
}

/** Three digits that count. */
function rounded(value: number): string {
  return value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}
