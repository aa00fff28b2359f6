// Writes a configuration file that explains itself: every key, its comment, and its value.

import { stringify } from 'smol-toml';
import { SETTINGS, settingNames, type Settings } from './settings.ts';

const COMMENT_WIDTH = 96;

/** A whole TOML file; `values` replace defaults. */
export function configDocument(values: Partial<Settings> = {}): string {
  const lines: string[] = [
    '# Configuration of a BitCraps node. Flags and BITCRAPS_… variables override it;',
    '# `bitcraps config show` tells which value is in force and why.',
  ];
  let section = '';
  for (const name of settingNames()) {
    const setting = SETTINGS[name];
    const [part = '', key = ''] = setting.key.split('.');
    if (part !== section) lines.push('', `[${part}]`);
    section = part;
    for (const line of wrap(setting.comment, COMMENT_WIDTH)) lines.push(`# ${line}`);
    lines.push(stringify({ [key]: values[name] ?? setting.default }).trim());
  }
  return `${lines.join('\n')}\n`;
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + word.length + 1 > width) {
      lines.push(line);
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  lines.push(line);
  return lines;
}
