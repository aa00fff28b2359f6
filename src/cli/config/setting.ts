// What one setting of a node is made of, and how its values are checked.

import type * as z from 'zod';

/** How a text (flag, environment) becomes a value: as it is, a number, a switch, or a comma-separated list. */
export type SettingForm = 'text' | 'number' | 'switch' | 'list';

export interface Setting<T> {
  readonly key: string;
  readonly form: SettingForm;
  /** The flag of `bitcraps node`, without dashes. */
  readonly flag: string;
  readonly valueName: string;
  readonly default: T;
  /** What it does and why the default is what it is: the comment in the file and the flag's help. */
  readonly comment: string;
  /** Tells what is wrong with a value, in words, or gives it back. */
  readonly check: (value: unknown) => { readonly value: T } | { readonly wrong: string };
  /** Of a value that may hold a secret: what `config show` shows instead. One that is refused is not shown at all. */
  readonly shown?: (value: unknown) => unknown;
}

export function checkWith<T>(schema: z.ZodType<T>): Setting<T>['check'] {
  return (value) => {
    const result = schema.safeParse(value);
    if (result.success) return { value: result.data };
    return { wrong: result.error.issues.map((issue) => issue.message).join('; ') };
  };
}

/** A number under its key of the file; the flag is what comes after the section. */
export function numberSetting(
  key: string,
  value: number,
  schema: z.ZodType<number>,
  comment: string,
): Setting<number> {
  return {
    key,
    form: 'number',
    flag: key.slice(key.indexOf('.') + 1).replaceAll('_', '-'),
    valueName: 'N',
    default: value,
    comment,
    check: checkWith(schema),
  };
}
