import { globSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { GatewayConfig } from '../../../../gateway/config/gateway-config.ts';
import shipped from '../../../../gateway.config.ts';
import { normalise } from '../../../../generator/normalise/normalise.ts';
import { structureRules } from '../../../../generator/normalise/structure-rules.ts';
import type { OpenApiDocument, PathItem } from '../../../../generator/openapi/open-api.ts';
import { buildTable } from '../../../../generator/table/build-table.ts';
import { upstreamReport } from '../../../../generator/upstream/upstream-report.ts';

const config = shipped as unknown as GatewayConfig;
const pulled = JSON.parse(readFileSync('openapi/noetl.json', 'utf8')) as OpenApiDocument;
const report = (live?: OpenApiDocument, before: OpenApiDocument | undefined = pulled) =>
  upstreamReport({ config, pulled: before, live, role: 'admin' });

const withPaths = (change: (paths: Record<string, PathItem>) => void): OpenApiDocument => {
  const document = structuredClone(pulled) as OpenApiDocument & { paths: Record<string, PathItem> };
  change(document.paths);
  return document;
};

describe('what is closed', () => {
  test('is every operation that no row opens, with a row that the table takes as it is, or with what is against it', async () => {
    const { closed, ...changes } = await report();
    expect(Object.values(changes).flat()).toEqual([]);
    expect(closed.filter(({ row, why }) => (row === undefined) === (why === undefined))).toEqual([]);
    const rows = closed.flatMap(({ row }) => row ?? []);
    expect(rows.length).toBeGreaterThan(20);
    const open = JSON.stringify(Object.values(config.operations));
    expect(closed.filter(({ operation }) => open.includes(`"${operation}"`))).toEqual([]);
    const operations = readRows(rows);
    const { problems } = buildTable(normalise(pulled, structureRules).document, { ...config, operations });
    expect(problems).toEqual([]);
    expect(Object.keys(operations).filter((field) => Object.hasOwn(config.operations, field))).toEqual([]);
  });

  test('what must not be public has no row, and a grant on a playbook or an execution goes before a role', async () => {
    const closed = new Map((await report()).closed.map((one) => [one.operation, one]));
    expect(closed.get('POST /api/postgres/execute')).toMatchObject({ why: 'it runs SQL' });
    expect(closed.get('GET /api/vars/{execution_id}')?.row).toContain("onExecution('view', 'executionId')");
    expect(closed.get('DELETE /api/vars/{execution_id}')?.row).toContain("onExecution('execute', 'executionId')");
    expect(closed.get('POST /api/mcp/{path}/discover')?.row).toContain("onPlaybook('execute', 'path')");
    expect(closed.get('GET /api/pool/status')?.row).toContain("role('admin')");
  });

  test('what a document calls something does not leave its literal', async () => {
    const live = withPaths((paths) => {
      paths["/api/x'), custom(() => true) //"] = { get: { responses: {} } };
    });
    const row = (await report(live)).closed.find(({ operation }) => operation.includes('custom'))?.row;
    expect(row).toContain(String.raw`upstream: 'GET /api/x\'), custom(() => true) //'`);
  });
});

describe('what the live document changes', () => {
  test('an open operation that is gone breaks; an optional one that comes opens', async () => {
    const without = withPaths((paths) => {
      delete paths['/api/executions/{execution_id}/cancel'];
      delete paths['/api/dashboard/stats'];
    });
    expect((await report(without)).breaks.map(({ subject }) => subject)).toEqual(
      expect.arrayContaining(['cancelExecution', 'dashboardStats']),
    );
    expect((await report(pulled, without)).decide).toContainEqual({
      subject: 'dashboardStats',
      message: 'GET /api/dashboard/stats is new, and this row opens it',
    });
  });

  test('a new argument of an open operation stays closed until it is accepted; a row that takes all opens it', async () => {
    const live = withPaths((paths) => {
      const operation = paths['/api/executions']?.['get'] as { parameters: object[] };
      operation.parameters.push({ name: 'tenant', in: 'query', schema: { type: 'string' } });
    });
    const found = await report(live);
    expect(found.added).toEqual([expect.objectContaining({ subject: 'executions', accept: 'executions' })]);
    expect(found.decide).toEqual([]);
    const executions = { ...config.operations['executions'], args: 'all' };
    const open = { ...config, operations: { ...config.operations, executions } } as unknown as GatewayConfig;
    const asked = await upstreamReport({ config: open, pulled, live, role: 'admin' });
    expect(asked.decide).toContainEqual({ subject: 'executions', message: 'offers the argument tenant (tenant)' });
  });

  test('a new operation is closed and new; closed ones that go or change are named', async () => {
    const live = withPaths((paths) => {
      paths['/api/reports'] = { get: { responses: {} } };
      delete paths['/api/pool/status'];
    });
    const { closed, closedGone } = await report(live);
    expect(closed.filter(({ isNew }) => isNew).map(({ operation }) => operation)).toEqual(['GET /api/reports']);
    expect(closedGone).toEqual(['GET /api/pool/status']);
  });
});

test('nothing of it needs a package that a production install leaves out', () => {
  const { peerDependenciesMeta } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    peerDependenciesMeta: Record<string, unknown>;
  };
  const seen = new Set<string>();
  const packages = new Set<string>();
  const read = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const [, isType, from = ''] of readFileSync(file, 'utf8').matchAll(
      /^(?:import|export) (type )?[^;]*?from '([^']+)'/gm,
    )) {
      if (isType === undefined && from.startsWith('.')) read(resolve(dirname(file), from));
      else if (isType === undefined) packages.add(from);
    }
  };
  for (const file of globSync('generator/upstream/*.ts')) read(join(process.cwd(), file));
  expect(seen.size).toBeGreaterThan(20);
  const optional = Object.keys(peerDependenciesMeta);
  expect([...packages].filter((name) => optional.some((one) => name === one || name.startsWith(`${one}/`)))).toEqual(
    [],
  );
});

/** Rows as they are copied, read as the config would. */
function readRows(rows: readonly string[]): GatewayConfig['operations'] {
  const rules = {
    role: (...roles: string[]) => ({ kind: 'role', roles }),
    authenticated: (options: object) => ({ kind: 'authenticated', ...options }),
    onPlaybook: (permission: string, argument: string) => ({ kind: 'playbook', permission, argument }),
    onExecution: (permission: string, argument: string) => ({ kind: 'execution', permission, argument }),
  };
  const make = new Function(...Object.keys(rules), `return { ${rows.join('\n')} };`);
  return make(...Object.values(rules)) as GatewayConfig['operations'];
}
