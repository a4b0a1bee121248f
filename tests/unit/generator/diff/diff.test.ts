import { buildSchema } from 'graphql';
import { describe, expect, test } from 'vitest';
import { env } from '../../../../gateway/config/environment.ts';
import type { GatewayConfig } from '../../../../gateway/config/gateway-config.ts';
import { type DiffInput, diff } from '../../../../generator/diff/diff.ts';
import { renderDiffMarkdown, renderDiffText } from '../../../../generator/diff/render-diff.ts';
import { emptyLock } from '../../../../generator/lock/gateway-lock.ts';
import type { OpenApiDocument } from '../../../../generator/openapi/open-api.ts';
import { authenticated, onPlaybook } from '../../../../plugins/noetl-auth/access/access-rule.ts';
import { after, before, config } from '../../../support/diff-documents.ts';

const same: DiffInput['buildSchema'] = async () => ({
  schema: buildSchema('type Query { a: Int }'),
  names: emptyLock,
  pending: [],
});

const exposureOf = async (left: OpenApiDocument, right: OpenApiDocument, rows: GatewayConfig) => {
  const report = await diff({ before: left, after: right, config: rows, buildSchema: same });
  return report.exposure.map(({ kind, severity, subject }) => `${kind} ${severity} ${subject}`);
};

const without = (document: OpenApiDocument, path: string): OpenApiDocument => ({
  ...document,
  paths: Object.fromEntries(Object.entries(document.paths).filter(([key]) => key !== path)),
});

describe('diff', () => {
  test('a document and itself: nothing', async () => {
    const report = await diff({ before, after: before, config, buildSchema: same });
    expect(report).toEqual({ from: '1.0', to: '1.0', breaks: false, upstream: [], graphql: [], exposure: [] });
  });

  test('an open operation that is gone breaks, whether or not the row is optional', async () => {
    const rows: GatewayConfig = {
      ...config,
      operations: {
        stays: { upstream: 'GET /api/executions', access: authenticated({ rows: 'executions' }) },
        may: { upstream: 'GET /api/worker/pools', access: authenticated(), optional: true },
        must: { upstream: 'POST /api/catalog/resource', access: onPlaybook('view', 'path') },
      },
      grants: [],
    };
    const smaller = without(without(before, '/api/worker/pools'), '/api/catalog/resource');
    expect(await exposureOf(before, smaller, rows)).toEqual(['vanishes breaking may', 'unfit breaking must']);
    const report = await diff({ before, after: smaller, config: rows, buildSchema: same });
    expect(report.breaks).toBe(true);
  });

  test('what the upstream newly insists on breaks, unless the row gives it', async () => {
    const parameter = (name: string, place: string, required: boolean) => ({
      ...{ name, in: place, required, schema: { type: 'string' } },
    });
    const { get } = before.paths['/api/worker/pools'] as { get: object };
    const withParameters = (...parameters: object[]) => ({
      ...before,
      paths: { ...before.paths, '/api/worker/pools': { get: { ...get, parameters } } },
    });
    const loose = withParameters(parameter('tenant', 'query', false));
    const insisting = withParameters(parameter('X-Region', 'header', true), parameter('tenant', 'query', true));
    const row = { upstream: 'GET /api/worker/pools', access: authenticated() };
    const headers = (value: unknown) => ({ headers: { 'x-region': value } });
    const given = { args: { tenant: { constant: 'main' } } };
    const of = (more: object, left: OpenApiDocument = loose) => {
      const operations = { pools: { ...row, ...more } };
      return exposureOf(left, insisting, { ...config, grants: [], operations } as GatewayConfig);
    };
    const [isGiven, breaks] = ['reshaped safe pools', 'reshaped breaking pools'];
    expect(await of({ ...headers('eu'), ...given })).toEqual([isGiven, isGiven]);
    expect((await of({ ...headers({ forward: true }), ...given })).toSorted()).toEqual([breaks, isGiven]);
    expect(await of({ ...headers(env('REGION')), ...given })).toEqual([isGiven, isGiven]);
    expect((await of(headers('eu'))).toSorted()).toEqual([breaks, isGiven]);
    expect(await of(given)).toEqual(['unfit breaking pools']);
    // A row that was written for the new document.
    expect(await of({ ...headers('eu'), ...given }, before)).toEqual(['opens dangerous pools']);
  });

  test('a row that did not fit before breaks nothing that worked', async () => {
    const rows = { ...config, operations: { x: { upstream: 'GET /nowhere', access: authenticated() } }, grants: [] };
    const report = await diff({ before, after: before, config: rows, buildSchema: same });
    expect(report.exposure).toMatchObject([{ kind: 'unfit', severity: 'dangerous', subject: 'x' }]);
    expect(report.breaks).toBe(false);
  });

  test('a call of the gateway’s own that is gone breaks', async () => {
    const status = { '/api/executions/{execution_id}/status': { get: {} } };
    const fuller = { ...before, paths: { ...before.paths, ...status } };
    expect(await exposureOf(fuller, before, { ...config, operations: {}, grants: [] })).toEqual([
      'vanishes breaking the gateway itself',
    ]);
  });

  test('schemas are built of rows that fit, so that a diff is available where generate stops', async () => {
    const built: string[][] = [];
    const buildSchemaOf = async (_: OpenApiDocument, rows: GatewayConfig) => {
      built.push(Object.keys(rows.operations));
      return same(_, rows, emptyLock);
    };
    await diff({ before, after, config, buildSchema: buildSchemaOf });
    expect(built[0]).toContain('playbook');
    expect(built[1]).not.toContain('playbook');
  });

  test('documents can be called by another name', async () => {
    const names = { before: 'old.json', after: 'new.json' };
    const report = await diff({ before, after: before, names, config, buildSchema: same });
    expect(report).toMatchObject({ from: 'old.json', to: 'new.json' });
  });

  test('names of a foreign document take no effect in a terminal or in a comment', async () => {
    const foreign = { '/api/\u001b[2J`@everyone`|<img>': { get: {} } };
    const hostile = { ...before, paths: { ...before.paths, ...foreign } };
    const report = await diff({ before, after: hostile, config, buildSchema: same });
    expect(renderDiffText(report)).not.toContain('\u001b');
    const rows = renderDiffMarkdown(report)
      .split('\n')
      .filter((line) => line.includes('everyone'));
    expect(rows).toHaveLength(1);
    for (const row of rows) expect(row).toMatch(/`[^`]*@everyone \\\|<img>`/);
  });
});
