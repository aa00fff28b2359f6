// Draws a topology as SVG: nodes on a map or by their links, links by quality, and the routes of a pair over them. One
// file without scripts, light or dark as its reader has it.

import type { Rng } from '../../env/rng.ts';
import type { Box } from './spread.ts';
import { layoutTopology, type TopologyLayout } from './topology-layout.ts';
import type { Topology, TopologyLink } from './topology.ts';

/** A way from the first of its nodes to the last. */
export interface DrawnRoute {
  /** For the legend: a policy, or the number of a path. */
  readonly label: string;
  readonly nodes: readonly number[];
  /** `null` where it is not known. */
  readonly cost: number | null;
}

export interface DrawingOptions {
  /** Absent: the topology's name. */
  readonly title?: string;
  readonly routes?: readonly DrawnRoute[];
  /** Indices of links and nodes that are down. */
  readonly failedLinks?: ReadonlySet<number>;
  readonly failedNodes?: ReadonlySet<number>;
  /** Pixels; 1 200 unless told. */
  readonly width?: number;
}

const WIDTH = 1200;
const MARGIN = 16;
/** Further routes are not drawn. */
export const DRAWN_ROUTES_MAX = 8;
/** With more nodes, only the ends of routes have labels. */
const LABELLED_NODES_MAX = 60;
/** With more nodes, rims would cover what they surround. */
const RIMMED_NODES_MAX = 2_000;
/** With more nodes, pointing at one shows nothing. */
const TITLED_NODES_MAX = 5_000;
const LABEL_CHARACTERS_MAX = 24;
/** With more links, the long ones are faint. */
const MANY_LINKS = 400;

/** Okabe and Ito's colours, which colour-blind people tell apart. */
const ROUTE_COLOURS = [
  '#d55e00',
  '#0072b2',
  '#cc79a7',
  '#009e73',
  '#e69f00',
  '#56b4e9',
  '#7f3fbf',
  '#8c564b',
];

interface LinkClass {
  readonly name: string;
  readonly text: string;
}

/** By the worse of both directions, worst first; the last one is drawn on top. */
const QUALITY_CLASSES: readonly (LinkClass & { readonly below: number })[] = [
  { name: 'q0', text: 'below 30 %', below: 0.3 },
  { name: 'q1', text: '30–60 %', below: 0.6 },
  { name: 'q2', text: '60–85 %', below: 0.85 },
  { name: 'q3', text: '85 % and more', below: Infinity },
];
const UNKNOWN_CLASS: LinkClass = { name: 'qu', text: 'quality unknown' };
const VPN_CLASS: LinkClass = { name: 'vpn', text: 'tunnel' };
const FAILED_CLASS: LinkClass = { name: 'down', text: 'failed' };
const LINK_CLASSES: readonly LinkClass[] = [
  VPN_CLASS,
  UNKNOWN_CLASS,
  ...QUALITY_CLASSES,
  FAILED_CLASS,
];

const STYLE = `
svg{font-family:system-ui,sans-serif;font-size:13px}
.paper{fill:#fff}.text{fill:#222}.faint{fill:#666}
.links path{fill:none;stroke-linecap:round}
.vpn{stroke:#8a7fb5;stroke-width:.7;stroke-dasharray:4 3;stroke-opacity:.45}
.qu{stroke:#8a8f98;stroke-width:1}
.q0{stroke:#e0a15e;stroke-width:.8}.q1{stroke:#c9b93c;stroke-width:1.1}
.q2{stroke:#5aa469;stroke-width:1.4}.q3{stroke:#1f7a8c;stroke-width:1.8}
.many path{stroke-opacity:.75}.links .long{stroke-opacity:.22;stroke-width:.9}.links .vpn.long{stroke-opacity:.3}
.down{stroke:#d62728;stroke-width:1.8;stroke-dasharray:2 4}
.node{fill:#30343b;stroke:#fff;stroke-width:.6}
.rimless .node{stroke-width:0}
.guessed{fill:#fff;stroke:#30343b;stroke-width:1}
.outlier{fill:#9aa0a8;stroke:#30343b;stroke-width:1}
.lost{fill:none;stroke:#d62728;stroke-width:2}
.casing{stroke:#fff;fill:none;stroke-opacity:.85}.route{fill:none;stroke-linejoin:round;stroke-linecap:round}
.end{fill:#fff;stroke:#111;stroke-width:2.5}
.label{fill:#222;stroke:#fff;stroke-width:3px;paint-order:stroke;stroke-linejoin:round}
@media (prefers-color-scheme:dark){
.paper{fill:#15181d}.text,.label{fill:#e6e6e6}.faint{fill:#9aa0a8}.label{stroke:#15181d}
.node{fill:#d5d8dd;stroke:#15181d}.guessed{fill:#15181d;stroke:#d5d8dd}.outlier{fill:#6a7078;stroke:#d5d8dd}
.casing{stroke:#15181d}.end{fill:#15181d;stroke:#fff}
.q3{stroke:#3fb4c9}
}`;

/**
 * The text of an SVG document. Nodes without coordinates are placed with the help of `rng`; the same numbers give the
 * same drawing.
 */
export function drawTopology(topology: Topology, rng: Rng, options: DrawingOptions = {}): string {
  const width = options.width ?? WIDTH;
  const layout = layoutTopology(topology, width - 2 * MARGIN, rng);
  const drawing = new Drawing(topology, layout, options, width);
  return drawing.text();
}

/** For texts and values of attributes; characters that XML cannot hold become a question mark. */
export function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[^\t\n\r\u0020-\uFFFD\u{10000}-\u{10FFFF}]/gu, '?')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

function shortened(text: string): string {
  if (text.length <= LABEL_CHARACTERS_MAX) return text;
  // A cut pair of surrogates is no character.
  return `${text.slice(0, LABEL_CHARACTERS_MAX - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

function overlap(p: Box, q: Box): boolean {
  return p.left < q.right && q.left < p.right && p.top < q.bottom && q.top < p.bottom;
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}

class Drawing {
  readonly #topology: Topology;
  readonly #layout: TopologyLayout;
  readonly #options: DrawingOptions;
  readonly #routes: readonly DrawnRoute[];
  readonly #width: number;
  readonly #lines: string[] = [];
  /** Where the next thing goes. */
  #y = MARGIN;

  constructor(topology: Topology, layout: TopologyLayout, options: DrawingOptions, width: number) {
    this.#topology = topology;
    this.#layout = layout;
    this.#options = options;
    this.#routes = (options.routes ?? []).slice(0, DRAWN_ROUTES_MAX);
    this.#width = width;
  }

  text(): string {
    this.#head();
    const top = this.#y;
    this.#lines.push(`<g transform="translate(${MARGIN} ${round(top)})">`);
    this.#links();
    this.#drawRoutes();
    this.#nodes();
    this.#ends();
    this.#labels();
    this.#lines.push('</g>');
    this.#y = top + this.#layout.height + MARGIN;
    this.#legend();
    const height = Math.ceil(this.#y + MARGIN / 2);
    const size = `width="${this.#width}" height="${height}" viewBox="0 0 ${this.#width} ${height}"`;
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img">`,
      `<title>${escapeXml(this.#title())}</title>`,
      `<style>${STYLE}</style>`,
      `<rect class="paper" width="${this.#width}" height="${height}"/>`,
      ...this.#lines,
      '</svg>\n',
    ].join('\n');
  }

  #title(): string {
    return this.#options.title ?? this.#topology.name ?? 'Mesh';
  }

  #head(): void {
    const { nodes, links } = this.#topology;
    const counts = `${nodes.length} nodes, ${links.length} links`;
    this.#y += 18;
    this.#lines.push(
      `<text class="text" x="${MARGIN}" y="${this.#y}" font-size="20" font-weight="600">${escapeXml(this.#title())}</text>`,
      `<text class="faint" x="${this.#width - MARGIN}" y="${this.#y}" text-anchor="end">${counts}</text>`,
    );
    this.#y += MARGIN;
  }

  #at(node: number): readonly [string, string] {
    const { xs, ys } = this.#layout.places;
    return [round(xs[node] ?? 0), round(ys[node] ?? 0)];
  }

  #classOf(index: number, link: TopologyLink): LinkClass {
    const { failedLinks, failedNodes } = this.#options;
    const isDown = failedLinks?.has(index) === true;
    if (isDown || failedNodes?.has(link.a) === true || failedNodes?.has(link.b) === true) {
      return FAILED_CLASS;
    }
    if (link.kind === 'vpn') return VPN_CLASS;
    const { toA, toB } = link;
    const quality = Math.min(toA.quality ?? toB.quality ?? NaN, toB.quality ?? toA.quality ?? NaN);
    return QUALITY_CLASSES.find(({ below }) => quality < below) ?? UNKNOWN_CLASS;
  }

  /**
   * One path for each class, so that a large network stays a small file. Where there are many links, the long ones are
   * faint and below, for they cross all others.
   */
  #links(): void {
    const { links } = this.#topology;
    const { xs, ys } = this.#layout.places;
    const many = links.length > MANY_LINKS;
    const paths = new Map<string, string[]>();
    for (const [i, link] of links.entries()) {
      const { a, b } = link;
      const { name } = this.#classOf(i, link);
      const length = Math.hypot((xs[a] ?? 0) - (xs[b] ?? 0), (ys[a] ?? 0) - (ys[b] ?? 0));
      const key = many && length > this.#width / 12 ? `${name} long` : name;
      const line = `M${this.#at(a).join(' ')}L${this.#at(b).join(' ')}`;
      const lines = paths.get(key);
      if (lines === undefined) paths.set(key, [line]);
      else lines.push(line);
    }
    this.#lines.push(`<g class="links${many ? ' many' : ''}">`);
    for (const suffix of [' long', '']) {
      for (const { name } of LINK_CLASSES) {
        const lines = paths.get(name + suffix);
        if (lines === undefined) continue;
        this.#lines.push(`<path class="${name}${suffix}" d="${lines.join('')}"/>`);
      }
    }
    this.#lines.push('</g>');
  }

  /** The first is the widest, so that all are seen where they share links. */
  #drawRoutes(): void {
    const wayOf = ({ nodes }: DrawnRoute): string =>
      nodes.map((node, i) => `${i === 0 ? 'M' : 'L'}${this.#at(node).join(' ')}`).join('');
    const widest = 3 * this.#routes.length + 1;
    for (const route of this.#routes) {
      this.#lines.push(`<path class="casing" stroke-width="${widest + 3}" d="${wayOf(route)}"/>`);
    }
    for (const [i, route] of this.#routes.entries()) {
      const paint = `stroke="${ROUTE_COLOURS[i] ?? ''}" stroke-width="${widest - 3 * i}"`;
      this.#lines.push(`<path class="route" ${paint} d="${wayOf(route)}"/>`);
    }
  }

  #nodes(): void {
    const { nodes } = this.#topology;
    const { kinds, nodeRadius, kmPerPixel } = this.#layout;
    const isMap = kmPerPixel !== null;
    const titled = nodes.length <= TITLED_NODES_MAX;
    const onRoutes = new Set(this.#routes.flatMap((route) => route.nodes));
    this.#lines.push(nodes.length > RIMMED_NODES_MAX ? '<g class="rimless">' : '<g>');
    for (const [i, { id, name }] of nodes.entries()) {
      const [x, y] = this.#at(i);
      const radius = round(onRoutes.has(i) ? Math.max(2.6, nodeRadius) : nodeRadius);
      const kind = kinds[i] === 'known' || !isMap ? 'node' : `node ${kinds[i]}`;
      const start = `<circle class="${kind}" cx="${x}" cy="${y}" r="${radius}"`;
      const title = name === null || name === id ? id : `${id} ${name}`;
      this.#lines.push(
        titled ? `${start}><title>${escapeXml(title)}</title></circle>` : `${start}/>`,
      );
    }
    for (const node of this.#options.failedNodes ?? []) {
      const [x, y] = this.#at(node);
      const arm = round(nodeRadius + 3);
      this.#lines.push(
        `<path class="lost" transform="translate(${x} ${y})" d="M-${arm} -${arm}L${arm} ${arm}M-${arm} ${arm}L${arm} -${arm}"/>`,
      );
    }
    this.#lines.push('</g>');
  }

  /** A circle where routes begin, a square where they end. */
  #ends(): void {
    const radius = Math.max(6, this.#layout.nodeRadius + 2);
    for (const node of new Set(this.#routes.flatMap(({ nodes }) => nodes.slice(0, 1)))) {
      const [x, y] = this.#at(node);
      this.#lines.push(`<circle class="end" cx="${x}" cy="${y}" r="${radius}"/>`);
    }
    for (const node of new Set(this.#routes.flatMap(({ nodes }) => nodes.slice(-1)))) {
      const [x, y] = this.#at(node);
      const corner = `translate(${x} ${y})`;
      this.#lines.push(
        `<rect class="end" transform="${corner}" x="-${radius}" y="-${radius}" width="${2 * radius}" height="${2 * radius}"/>`,
      );
    }
  }

  /** Those of the ends of routes first; one that finds no free room beside its node is left out. */
  #labels(): void {
    const { nodes } = this.#topology;
    const shown = new Map<number, string>();
    for (const { nodes: way } of this.#routes) {
      for (const [word, node] of [
        ['from', way[0]],
        ['to', way.at(-1)],
      ] as const) {
        const found = node === undefined ? undefined : nodes[node];
        if (node !== undefined && found !== undefined) {
          shown.set(node, `${word} ${found.name ?? found.id}`);
        }
      }
    }
    const ends = shown.size;
    if (nodes.length <= LABELLED_NODES_MAX) {
      for (const [i, { id, name }] of nodes.entries()) if (!shown.has(i)) shown.set(i, name ?? id);
    }
    const taken: Box[] = [...shown.keys()].map((node) => this.#boxOf(node));
    let count = 0;
    for (const [node, label] of shown) {
      count += 1;
      this.#label(node, shortened(label), taken, count <= ends);
    }
  }

  #boxOf(node: number): Box {
    const { places, nodeRadius } = this.#layout;
    const x = places.xs[node] ?? 0;
    const y = places.ys[node] ?? 0;
    return {
      left: x - nodeRadius,
      right: x + nodeRadius,
      top: y - nodeRadius,
      bottom: y + nodeRadius,
    };
  }

  /** Right above, right below, left above or left below of its node, wherever no other label or node is. */
  #label(node: number, label: string, taken: Box[], always: boolean): void {
    const { left, right, top, bottom } = this.#boxOf(node);
    const inner = this.#width - 2 * MARGIN;
    const length = 7.8 * label.length;
    for (const [beside, above] of [
      [1, 1],
      [1, 0],
      [0, 1],
      [0, 0],
    ] as const) {
      const x = beside === 1 ? right + 4 : left - 4 - length;
      const y = above === 1 ? top - 12 : bottom;
      const box = { left: x, right: x + length, top: y, bottom: y + 12 };
      const isLast = beside + above === 0;
      const isFree = x >= 0 && box.right <= inner && !taken.some((other) => overlap(box, other));
      if (!isFree && !(always && isLast)) continue;
      taken.push(box);
      const anchor = beside === 1 ? '' : ' text-anchor="end"';
      const place = `x="${round(beside === 1 ? x : x + length)}" y="${round(y + 10)}"${anchor}`;
      this.#lines.push(`<text class="label" ${place}>${escapeXml(label)}</text>`);
      return;
    }
  }

  /** At the right of the legend: a round number of kilometres or metres, about a tenth of the width. */
  #scaleBar(): void {
    const { kmPerPixel } = this.#layout;
    if (kmPerPixel === null) return;
    const km = (this.#width / 10) * kmPerPixel;
    const power = 10 ** Math.floor(Math.log10(km));
    const length = (km >= 5 * power ? 5 : km >= 2 * power ? 2 : 1) * power;
    const text = length >= 1 ? `${length} km` : `${Number((length * 1000).toPrecision(1))} m`;
    const right = this.#width - MARGIN;
    const left = round(right - length / kmPerPixel);
    const top = round(this.#y - 4);
    this.#lines.push(
      `<path d="M${left} ${top}v6H${right}v-6" fill="none" stroke="#888" stroke-width="1.5"/>`,
      `<text class="faint" x="${right}" y="${round(this.#y + 18)}" text-anchor="end">${text}</text>`,
    );
  }

  #legend(): void {
    this.#scaleBar();
    const counts = new Map<LinkClass, number>();
    for (const [i, link] of this.#topology.links.entries()) {
      const linkClass = this.#classOf(i, link);
      counts.set(linkClass, (counts.get(linkClass) ?? 0) + 1);
    }
    for (const [i, route] of this.#routes.entries()) {
      const hops = Math.max(0, route.nodes.length - 1);
      const cost = route.cost === null ? '' : `cost ${route.cost}, `;
      const text = `${shortened(route.label)}: ${cost}${hops} ${hops === 1 ? 'hop' : 'hops'}`;
      this.#key(0, `stroke="${ROUTE_COLOURS[i] ?? ''}" stroke-width="5"`, text);
      this.#y += 20;
    }
    let x = 0;
    for (const linkClass of LINK_CLASSES) {
      const count = counts.get(linkClass);
      if (count === undefined) continue;
      const text = `${linkClass.text} (${count})`;
      const takes = 50 + 7.5 * text.length;
      if (x > 0 && x + takes > this.#width - 2 * MARGIN) {
        x = 0;
        this.#y += 20;
      }
      this.#key(x, `class="${linkClass.name}"`, text);
      x += takes;
    }
    if (x > 0) this.#y += 20;
    this.#notes();
  }

  #key(x: number, paint: string, text: string): void {
    const left = MARGIN + x;
    this.#lines.push(
      `<path ${paint} d="M${round(left)} ${round(this.#y)}h28"/>`,
      `<text class="text" x="${round(left + 36)}" y="${round(this.#y + 4.5)}">${escapeXml(text)}</text>`,
    );
  }

  /** What a reader must know of the places. */
  #notes(): void {
    const { kinds, kmPerPixel } = this.#layout;
    if (kmPerPixel === null) return;
    const count = (kind: string): number => kinds.filter((other) => other === kind).length;
    const notes: string[] = [];
    const guessed = count('guessed');
    const outliers = count('outlier');
    if (guessed > 0) {
      notes.push(`Hollow: ${guessed} without coordinates, placed beside their neighbours.`);
    }
    if (outliers > 0) notes.push(`Grey, at the border: ${outliers} too far away for the map.`);
    if (notes.length === 0) return;
    this.#lines.push(
      `<text class="faint" x="${MARGIN}" y="${round(this.#y + 4.5)}">${notes.join(' ')}</text>`,
    );
    this.#y += 20;
  }
}
