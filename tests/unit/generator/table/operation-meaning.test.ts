import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  type DocumentedShape,
  readShapes,
  type ShapeArgument,
} from '../../../../generator/document/operation-shape.ts';
import { type OperationMeaning, operationMeaning } from '../../../../generator/table/operation-meaning.ts';

/** `path run_id`, `body workload: object`: where, name and type, text by default. */
function argument(text: string): ShapeArgument {
  const [, place = '', wire = '', type = 'string'] = /^(path|query|body) ([\w-]+)(?:: (\w+))?$/.exec(text) ?? [];
  return { wire, in: place as ShapeArgument['in'], required: false, schema: { type: type as 'string' } };
}

/** @param answers the answer's members, `[]` first when it is a list of them. */
function shape(key: string, args: readonly string[] = [], answers: readonly string[] = []): DocumentedShape {
  const [method = '', path = ''] = key.split(' ');
  const isList = answers[0] === '[]';
  const made = args.map(argument);
  const body = made.some((arg) => arg.in === 'body') ? 'members' : 'none';
  const fields = isList ? answers.slice(1) : answers;
  const answer = isList ? { type: 'array', items: {} } : {};
  return {
    key,
    method,
    path,
    args: made,
    body,
    answer,
    foreign: undefined,
    description: undefined,
    deprecated: false,
    headers: [],
    fields,
  };
}

const words = ({ kind, catalogPaths, executionIds, selectors }: OperationMeaning): string =>
  [
    kind,
    ...catalogPaths.map(({ wire }) => `path ${wire}`),
    ...executionIds.map(({ wire }) => `id ${wire}`),
    ...selectors.map(({ wire }) => `by ${wire}`),
  ].join(', ');

/** NoETL 4.26, every operation that is not plain or that has a path or an id. */
const release = {
  'POST /api/execute': 'execute, path path, id parent_execution_id, by catalog_id, by path',
  'POST /api/mcp/playbook/{path}/jsonrpc': 'start, path path, by path',
  'POST /api/mcp/{path}/discover': 'start, path path, by path',
  'POST /api/mcp/{path}/lifecycle/{verb}': 'start, path path, by path',
  'POST /api/catalog/playbooks/explain/ai':
    'start, path explanation_playbook_path, path path, by explanation_playbook_path',
  'POST /api/catalog/playbooks/generate/ai': 'start, path generator_playbook_path, by generator_playbook_path',
  'POST /api/executions/{execution_id}/analyze/ai':
    'start, path analysis_playbook_path, id execution_id, by analysis_playbook_path',
  'GET /api/executions': 'executions',
  'GET /api/executions/{execution_id}': 'execution, id execution_id',
  'GET /api/executions/{execution_id}/status': 'status, id execution_id',
  'GET /api/executions/{execution_id}/events': 'events, id execution_id',
  'POST /api/executions/{execution_id}/cancel': 'cancel, id execution_id',
  'POST /api/executions/cleanup': 'bulk',
  'POST /api/catalog/list': 'catalog, path path',
  'POST /api/catalog/agents/list': 'catalog, path path',
  'POST /api/catalog/resource': 'catalogEntry, path path',
  'GET /api/catalog/{path}/ui_schema': 'catalogEntry, path path',
  'POST /api/catalog/register': 'catalogWrite',
  'POST /api/credentials': 'credentialWrite',
  'DELETE /api/credentials/{identifier}': 'credentialWrite',
  'GET /api/worker/pools': 'workers',
  'POST /api/worker/pool/register': 'workers',
  'POST /api/worker/pool/deregister': 'workers',
  'DELETE /api/worker/pool/deregister': 'workers',
  'POST /api/worker/pool/heartbeat': 'workers',
  'GET /api/dashboard/stats': 'dashboard',
  'PUT /api/playbook-tests/suites/{suite_id}': 'plain, path playbook_path',
  'GET /api/credentials/{identifier}': 'credentials, id execution_id, id parent_execution_id',
  'GET /api/credentials': 'credentials',
  'POST /api/keychain/{catalog_id}/{keychain_name}': 'plain, id execution_id, id parent_execution_id',
  'GET /api/replay/state': 'plain, id execution_id',
} as const;

describe('operationMeaning of the document that is checked in', () => {
  const document = JSON.parse(readFileSync('openapi/noetl.json', 'utf8'));
  const meanings = new Map(readShapes(document).map((each) => [each.key, operationMeaning(each)]));

  it.each(Object.entries(release))('%s: %s', (key, want) => {
    const meaning = meanings.get(key);
    expect(meaning && words(meaning)).toBe(want);
  });

  it('everything else is plain, with at most the id of one execution', () => {
    const others = [...meanings].filter(([key]) => !Object.hasOwn(release, key)).map(([, meaning]) => words(meaning));
    expect(others).toHaveLength(meanings.size - Object.keys(release).length);
    expect(new Set(others)).toEqual(new Set(['plain', 'plain, id execution_id']));
  });
});

describe('operationMeaning of what a release may bring', () => {
  it.each<[string, DocumentedShape, string]>([
    [
      'execute that has moved',
      shape('POST /api/v3/run', ['body path', 'body workload: object'], ['execution_id', 'status']),
      'execute, path path, by path',
    ],
    [
      'execute with another name for the variables',
      shape('POST /api/run', ['body path', 'body input: object'], ['execution_id']),
      'start, path path, by path',
    ],
    [
      'execute by another name for the playbook',
      shape('POST /api/launches', ['body playbook', 'body input: object'], ['run_id']),
      'start, path playbook, by playbook',
    ],
    [
      'a start whose answer the document does not describe',
      shape('POST /api/flows', ['body path', 'body workload: object']),
      'execute, path path, by path',
    ],
    [
      'a start in camelCase',
      shape('POST /api/flows', ['body playbookPath', 'body vars: object'], ['executionId']),
      'start, path playbookPath, by playbookPath',
    ],
    [
      'a start by GET',
      shape('GET /api/trigger', ['query path', 'query workload'], ['execution_id']),
      'start, path path, by path',
    ],
    [
      'an execution that is given out, and no playbook named',
      shape('POST /api/jobs', ['body cron'], ['execution_id']),
      'start',
    ],
    ['an execution in an envelope', shape('POST /api/jobs', ['body cron'], ['execution', 'execution.id']), 'start'],
    [
      'a run that is repeated',
      shape('POST /api/executions/{execution_id}/rerun', ['path execution_id'], ['execution_id']),
      'start, id execution_id',
    ],
    [
      'a call to a playbook by its path',
      shape('POST /api/agents/{path}/ask', ['path path']),
      'start, path path, by path',
    ],
    ['a parent is no new execution', shape('POST /api/notes', ['body text'], ['parent_execution_id']), 'plain'],
    [
      'what changes one execution starts none',
      shape('POST /api/executions/{id}/pause', ['path id'], ['execution_id']),
      'plain, id id',
    ],
    ['a search of executions', shape('POST /api/search', ['body text'], ['[]', 'execution_id', 'path']), 'plain'],
    [
      'executions that have moved',
      shape('GET /api/runs', ['query page: integer'], ['[]', 'execution_id', 'path', 'status']),
      'executions',
    ],
    [
      'executions in a page',
      shape('GET /api/runs', [], ['items', 'items.execution_id', 'items.status', 'total']),
      'executions',
    ],
    ['executions that the document does not describe', shape('GET /api/executions'), 'executions'],
    [
      'an execution that has moved',
      shape('GET /api/runs/{execution_id}', ['path execution_id'], ['execution_id', 'status', 'path']),
      'execution, id execution_id',
    ],
    ['an id behind executions', shape('GET /api/executions/{id}', ['path id']), 'execution, id id'],
    [
      'variables are no execution',
      shape('GET /api/vars/{execution_id}', ['path execution_id'], ['variables']),
      'plain, id execution_id',
    ],
    ['many executions by their ids', shape('POST /api/runs/stop', ['body execution_ids: array'], ['message']), 'bulk'],
    ['executions without an id', shape('DELETE /api/executions', ['query older_than']), 'bulk'],
    [
      'the catalog, under another path',
      shape('POST /api/registry', ['body content', 'body resource_type'], ['catalog_id', 'path', 'version']),
      'catalogWrite',
    ],
    ['any other write of the catalog', shape('DELETE /api/catalog/{path}', ['path path']), 'catalogWrite, path path'],
    [
      'a write of a credential, under another path',
      shape('PUT /api/vault/{name}', ['path name', 'body credential_type'], ['credential_type']),
      'credentialWrite',
    ],
    ['workers, under another path', shape('GET /api/runtimes', [], ['[]', 'name', 'runtime', 'heartbeat']), 'workers'],
    ['a list of paths is no path', shape('GET /api/x', ['query path: array']), 'plain'],
    ['SQL starts no playbook', shape('POST /api/postgres/execute', ['body query']), 'plain'],
  ])('%s', (_name, given, want) => {
    expect(words(operationMeaning(given))).toBe(want);
  });
});
