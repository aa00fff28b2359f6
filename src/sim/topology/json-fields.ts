// Reads the fields of JSON that other programs wrote: numbers may be strings, ids may be numbers, and what is not there
// is `null`.

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value of an own field; what an object inherits is not in the file. */
export function field(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** A finite number, also where it stands in a string; else `null`. */
export function numberIn(value: unknown): number | null {
  if (typeof value === 'string' && value.trim() === '') return null;
  const number = typeof value === 'string' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

/** The first of the fields `names` that is a number. */
export function numberField(object: JsonObject, ...names: string[]): number | null {
  for (const name of names) {
    const number = numberIn(field(object, name));
    if (number !== null) return number;
  }
  return null;
}

/** The first of the fields `names` that is a text and not empty. */
export function textField(object: JsonObject, ...names: string[]): string | null {
  for (const name of names) {
    const text = field(object, name);
    if (typeof text === 'string' && text.trim() !== '') return text;
  }
  return null;
}

/** A node's id: a text that is not empty, or a number as its decimal digits; else `null`. */
export function idIn(value: unknown): string | null {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  return typeof value === 'string' && value !== '' ? value : null;
}

/** How a value of a file is shown in an error. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = Array.isArray(value)
    ? 'a list'
    : isObject(value)
      ? 'an object'
      : JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

/** A probability where it is one; a quality in 255ths, as batman writes it, where it is above 1. */
export function qualityIn(value: number | null): number | null {
  if (value === null || value < 0 || value > 255) return null;
  return value <= 1 ? value : value / 255;
}

/** Bytes per second of a rate in `bitsPerUnit`; `null` where it is not positive. */
export function rateIn(value: number | null, bitsPerUnit: number): number | null {
  return value !== null && value > 0 ? (value * bitsPerUnit) / 8 : null;
}
