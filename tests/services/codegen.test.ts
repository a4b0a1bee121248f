import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { install, newFolder, npmReady, run } from '../support/npm-project.ts';

const packages = [
  'graphql@16.15.0',
  '@graphql-codegen/cli@7.4.3',
  '@graphql-codegen/client-preset@6.2.0',
  'typescript@7.0.2',
];

/** As docs/build-an-app.md has it. */
const codegen = `schema: client/schema.graphql
documents: src/**/*.ts
generates:
  src/gql/:
    preset: client
    config: { scalars: { BigInt: number | string, DateTime: string, JSON: unknown } }
`;

const tsconfig = {
  compilerOptions: {
    ...{ target: 'es2022', module: 'esnext', moduleResolution: 'bundler', lib: ['es2023', 'dom'], types: [] },
    ...{ strict: true, exactOptionalPropertyTypes: true, noEmit: true, skipLibCheck: true },
  },
  include: ['src'],
};

/** Read by the compiler of the project: each mark is an error of its own when the types let the mistake pass. */
const app = `import { graphql } from './gql';
import { createGatewayClient } from './noetl-gateway-client';

const client = createGatewayClient({ url: 'https://gateway.example.com' });
const RunsDocument = graphql(\`query Runs($page: Int) { executions(page: $page) { id status } }\`);
const StartDocument = graphql(\`mutation Start($name: String!) { executePlaybook(name: $name) { id result } }\`);

export async function ids(): Promise<readonly string[]> {
  const { executions } = await client.request(RunsDocument, { page: 1 });
  // @ts-expect-error path is not selected
  executions?.map((row) => row.path);
  // @ts-expect-error the variable is a number
  await client.request(RunsDocument, { page: 'one' });
  // @ts-expect-error the variable is required
  await client.request(StartDocument, {});
  const { executePlaybook } = await client.request(StartDocument, { name: 'data/report' });
  return [...(executions ?? []).map(({ id }) => id), executePlaybook?.id ?? ''];
}
`;

const ready = await npmReady();
const project = newFolder();
afterAll(() => rmSync(project, { recursive: true, force: true }));

describe.skipIf(!ready)('an app with graphql-codegen', { timeout: 300_000 }, () => {
  test('its documents are typed, and the client takes them', async () => {
    const write = (name: string, text: string): void => writeFileSync(join(project, name), text);
    write('package.json', '{ "type": "module", "private": true }');
    write('codegen.yml', codegen);
    write('tsconfig.json', JSON.stringify(tsconfig));
    for (const folder of ['src', 'client']) mkdirSync(join(project, folder));
    write('src/app.ts', app);
    copyFileSync('client/schema.graphql', join(project, 'client/schema.graphql'));
    copyFileSync('client/noetl-gateway-client.ts', join(project, 'src/noetl-gateway-client.ts'));
    const installed = await install(['install', '--no-audit', '--no-fund', '--save-exact', ...packages], {
      cwd: project,
    });
    expect(installed.code, installed.text).toBe(0);
    const made = await run('npx', ['graphql-codegen'], { cwd: project });
    expect(made.code, made.text).toBe(0);
    const checked = await run('npx', ['tsc', '-p', '.'], { cwd: project });
    expect(checked.text).toBe('');
    expect(checked.code).toBe(0);
  });
});
