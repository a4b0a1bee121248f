import { describe, expect, it } from 'vitest';
import { readPlaybookSource, sourceText, wireSource } from '../../../../plugins/noetl/playbook-source.ts';

const yaml = (path = 'data/report') =>
  `apiVersion: noetl.io/v2\nkind: Playbook\nmetadata:\n  name: report\n  path: ${path}\nworkload:\n  greeting: "{{ hello }}"\n`;

describe('the path that a playbook’s source names', () => {
  it.each([
    ['block style', yaml()],
    ['base64', Buffer.from(yaml()).toString('base64')],
    [
      'base64 in lines',
      Buffer.from(yaml())
        .toString('base64')
        .replace(/(.{40})/g, '$1\n'),
    ],
    ['flow style', '{"metadata": {"path": "data/report", "name": "x"}, "kind": "Playbook"}'],
    ['comments and anchors elsewhere', `# a comment\n${yaml()}a: &x [1]\nb: *x\n`],
    ['without metadata', 'path: data/report\nname: x\n'],
    ['a name that is the path', 'metadata:\n  name: data/report\n'],
    ['CRLF', yaml().replaceAll('\n', '\r\n')],
  ])('%s', (_what, content) => {
    expect(readPlaybookSource(content)).toMatchObject({ path: 'data/report' });
  });

  it.each([
    ['no text', 42],
    ['no YAML', 'metadata: [unclosed'],
    ['a list', '- metadata:\n    path: data/report\n'],
    ['two documents', `${yaml()}---\n${yaml('system/x')}`],
    ['metadata twice', `${yaml()}metadata:\n  path: system/x\n`],
    ['path twice', yaml().replace('  path:', '  path: system/x\n  path:')],
    ['path twice, once in quotes', yaml().replace('  path:', '  "path": system/x\n  path:')],
    ['two different paths', `${yaml()}path: system/x\n`],
    ['a merge key in metadata', `base: &b\n  path: system/x\nmetadata:\n  <<: *b\n  name: data/report\n`],
    ['a merge key in the root', `x: &b\n  metadata: {path: system/x}\n<<: *b\nname: data/report\n`],
    ['an alias as metadata', 'x: &b {path: system/x}\nmetadata: *b\nname: data/report\n'],
    ['an alias as the path', 'x: &b system/x\nmetadata:\n  path: *b\n'],
    ['a tag on the path', 'metadata:\n  path: !!binary c3lzdGVtL3g=\n'],
    ['a tag on a key', '? !!str metadata\n: {path: data/report}\n'],
    ['a directive', `%TAG ! tag:yaml.org,2002:\n---\n${yaml()}`],
    ['a line break of YAML 1.1 in a comment', `# note\u2028path: system/x\n${yaml()}`],
    ['next line in a comment', `# note\u0085path: system/x\n${yaml()}`],
    ['a lone carriage return', `# note\rpath: system/x\n${yaml()}`],
    ['a NUL', `${yaml()}x: "\u0000"\n`],
    ['a path that is not in normal form', yaml('data/../system/x')],
    ['a number as the path', yaml('42')],
    ['no path', 'kind: Playbook\n'],
    ['an empty text', ''],
    ['too large', `${yaml()}# ${'x'.repeat(300_000)}`],
    ['nested too deeply', `${yaml()}x: ${'['.repeat(50_000)}${']'.repeat(50_000)}`],
    ['base64 of no text', Buffer.from([0xff, 0xfe, 0x00, 0xff, 0xfe, 0x00]).toString('base64')],
  ])('is refused: %s', (_what, content) => {
    expect(readPlaybookSource(content)).toEqual({ problem: expect.any(String) });
  });

  it('is sent in base64, which NoETL reads as the same text', () => {
    const text = sourceText(yaml()) ?? '';
    expect(Buffer.from(wireSource(text), 'base64').toString('utf8')).toBe(yaml());
  });
});
