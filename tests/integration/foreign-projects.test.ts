import { readdirSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { stopForeignProjects, walk } from '../support/foreign-project.ts';
import { temporaryFolder } from '../support/project.ts';

const folder = 'tests/fixtures/documents';
const documents = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

/** What a person would say of rows that cannot work without it. */
const rows: Readonly<Record<string, Readonly<Record<string, object>>>> = {
  'forms.yaml': { addThing: { headers: { 'X-Tenant': 'acme' } } },
  'files.yaml': { picture: { answer: 'link' } },
  'odd-names.yaml': { odd: { args: { 'page-size': 'size' } } },
};

afterAll(stopForeignProjects);

test('there are ten documents or more', () => expect(documents.length).toBeGreaterThanOrEqual(10));

const title = '%s: what is open, what is refused and why, and one call of each operation';

test.each(documents)(title, { timeout: 120_000 }, async (name) => {
  const project = temporaryFolder();
  try {
    const lines = await walk(project.path, `${folder}/${name}`, rows[name]);
    const text = `${lines.join('\n')}\n`;
    expect(text).not.toContain('ERR_INTERNAL');
    await expect(text).toMatchFileSnapshot(`../golden/documents/${name.replace('.yaml', '.txt')}`);
  } finally {
    project.remove();
  }
});
