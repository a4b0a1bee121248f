import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

interface Step {
  readonly uses?: string;
  readonly run?: string;
}
interface Workflow {
  readonly permissions: unknown;
  readonly jobs: Readonly<Record<string, { readonly permissions: unknown; readonly steps: readonly Step[] }>>;
}

const root = new URL('../../../', import.meta.url);
const text = await readFile(new URL('.github/workflows/noetl-update.yml', root), 'utf8');
const workflow = parse(text) as Workflow;
const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);
const scripts = JSON.parse(await readFile(new URL('package.json', root), 'utf8')).scripts as Record<string, string>;

describe('the workflow that keeps up with NoETL', () => {
  test('no job has a permission that it does not name', () => {
    expect(workflow.permissions).toEqual({});
    for (const job of Object.values(workflow.jobs)) expect(job.permissions).toBeTypeOf('object');
  });

  test('nothing is pasted into a script: values reach it as environment variables', () => {
    for (const { run } of steps) expect(run ?? '').not.toContain('${{');
  });

  test('jobs run scripts that there are', () => {
    const named = [...text.matchAll(/npm run (?:--silent )?([a-z:]+)/g)].map(([, name]) => name ?? '');
    expect(named.length).toBeGreaterThan(3);
    for (const name of named) expect(scripts).toHaveProperty([name]);
  });
});
