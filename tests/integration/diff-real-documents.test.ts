import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import config from '../../gateway.config.ts';
import { buildSchema } from '../../generator/build-schema.ts';
import { diff } from '../../generator/diff/diff.ts';
import { renderDiffMarkdown, renderDiffText } from '../../generator/diff/render-diff.ts';

const folder = new URL('../fixtures/noetl/documents/', import.meta.url);
/** Of the Python server, from the server itself, and of the Rust server, from its source. */
const published = await readdir(folder);
const derived = (await readdir('openapi')).filter((name) => /^noetl-rust-.*json$/.test(name));
const pairs = [published, derived].flatMap((names) =>
  names.flatMap((before) => names.filter((name) => name !== before).map((after) => ({ before, after }))),
);

const read = async (name: string) =>
  JSON.parse(await readFile(derived.includes(name) ? `openapi/${name}` : new URL(name, folder), 'utf8'));
const releaseOf = (name: string) => name.replaceAll(/^noetl-|\.json$/g, '');

describe('real documents', () => {
  test.each(pairs)('$before -> $after', async ({ before, after }) => {
    const [from, to] = [releaseOf(before), releaseOf(after)];
    const report = await diff({
      before: await read(before),
      after: await read(after),
      names: { before: from, after: to },
      config,
      buildSchema: (document, rows, lock) =>
        buildSchema(document, rows, { lock, accept: { changes: true, members: [] } }),
    });
    const isUpgrade = before.localeCompare(after, 'en', { numeric: true }) < 0;
    expect(report.breaks).toBe(!isUpgrade && report.graphql.some(({ severity }) => severity === 'breaking'));
    expect(report.exposure.filter(({ kind }) => kind === 'unfit')).toEqual([]);
    const text = renderDiffText(report);
    const [toDecide = ''] = text.split('Safe for apps');
    expect(toDecide.split('\n').length).toBeLessThanOrEqual(24);
    await expect(text).toMatchFileSnapshot(`../golden/diff/real/${from}-to-${to}.txt`);
    await expect(renderDiffMarkdown(report)).toMatchFileSnapshot(`../golden/diff/real/${from}-to-${to}.md`);
    expect(renderDiffMarkdown(report).length).toBeLessThan(65_536);
  });
});
