import { describe, expect, test } from 'vitest';
import { readXml, XML_ATTRIBUTES_MAX, XML_DEPTH_MAX } from './xml.ts';

/** The parts of a text as one line, or what is wrong with it. */
function partsOf(text: string): string {
  const parts: string[] = [];
  const result = readXml(text, {
    open: (name, attributes) =>
      parts.push(`<${name}${[...attributes].map(([k, v]) => ` ${k}=${v}`).join('')}>`),
    text: (piece) => parts.push(piece),
    close: (name) => parts.push(`</${name}>`),
  });
  return result.ok ? parts.join('') : result.error.message;
}

test.each([
  ['<a/>', '<a></a>'],
  ['\n<a >x<b c = "1"\n d=\'2\'/>y</a\t>\n', '<a>x<b c=1 d=2></b>y</a>'],
  ['<?xml version="1.0"?><!-- <b> --><a><!----><?php ?></a><!-- -->', '<a></a>'],
  ['<a b="&lt;&quot;&#65;">&amp;&apos;&gt;&#x1F3B2;</a>', '<a b=<"A>&\'>\u{1F3B2}</a>'],
  ['<a><![CDATA[<b>&amp;]]>]</a>', '<a><b>&amp;]</a>'],
  ['<g:a x:b="1"><ü-1.2/></g:a>', '<a x:b=1><ü-1.2></ü-1.2></a>'],
])('%s', (text, parts) => {
  expect(partsOf(text)).toBe(parts);
});

describe('what is not well-formed is refused with its place', () => {
  test.each([
    ['', 'line 1, column 1: there is no element'],
    ['<!-- -->', 'there is no element'],
    ['text', 'text outside of the root element'],
    ['<a/>x', 'line 1, column 5: there is text outside of the root element'],
    ['<a/>\n<b/>', 'line 2, column 1: there is a second root element'],
    ['<a><b></a>', 'line 1, column 7: the element a is closed, but b is open'],
    ['</a>', 'the element a is closed, but none is open'],
    ['<a>', 'the element a is not closed'],
    ['<a', 'the tag of a does not end here'],
    ['<a b>', 'the attribute b has no value'],
    ['<a b=1>', 'the value of b is not in quotes'],
    ['<a b="1>', 'the value of b does not end'],
    ['<a b="<">', 'the value of b holds a <'],
    ['<a b="1" b="2"/>', 'the attribute b stands twice'],
    ['<a b="1"c="2"/>', 'the tag of a does not end here'],
    ['<1/>', 'the name of an element was expected'],
    ['<a><!-- </a>', 'the comment does not end'],
    ['<a><![CDATA[</a>', 'the character data section does not end'],
    ['<![CDATA[x]]><a/>', 'text outside of the root element'],
    ['<a>&nbsp;</a>', 'line 1, column 4: the entity &nbsp; is not known'],
    ['<a>AT&T</a>', 'is not known'],
    ['<a>&#0;</a>', 'is not known'],
    ['<a>&#xD800;</a>', 'is not known'],
    ['<a>&#xDFFF;</a>', 'is not known'],
    ['<a>&#x110000;</a>', 'is not known'],
    ['<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 'document types and declarations are not read'],
    ['<a><!ELEMENT b></a>', 'document types and declarations are not read'],
    ['<a>'.repeat(XML_DEPTH_MAX + 1), `more than ${XML_DEPTH_MAX} elements are open`],
    [
      `<a ${Array.from({ length: XML_ATTRIBUTES_MAX + 1 }, (_, i) => `b${i}="" `).join('')}/>`,
      `more than ${XML_ATTRIBUTES_MAX} attributes`,
    ],
  ])('%s', (text, words) => {
    expect(partsOf(text)).toContain(words);
  });
});
