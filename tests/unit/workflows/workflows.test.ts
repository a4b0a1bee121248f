import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}
interface Job {
  readonly permissions: unknown;
  readonly steps: readonly Step[];
  readonly needs?: string;
}
interface Workflow {
  readonly permissions: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}

const folder = new URL('../../../.github/workflows/', import.meta.url);
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
  version: string;
  scripts: Record<string, string>;
};
const workflows = readdirSync(folder).map((name) => {
  const text = readFileSync(new URL(name, folder), 'utf8');
  const workflow = parse(text) as Workflow;
  return { name, text, workflow, steps: Object.values(workflow.jobs).flatMap(({ steps }) => steps) };
});
const jobOf = (name: string, job: string) => workflows.find((one) => one.name === name)?.workflow.jobs[job];
const runs = (job: Job | undefined) => job?.steps.map(({ run }) => run ?? '').join('\n') ?? '';

describe.each(workflows)('$name', ({ text, workflow, steps }) => {
  test('no job has a permission that it does not name', () => {
    expect(workflow.permissions).toEqual({});
    for (const job of Object.values(workflow.jobs)) expect(job.permissions).toBeTypeOf('object');
  });

  test('every action is pinned to a commit, with its version beside it', () => {
    const used = [...text.matchAll(/uses: (.+)$/gm)].map(([, action]) => action);
    expect(used.length).toBeGreaterThan(0);
    for (const action of used) expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  test('nothing is pasted into a script: values reach it as environment variables', () => {
    for (const { run } of steps) expect(run ?? '').not.toContain('${{');
  });

  test('a job keeps git credentials only when it pushes', () => {
    for (const job of Object.values(workflow.jobs)) {
      const checkout = job.steps.find(({ uses }) => uses?.startsWith('actions/checkout@'));
      const pushes = runs(job).includes('git push');
      expect(checkout?.with?.['persist-credentials'] ?? true).toBe(pushes);
    }
  });

  test('jobs run scripts that exist', () => {
    for (const [, name = ''] of text.matchAll(/npm run (?:--silent )?([a-z:]+)/g)) {
      expect(manifest.scripts).toHaveProperty([name]);
    }
  });
});

test('an action has the same pin everywhere', () => {
  const pins = workflows.flatMap(({ steps }) => steps.flatMap(({ uses }) => (uses === undefined ? [] : [uses])));
  const actions = new Set(pins.map((pin) => pin.split('@')[0]));
  expect(new Set(pins).size).toBe(actions.size);
});

test('a pull request, and a release, run what .ci/run runs; nothing is deployed or released before', () => {
  expect(runs(jobOf('ci.yml', 'check')).trim()).toMatch(/ \.ci\/run$/);
  expect(jobOf('ci.yml', 'deploy')?.needs).toBe('check');
  expect(runs(jobOf('release.yml', 'test'))).toMatch(/ \.ci\/run$/);
  for (const job of ['package', 'image']) expect(jobOf('release.yml', job)?.needs).toBe('test');
});

test('the docs site is built where its links are checked, and kept as an artifact', () => {
  expect(readFileSync('.ci/run', 'utf8')).toContain('npm run --silent docs:build');
  const last = jobOf('ci.yml', 'check')?.steps.at(-1);
  expect(last?.uses).toContain('actions/upload-artifact@');
  expect(last?.with).toMatchObject({ path: 'docs/.vitepress/dist', 'if-no-files-found': 'error' });
});

test('the changelog has an entry for the version of the package', () => {
  expect(readFileSync('CHANGELOG.md', 'utf8')).toContain(`\n## ${manifest.version}\n`);
});
