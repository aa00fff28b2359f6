// Reads what people write after `--faults`: `10s kill 3 for 5s; 20s cut 10%; 30s lose 20% on 3 links; 60s heal`, or
// `random:0.5`. `FAULTS_HELP` is the grammar as `--help` tells it.

import { fail, ok, type Result } from '../../core/errors.ts';
import { formatDuration, parseDuration } from '../../core/units.ts';
import type { FaultScript, FaultStep, FaultTargets } from './fault.ts';

/** A fault without an end goes on for so long before the run ends. */
export const OPEN_FOR_MS_MIN = 10_000;

export const FAULTS_HELP: string = `Faults: steps with a time each, separated by semicolons; or random:RATE, so many per second, drawn from the seed.
  TIME kill NODES [for TIME]               the process ends at once, and starts again when the fault ends
  TIME pause NODES for TIME                it stands still
  TIME cut LINKS [for TIME]                nothing passes, nobody is told
  TIME slow LINKS by TIME [for TIME]       each direction takes so much longer
  TIME lose PERCENT [on LINKS] [for TIME]  so much has to be sent again; without "on": on all links
  TIME skew NODES by [-]TIME [for TIME]    the node's wall clock is wrong by so much
  TIME heal                                every fault ends
NODES and LINKS: a count (3), a share (10%), all, or names (a,b for nodes, @3 for one that is called 3; a/b,b/c for
links). Without "for", a fault lasts until the next heal, or the end of the run, which comes ${OPEN_FOR_MS_MIN / 1000} s later at the earliest.
Which ones a count or a share means, the seed decides. What a fault of the same kind holds already is left out, and
that is told; kill and pause count as one kind, but a kill by name ends a pause.`;

/** Longer texts are not read. */
const TEXT_CHARACTERS_MAX = 64 * 1024;
const STEPS_MAX = 1_000;
/** Of when a step begins, how long it lasts, and by how much it slows. */
const TIME_MS_MAX = 86_400_000;
/** Of a wall clock: ten years. */
const SKEW_MS_MAX = 3_650 * TIME_MS_MAX;
/** Faults per second. */
const RATE_MAX = 100;
const NAME = /^[\w.:/-]+$/;
const KINDS = ['kill', 'pause', 'cut', 'slow', 'lose', 'skew', 'heal'] as const;
type Kind = (typeof KINDS)[number];

/** Error: `SIM_FAULTS_INVALID`, which names the step and what is wrong with it. */
export function parseFaults(text: string): Result<FaultScript, 'SIM_FAULTS_INVALID'> {
  try {
    if (text.length > TEXT_CHARACTERS_MAX) {
      throw wrong(text.slice(0, 20), `it is longer than ${TEXT_CHARACTERS_MAX} characters`);
    }
    return ok(scriptOf(text));
  } catch (error) {
    if (error instanceof WrongStep) {
      return fail('SIM_FAULTS_INVALID', { step: error.step, reason: error.message });
    }
    throw error;
  }
}

/** Carries what is wrong out of the parser; never leaves this file. */
class WrongStep extends Error {
  readonly step: string;

  constructor(step: string, reason: string) {
    super(reason);
    this.step = step;
  }
}

function wrong(step: string, reason: string): WrongStep {
  return new WrongStep(step, reason);
}

function scriptOf(text: string): FaultScript {
  const random = /^\s*random\s*(?::(.*))?$/s.exec(text);
  if (random !== null) return { kind: 'random', perSecond: rateOf(text, random[1] ?? '') };
  const texts = text
    .split(';')
    .map((step) => step.trim().replaceAll(/\s+/g, ' ').replaceAll(/ ?, ?/g, ','))
    .filter((step) => step !== '');
  if (texts.length === 0) throw wrong(text, 'there is no step');
  if (texts.length > STEPS_MAX) throw wrong(texts[0] ?? '', `there are more than ${STEPS_MAX}`);
  const steps = texts.map(stepOf).toSorted((x, y) => x.atMs - y.atMs);
  return { kind: 'steps', steps };
}

function rateOf(text: string, rate: string): number {
  const perSecond = Number(rate);
  if (/^\d*\.?\d+$/.test(rate.trim()) && perSecond > 0 && perSecond <= RATE_MAX) return perSecond;
  throw wrong(
    text.trim(),
    `a rate is a number of faults per second, above 0 and at most ${RATE_MAX}, such as random:0.5`,
  );
}

function stepOf(text: string): FaultStep {
  const words = new Words(text);
  const atMs = words.time('when it happens, such as 10s');
  const kind = words.kind();
  if (kind === 'heal') {
    words.end();
    return { kind, atMs, text };
  }
  if (kind === 'lose') {
    const share = words.share();
    const targets: FaultTargets = words.skip('on')
      ? words.targets('link')
      : { kind: 'share', share: 1 };
    return { kind, atMs, share, targets, forMs: words.duration(), text };
  }
  const targets = words.targets(kind === 'cut' || kind === 'slow' ? 'link' : 'node');
  if (kind === 'kill' || kind === 'cut') {
    return { kind, atMs, targets, forMs: words.duration(), text };
  }
  if (kind === 'pause') {
    const forMs = words.duration();
    if (forMs === null) throw wrong(text, 'a pause needs its length, such as for 5s');
    return { kind, atMs, targets, forMs, text };
  }
  words.need('by', `${kind} needs how much, such as by 200ms`);
  const byMs = kind === 'skew' ? words.signedTime() : words.span('how much, such as 200ms');
  return { kind, atMs, targets, byMs, forMs: words.duration(), text };
}

/** The words of one step, taken from the left. */
class Words {
  readonly #text: string;
  readonly #words: string[];

  constructor(text: string) {
    this.#text = text;
    this.#words = text.split(' ');
  }

  kind(): Kind {
    const word = this.#words.shift() ?? '';
    const kind = KINDS.find((name) => name === word);
    if (kind === undefined) {
      throw this.#wrong(word === '' ? 'it does not say what happens' : `there is no fault ${word}`);
    }
    return kind;
  }

  time(what: string, maxMs: number = TIME_MS_MAX): number {
    const word = this.#words.shift();
    if (word === undefined) throw this.#wrong(`it lacks ${what}`);
    const parsed = parseDuration(word);
    if (!parsed.ok) throw this.#wrong(`${word} is not ${what} (number and unit in one word)`);
    if (parsed.value <= maxMs) return parsed.value;
    throw this.#wrong(`${word} is more than ${formatDuration(maxMs)}`);
  }

  /** Above 0: what lasts for no time, or changes nothing, is no fault. */
  span(what: string, maxMs?: number): number {
    const [word] = this.#words;
    const ms = this.time(what, maxMs);
    if (ms > 0) return ms;
    throw this.#wrong(`${word} would change nothing`);
  }

  signedTime(): number {
    const [word = ''] = this.#words;
    if (!word.startsWith('-')) return this.span('how much, such as 2s', SKEW_MS_MAX);
    this.#words[0] = word.slice(1);
    return -this.span('how much, such as -2s', SKEW_MS_MAX);
  }

  share(): number {
    const word = this.#words.shift() ?? '';
    const percent = /^(\d+(?:\.\d+)?)%$/.exec(word);
    const share = Number(percent?.[1] ?? Number.NaN) / 100;
    if (share > 0 && share < 1) return share;
    throw this.#wrong('lose needs a share above 0% and below 100%; to lose all, cut');
  }

  targets(what: 'node' | 'link'): FaultTargets {
    const word = this.#words.shift();
    if (word === undefined || word === 'for' || word === 'by') {
      throw this.#wrong(`it does not say which ${what}s`);
    }
    const targets = this.#targetsOf(word, what);
    const [next] = this.#words;
    if (next === what || next === `${what}s`) this.#words.shift();
    return targets;
  }

  #targetsOf(word: string, what: 'node' | 'link'): FaultTargets {
    if (word === 'all') return { kind: 'share', share: 1 };
    const percent = /^(\d+(?:\.\d+)?)%$/.exec(word);
    if (percent !== null) {
      const share = Number(percent[1]) / 100;
      if (share > 0 && share <= 1) return { kind: 'share', share };
      throw this.#wrong(`${word} is not a share above 0% and up to 100%`);
    }
    if (/^\d+$/.test(word)) {
      const count = Number(word);
      if (count > 0 && count <= 1_000_000) return { kind: 'count', count };
      throw this.#wrong(`${word} is not a count of ${what}s`);
    }
    // A name of digits alone would be a count.
    const names = word.split(',').map((name) => name.replace(/^@/, ''));
    const isName = (name: string): boolean =>
      NAME.test(name) && (what === 'node' || /^[^/]+\/[^/]+$/.test(name));
    if (names.every(isName)) return { kind: 'named', names };
    const form = what === 'node' ? 'names such as a,b' : 'names such as a/b,b/c';
    throw this.#wrong(`${word} is neither a count, a share, all, nor ${form}`);
  }

  skip(word: string): boolean {
    if (this.#words[0] !== word) return false;
    this.#words.shift();
    return true;
  }

  need(word: string, otherwise: string): void {
    if (!this.skip(word)) throw this.#wrong(otherwise);
  }

  /** `for TIME` where it stands, and then the end. */
  duration(): number | null {
    const forMs = this.skip('for') ? this.span('how long, such as 5s') : null;
    this.end();
    return forMs;
  }

  end(): void {
    const [word] = this.#words;
    if (word !== undefined) throw this.#wrong(`${word} is one word too many`);
  }

  #wrong(reason: string): WrongStep {
    return wrong(this.#text, reason);
  }
}
