import { readFileSync } from 'node:fs';
import { buildSchema, isNonNullType, isObjectType } from 'graphql';
import { describe, expect, test } from 'vitest';
import { parseJson } from '../../plugins/json/lossless-json.ts';
import { inDocumentedForm } from '../../plugins/noetl/wire-dialect.ts';
import { codeIn, executorCaller, generatedSdl } from '../support/executor-caller.ts';
import { scriptedUpstream } from '../support/scripted-upstream.ts';

/** Names and kinds of the members of what a real Python server 4.26.0 answered. */
const shapes = new Map(
  readFileSync(new URL('../fixtures/noetl/shapes.jsonl', import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { readonly name: string; readonly shape: Record<string, unknown> })
    .map(({ name, shape }) => [name, shape] as const),
);

/** Executions as a real server's list has them. */
const listed = (server: string, playbook: string): Record<string, unknown> => {
  const lines = readFileSync(new URL(`../fixtures/noetl/${server}/${playbook}.jsonl`, import.meta.url), 'utf8');
  const line = lines.split('\n').find((one) => one.startsWith('{"listed"'));
  return (parseJson(line ?? '{}') as { readonly listed: Record<string, unknown> }).listed;
};

const firstItem = ({ items }: Record<string, unknown>): unknown => (Array.isArray(items) ? items[0] : undefined);

const rustRow = () => (inDocumentedForm('executions', [listed('rust', 'lists')]) as unknown[])[0];

describe('what the schema promises, real servers keep', () => {
  const schema = buildSchema(generatedSdl, { assumeValidSDL: true });

  test.each<[string, string, unknown]>([
    ['CatalogEntry', 'Python', shapes.get('catalog_resource_latest')],
    ['CatalogEntries', 'Python', shapes.get('catalog_list')],
    ['DashboardStatsResponse', 'Python', shapes.get('dashboard_stats')],
    ['RuntimeListResponse', 'Python', shapes.get('worker_pools')],
    ['RuntimeComponentInfo', 'Python', firstItem(shapes.get('worker_pools') ?? {})],
    ['HealthCheckResponse', 'Python', shapes.get('health')],
    ['CancelExecutionResponse', 'Python', shapes.get('execution_cancel_running')],
    ['CancelExecutionResponse', 'Python, over', shapes.get('execution_cancel_completed')],
    ['ExecutionEntryResponse', 'Rust', rustRow()],
  ])('%s of the %s server', (name, _server, answer) => {
    const type = schema.getType(name);
    const promised = isObjectType(type)
      ? Object.values(type.getFields()).filter((field) => isNonNullType(field.type))
      : [];
    const wires = promised.map(({ name: field, astNode }) => {
      const argument = astNode?.directives?.find((one) => one.name.value === 'resolveRootField')?.arguments?.[1];
      return argument?.value.kind === 'StringValue' ? argument.value.value : field;
    });
    const kept = answer as Record<string, unknown>;
    expect(isObjectType(type)).toBe(true);
    for (const wire of wires) expect([wire, kept[wire] ?? 'null']).not.toEqual([wire, 'null']);
  });
});

test('an execution of a list of either server fails on no field', async () => {
  const fields =
    'id executionId path version status startTime endTime durationSeconds progress error parentExecutionId';
  for (const row of [listed('rust', 'lists'), listed('python', 'lists')]) {
    const { upstream } = scriptedUpstream({ 'GET /api/executions': { body: [row] } });
    const result = await executorCaller(upstream).ask(`{ executions { ${fields} } }`, { rows: 'executions' });
    expect([result.errors, codeIn(result)]).toEqual([undefined, undefined]);
    expect(result.data).toMatchObject({ executions: [{ path: 'real/lists' }] });
  }
});
