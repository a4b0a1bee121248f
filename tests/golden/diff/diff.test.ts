import { expect, test } from 'vitest';
import { buildSchema } from '../../../generator/build-schema.ts';
import { diff } from '../../../generator/diff/diff.ts';
import { renderDiffMarkdown, renderDiffText } from '../../../generator/diff/render-diff.ts';
import { after, before, config } from '../../support/diff-documents.ts';

const report = await diff({
  before,
  after,
  config,
  buildSchema: (document, rows, lock) => buildSchema(document, rows, { lock, accept: { changes: true, members: [] } }),
});

test('for a terminal', async () => {
  await expect(renderDiffText(report)).toMatchFileSnapshot('./diff.txt');
});

test('for a pull request', async () => {
  await expect(renderDiffMarkdown(report)).toMatchFileSnapshot('./diff.md');
});

test('for a program', async () => {
  await expect(`${JSON.stringify(report, null, 2)}\n`).toMatchFileSnapshot('./diff.json');
});
