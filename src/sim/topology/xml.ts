// A small strict reader of XML 1.0 (https://www.w3.org/TR/xml/): elements, attributes, text, character data sections,
// comments and processing instructions. Document types are refused, and with them every entity that could grow or read
// another file; only the five predefined entities and character references are known.

import { fail, ok, type Result } from '../../core/errors.ts';

/** Elements inside one another. */
export const XML_DEPTH_MAX = 64;
export const XML_ATTRIBUTES_MAX = 64;

/** What a reader of XML does with its parts, in the order of the text. Names come without their namespace's prefix. */
export interface XmlHandler {
  open(name: string, attributes: ReadonlyMap<string, string>, at: number): void;
  /** Text between tags, references replaced; one text may come in pieces. */
  text(text: string): void;
  close(name: string): void;
}

const NAME = /[A-Za-z_:\u00B7-\uFFFD][\w.:\-\u00B7-\uFFFD]*/y;
const SPACE = /[ \t\r\n]*/y;
const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
]);

/** Says what is wrong where; caught by `readXml`. */
class Wrong extends Error {
  readonly at: number;
  constructor(at: number, what: string) {
    super(what);
    this.at = at;
  }
}

/** `line 3, column 5` of an offset in a text. */
export function placeIn(text: string, at: number): string {
  const lines = text.slice(0, at).split('\n');
  return `line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}`;
}

/** Hands the parts of `text` to `handler`. `SIM_TOPOLOGY_MALFORMED` where it is not well-formed, or has a document type. */
export function readXml(text: string, handler: XmlHandler): Result<void, 'SIM_TOPOLOGY_MALFORMED'> {
  try {
    new XmlReader(text, handler).run();
    return ok(undefined);
  } catch (error) {
    if (!(error instanceof Wrong)) throw error;
    const where = placeIn(text, error.at);
    return fail('SIM_TOPOLOGY_MALFORMED', { format: 'XML', where, what: error.message });
  }
}

class XmlReader {
  readonly #text: string;
  readonly #handler: XmlHandler;
  readonly #open: string[] = [];
  #at = 0;
  #roots = 0;

  constructor(text: string, handler: XmlHandler) {
    this.#text = text;
    this.#handler = handler;
  }

  run(): void {
    while (this.#at < this.#text.length) {
      const next = this.#text.indexOf('<', this.#at);
      const end = next < 0 ? this.#text.length : next;
      this.#characters(this.#at, end);
      this.#at = end;
      if (next >= 0) this.#markup();
    }
    const unclosed = this.#open.at(-1);
    if (unclosed !== undefined) throw this.#wrong(`the element ${brief(unclosed)} is not closed`);
    if (this.#roots === 0) throw this.#wrong('there is no element');
  }

  #wrong(what: string, at: number = this.#at): Wrong {
    return new Wrong(at, what);
  }

  #characters(from: number, to: number): void {
    if (from === to) return;
    const raw = this.#text.slice(from, to);
    if (this.#open.length === 0) {
      if (raw.trim() !== '') throw this.#wrong('there is text outside of the root element', from);
      return;
    }
    this.#handler.text(this.#unescaped(raw, from));
  }

  #markup(): void {
    if (this.#takes('<!--')) {
      this.#until('-->', 'comment');
    } else if (this.#takes('<![CDATA[')) {
      const from = this.#at;
      if (this.#open.length === 0) throw this.#wrong('there is text outside of the root element');
      this.#until(']]>', 'character data section');
      this.#handler.text(this.#text.slice(from, this.#at - ']]>'.length));
    } else if (this.#takes('<?')) {
      this.#until('?>', 'processing instruction');
    } else if (this.#takes('<!')) {
      throw this.#wrong('document types and declarations are not read');
    } else if (this.#takes('</')) {
      this.#endTag();
    } else {
      this.#at += 1;
      this.#startTag();
    }
  }

  #takes(prefix: string): boolean {
    if (!this.#text.startsWith(prefix, this.#at)) return false;
    this.#at += prefix.length;
    return true;
  }

  #until(end: string, what: string): void {
    const at = this.#text.indexOf(end, this.#at);
    if (at < 0) throw this.#wrong(`the ${what} does not end`);
    this.#at = at + end.length;
  }

  #matched(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += found.length;
    return found;
  }

  #name(of: string): string {
    const name = this.#matched(NAME);
    if (name === '') throw this.#wrong(`here the name of an ${of} was expected`);
    return name;
  }

  #startTag(): void {
    const at = this.#at - 1;
    const name = this.#name('element');
    if (this.#open.length === 0) {
      if (this.#roots > 0) throw this.#wrong('there is a second root element', at);
      this.#roots += 1;
    }
    if (this.#open.length >= XML_DEPTH_MAX) {
      throw this.#wrong(`more than ${XML_DEPTH_MAX} elements are open`, at);
    }
    const attributes = new Map<string, string>();
    for (;;) {
      const space = this.#matched(SPACE);
      if (this.#takes('/>')) {
        this.#handler.open(local(name), attributes, at);
        this.#handler.close(local(name));
        return;
      }
      if (this.#takes('>')) {
        this.#handler.open(local(name), attributes, at);
        this.#open.push(name);
        return;
      }
      if (space === '') throw this.#wrong(`the tag of ${brief(name)} does not end here`);
      this.#attribute(attributes);
    }
  }

  #attribute(attributes: Map<string, string>): void {
    const name = this.#name('attribute');
    if (attributes.has(name)) throw this.#wrong(`the attribute ${brief(name)} stands twice`);
    if (attributes.size >= XML_ATTRIBUTES_MAX) {
      throw this.#wrong(`an element has more than ${XML_ATTRIBUTES_MAX} attributes`);
    }
    this.#matched(SPACE);
    if (!this.#takes('=')) throw this.#wrong(`the attribute ${brief(name)} has no value`);
    this.#matched(SPACE);
    const quote = this.#takes('"') ? '"' : "'";
    if (quote === "'" && !this.#takes("'")) {
      throw this.#wrong(`the value of ${brief(name)} is not in quotes`);
    }
    const from = this.#at;
    this.#until(quote, `value of ${brief(name)}`);
    const raw = this.#text.slice(from, this.#at - 1);
    if (raw.includes('<')) throw this.#wrong(`the value of ${brief(name)} holds a <`, from);
    attributes.set(name, this.#unescaped(raw, from));
  }

  #endTag(): void {
    const at = this.#at - '</'.length;
    const name = this.#name('element');
    this.#matched(SPACE);
    if (!this.#takes('>')) throw this.#wrong(`the end tag of ${brief(name)} does not end here`);
    const open = this.#open.pop();
    if (open !== name) {
      const expected = open === undefined ? 'none is open' : `${brief(open)} is open`;
      throw this.#wrong(`the element ${brief(name)} is closed, but ${expected}`, at);
    }
    this.#handler.close(local(name));
  }

  #unescaped(raw: string, from: number): string {
    if (!raw.includes('&')) return raw;
    return raw.replaceAll(/&([^;&\s]{0,10};?)/g, (whole: string, inside: string, at: number) => {
      const name = inside.endsWith(';') ? inside.slice(0, -1) : '';
      const text = name.startsWith('#') ? characterOf(name.slice(1)) : ENTITIES.get(name);
      if (text === undefined)
        throw this.#wrong(`the entity ${brief(whole)} is not known`, from + at);
      return text;
    });
  }
}

/** The character of a reference `#38` or `#x26`; `undefined` for what is no character of XML. */
function characterOf(digits: string): string | undefined {
  const code = /^\d+$/.test(digits)
    ? Number(digits)
    : /^x[\da-fA-F]+$/.test(digits)
      ? Number.parseInt(digits.slice(1), 16)
      : 0;
  const isCharacter =
    code === 9 ||
    code === 10 ||
    code === 13 ||
    (code >= 0x20 && code < 0xd800) ||
    (code >= 0xe000 && code <= 0xfffd) ||
    (code >= 0x1_0000 && code <= 0x10_ffff);
  return isCharacter ? String.fromCodePoint(code) : undefined;
}

function local(name: string): string {
  return name.slice(name.lastIndexOf(':') + 1);
}

/** A name of a file as an error shows it. */
function brief(name: string): string {
  return name.length > 40 ? `${name.slice(0, 40)}…` : name;
}
