import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { manifestsOf, resourcesOf } from '../../support/manifests.ts';

/**
 * Every resource file, as written, against Kubernetes' own definitions: values by the validators of `kubernetes-models`,
 * and unknown members by the compiler, which takes no member in a literal that the type does not have.
 */
const modules: Readonly<Record<string, string>> = {
  v1: 'kubernetes-models/v1',
  'apps/v1': 'kubernetes-models/apps/v1',
  'autoscaling/v2': 'kubernetes-models/autoscaling/v2',
  'policy/v1': 'kubernetes-models/policy/v1',
  'networking.k8s.io/v1': 'kubernetes-models/networking.k8s.io/v1',
  'gateway.networking.k8s.io/v1': '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1',
  'monitoring.coreos.com/v1': '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1',
};

const run = promisify(execFile);
const resources = resourcesOf(await manifestsOf({ deploy: { trustedNamespaces: ['apps'] } }));
// Inside the project, so that the packages resolve.
const folder = await mkdtemp(join(resolve('node_modules'), '.manifest-types-'));
afterAll(() => rm(folder, { recursive: true }));

const compilerOptions = {
  ...{ module: 'nodenext', moduleResolution: 'nodenext', target: 'es2024', lib: ['es2024'] },
  ...{ strict: true, skipLibCheck: true, noEmit: true, types: [] },
};

type Model = new (data: object) => { validate(): void };

test.each(resources)('%s holds what Kubernetes takes', async (_, resource) => {
  const module = (await import(moduleOf(resource))) as Readonly<Record<string, Model>>;
  const Kind = module[String(resource['kind'])];
  if (Kind === undefined) throw new Error(`no model of ${resource['kind']}`);
  new Kind(resource).validate();
});

test('no resource has a member that Kubernetes does not know', async () => {
  expect(await compile(resources.map(([, resource]) => resource))).toEqual([]);
});

test.each([
  { name: 'in the pod', change: (spec: Record<string, unknown>) => ({ ...spec, template: { spec: { containers: [], enableServiceLink: false } } }) },
  { name: 'in the spec', change: (spec: Record<string, unknown>) => ({ ...spec, replica: 1 }) },
])('a misspelt member $name is seen', async ({ change }) => {
  const deployment = resources.find(([, { kind }]) => kind === 'Deployment')?.[1] ?? {};
  const wrong = { ...deployment, spec: change(deployment['spec'] as Record<string, unknown>) };
  expect(await compile([wrong])).toEqual([expect.stringMatching(/does not exist in type/)]);
});

function moduleOf(resource: Record<string, unknown>): string {
  const module = modules[String(resource['apiVersion'])];
  if (module === undefined) throw new Error(`no types of ${resource['apiVersion']}`);
  return module;
}

/** What the compiler says of these resources as literals of their types. */
async function compile(all: readonly Record<string, unknown>[]): Promise<readonly string[]> {
  const lines = all.map(
    (resource, index) =>
      `export const r${index}: import('${moduleOf(resource)}').I${resource['kind']} = ${JSON.stringify(resource)};`,
  );
  await writeFile(join(folder, 'resources.ts'), lines.join('\n'));
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['resources.ts'] }));
  const { stdout } = await run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', folder]).catch(
    (failed: { stdout: string }) => failed,
  );
  return stdout.split('\n').flatMap((line) => /error (TS\d+: .*)/.exec(line)?.[1] ?? []);
}
