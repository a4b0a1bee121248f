import { expect, test } from 'vitest';
import {
  chartValue,
  chartValueIf,
  quotedMember,
  whenever,
  withExpressions,
} from '../../../../../generator/emit/manifests/helm-expression.ts';
import { yamlText } from '../../../../../generator/emit/manifests/render-yaml.ts';

const rendered = (resource: object) =>
  withExpressions(yamlText(resource, ['x']))
    .split('\n')
    .slice(2)
    .join('\n');

test.each([
  { name: 'a value', given: { a: chartValue('.Values.a') }, want: 'a: {{ toJson (.Values.a) }}\n' },
  { name: 'in a list', given: { a: [chartValue('.Values.a')] }, want: 'a:\n  - {{ toJson (.Values.a) }}\n' },
  {
    name: 'an optional member',
    given: { a: { b: chartValueIf('.Values.c', '.Values.b') } },
    want: 'a:\n  {{- if .Values.c }}\n  b: {{ toJson (.Values.b) }}\n  {{- end }}\n',
  },
  {
    name: 'text of the environment',
    given: { A: quotedMember('.Values.env.a') },
    want: '{{- if include "noetl-gateway.text" .Values.env.a }}\nA: {{ toJson (include "noetl-gateway.text" .Values.env.a) }}\n{{- end }}\n',
  },
  {
    name: 'quotes and braces',
    given: { a: chartValue('printf "{{%s}}: \'x\'" .a') },
    want: 'a: {{ toJson (printf "{{%s}}: \'x\'" .a) }}\n',
  },
])('$name', ({ given, want }) => {
  expect(rendered(given)).toBe(want);
});

test('a whole template is left out unless its condition holds', () => {
  expect(whenever('.Values.x', 'a: 1\n')).toBe('{{- if .Values.x }}\na: 1\n{{- end }}\n');
});
