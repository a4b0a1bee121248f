import { expect, test } from 'vitest';
import { emitPolicyPage } from '../../../../generator/emit/policy-page.ts';
import { custom, onExecution, onSource } from '../../../../plugins/noetl-auth/access/access-rule.ts';
import { compileGrants } from '../../../../plugins/noetl-auth/access/decision.ts';
import { explainTable } from '../../../../plugins/noetl-auth/access/explain.ts';
import { ruleText, tableExplanationText } from '../../../../plugins/noetl-auth/access/explain-text.ts';
import { allow, deny } from '../../../../plugins/noetl-auth/access/grant.ts';
import { emitInput } from '../../../support/emit-input.ts';

const input = emitInput();
const roles = ['dev', 'runner', 'viewer', 'none'];
const grants = [
  allow('dev', ['execute', 'view'], ['data/*', 'job/*'], { except: ['data/secret/*'] }),
  allow('dev', ['edit'], '*'),
  deny('dev', 'all', 'data/raw/*'),
  allow('runner', ['execute'], 'job/*'),
  deny('runner', ['execute'], 'job/private/*'),
  allow('viewer', ['view', 'execute'], '*'),
  deny('viewer', ['execute'], 'system/*'),
];
const operations = input.operations.map((operation, index) => {
  const rules = [onExecution('view', 'id'), custom(() => true), onSource('edit', 'content')];
  return { ...operation, access: rules[index] ?? operation.access };
});

/** The rows of the table below a heading, without the marks of Markdown. */
async function pageRows(heading: string): Promise<readonly (readonly string[])[]> {
  const [page] = await emitPolicyPage({ ...input, operations, config: { ...input.config, roles, grants } });
  const section = (page?.content ?? '').split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('|') && !line.startsWith('| ---'));
  return rows.map((line) =>
    line
      .slice(2, -2)
      .replaceAll('`', '')
      .split(' | ')
      .map((cell) => cell.trim()),
  );
}

test('the policy page and explain --table give every role the same words for every operation', async () => {
  const text = tableExplanationText(explainTable(compileGrants(grants, []), roles, operations));
  const [head = [], ...explained] = text.split('\n').map((line) => line.split(/ {2,}/));
  const [pageHead = [], ...rows] = await pageRows('Roles and operations');
  expect(pageHead.slice(1)).toEqual(head.slice(1));
  expect(rows).toEqual(explained.toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1)));
});

test('the policy page and explain --field have the same words for a rule', async () => {
  const [, ...rows] = await pageRows('Operations');
  const words = operations.map(({ field, access }) => [field, ruleText(access)] as const);
  expect(rows.map((row) => [row[0], row[6]])).toEqual(words.toSorted(([a], [b]) => (a < b ? -1 : 1)));
});
