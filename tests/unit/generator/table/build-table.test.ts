import { describe, expect, it } from 'vitest';
import type { AnyRow, AnyUpstreamRow, GatewayConfig } from '../../../../gateway/config/gateway-config.ts';
import { structure } from '../../../../generator/build-schema.ts';
import type { OpenApiDocument, OperationObject, Schema } from '../../../../generator/openapi/open-api.ts';
import { assertNoProblems, buildTable as buildTableOf } from '../../../../generator/table/build-table.ts';
import {
  authenticated,
  closed,
  custom,
  onExecution,
  onPlaybook,
  role,
} from '../../../../plugins/noetl-auth/access/access-rule.ts';
import { allow, deny } from '../../../../plugins/noetl-auth/access/grant.ts';
import { answers } from '../../../support/open-api.ts';

const text = { type: 'string' } as const;
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const body = (schema: Schema): Pick<OperationObject, 'requestBody'> => ({
  requestBody: { required: true, content: { 'application/json': { schema } } },
});
const id = { name: 'execution_id', in: 'path', required: true, schema: text };

const document: OpenApiDocument = {
  openapi: '3.1.0',
  paths: {
    '/api/execute': { post: { ...body(ref('Execute')), responses: answers(ref('Row')) } },
    '/api/executions': {
      get: {
        parameters: [
          { name: 'page_size', in: 'query', schema: { type: 'integer' } },
          { name: 'authorization', in: 'header', schema: text },
        ],
        responses: answers({ type: 'array', items: ref('Row') }),
      },
    },
    '/api/executions/{execution_id}': { get: { parameters: [id], responses: answers(ref('Row')) } },
    '/api/executions/{execution_id}/cancel': {
      post: { parameters: [id], ...body(ref('Cancel')), responses: answers(ref('Row')) },
    },
    '/api/executions/{execution_id}/analyze': {
      post: {
        parameters: [id],
        ...body({ type: 'object', properties: { analysis_playbook_path: text } }),
        responses: answers({}),
      },
    },
    '/api/catalog/resource': { post: { ...body(ref('Resource')), responses: answers(ref('Item')) } },
    '/api/raw': { post: { ...body({}), responses: answers({}) } },
    '/api/upload': {
      post: { requestBody: { content: { 'multipart/form-data': { schema: {} } } }, responses: answers({}) },
    },
    '/api/credentials/{identifier}': {
      delete: { parameters: [{ ...id, name: 'identifier' }], responses: answers({}) },
      get: {
        parameters: [
          { ...id, name: 'identifier' },
          { name: 'include_data', in: 'query', schema: { type: 'boolean' } },
        ],
        responses: answers({}),
      },
    },
    '/api/mcp/{path}/jsonrpc': { post: { parameters: [{ ...id, name: 'path' }], ...body({}), responses: answers({}) } },
    '/api/jobs': { post: { ...body(ref('Item')), responses: answers(ref('Row')) } },
    '/api/catalog/register': {
      post: { ...body({ type: 'object', properties: { content: text } }), responses: answers(ref('Item')) },
    },
    '/api/executions/cleanup': { post: { ...body(ref('Item')), responses: answers({}) } },
    '/api/run': {
      post: {
        ...body({
          type: 'object',
          required: ['tenant'],
          properties: { path: text, input: { type: 'object' }, tenant: text },
        }),
        responses: answers({ type: 'object', properties: { run_id: text } }),
      },
    },
    '/api/files/{id}.json': { get: { parameters: [{ ...id, name: 'id' }], responses: answers({}) } },
    '/api/postgres/execute': { post: { ...body({}), responses: answers({}) } },
  },
  components: {
    schemas: {
      Execute: { type: 'object', properties: { path: text, workload: { type: 'object' } } },
      Row: {
        type: 'object',
        properties: { execution_id: text, status: text, items: { type: 'array', items: ref('Item') } },
      },
      Item: { type: 'object', properties: { name: text, secret: text } },
      Cancel: {
        type: 'object',
        required: ['reason'],
        properties: { reason: text, cascade: { type: 'boolean' }, execution_id: text },
      },
      Resource: { type: 'object', properties: { path: text, catalog_id: text } },
    },
  },
};

const buildTable = (raw: OpenApiDocument, config: GatewayConfig) => buildTableOf(structure(raw).document, config);

const table = (operations: Record<string, Partial<AnyRow>>) =>
  buildTable(document, {
    roles: ['admin', 'viewer'],
    grants: [],
    operations: Object.fromEntries(
      Object.entries(operations).map(([field, row]) => [field, { access: fittingRule(row), ...row }]),
    ),
  } as unknown as GatewayConfig);

/** A rule that is not what a case is about. */
function fittingRule(row: Partial<AnyRow>) {
  const upstream = 'upstream' in row ? row.upstream : '';
  if (upstream === 'GET /api/executions') return authenticated({ rows: 'executions' });
  return upstream?.includes('/executions/{id}') ? custom(() => true) : authenticated();
}

const argument = { constant: undefined, description: undefined };

describe('buildTable', () => {
  it('makes an argument of everything that the document takes, but of no header', () => {
    const { operations, problems } = table({ executions: { upstream: 'GET /api/executions' } });
    expect(problems).toEqual([]);
    expect(operations[0]?.args).toEqual([
      { ...argument, wire: 'page_size', in: 'query', name: 'pageSize', bounds: { minimum: 1, maximum: 1_000 } },
    ]);
    expect(operations[0]?.root).toBe('query');
  });

  it('the bounds of scalars are those of the document, unless its own default is outside', () => {
    const schemas: Record<string, Schema> = {
      size: { type: 'integer', minimum: 10, maximum: 500, default: 100 },
      word: { anyOf: [{ type: 'string', minLength: 1, minimum: 3 }, { type: 'null' }], default: null },
      unlike: { type: 'integer', minimum: 10, default: 0 },
      several: { anyOf: [{ type: 'integer', minimum: 1 }, { type: 'string' }] },
      list: { type: 'array', items: { type: 'integer', minimum: 1 } },
      level: { type: 'integer', enum: [1, 2] },
    };
    const parameters = Object.entries(schemas).map(([name, schema]) => ({ name, in: 'query', schema }));
    const paths = { '/api/things': { get: { parameters, responses: answers({}) } } };
    const { operations } = buildTable({ openapi: '3.1.0', paths }, {
      roles: [],
      grants: [],
      operations: { things: { upstream: 'GET /api/things', access: authenticated() } },
    } as unknown as GatewayConfig);
    expect(operations[0]?.args.flatMap(({ name, bounds }) => (bounds === undefined ? [] : [[name, bounds]]))).toEqual([
      ['size', { minimum: 10, maximum: 500 }],
      ['word', { minLength: 1 }],
      ['level', { enum: [1, 2] }],
    ]);
  });

  it('words about an argument that this release lacks are noted; what renames it is a problem', () => {
    const of = (args: object) => table({ executions: { upstream: 'GET /api/executions', args } as Partial<AnyRow> });
    const line = 'operations.executions.args.gone: GET /api/executions has no such argument';
    expect(of({ gone: { description: 'x' } })).toMatchObject({ problems: [], notes: [line] });
    expect(of({ gone: { name: 'x' } })).toMatchObject({ problems: [line], notes: [] });
    expect(of({ gone: false })).toMatchObject({ problems: [line], notes: [] });
    const optional = { problems: [], notes: [`${line}; left out (optional)`] };
    expect(of({ gone: { hidden: true, optional: true } })).toMatchObject(optional);
  });

  it('refuses a REST call whose path serve could not find', () => {
    const of = (rest: boolean) => table({ file: { upstream: 'GET /api/files/{id}.json', rest } }).problems;
    expect(of(true)).toEqual([
      'operations.file.rest: GET /api/files/{id}.json cannot be served below /noetl: a parameter is only a part of a segment of its path; leave rest out of the row',
    ]);
    expect(of(false)).toEqual([]);
  });

  it('finds an operation whatever its parameters are called, and takes the config’s word for them', () => {
    const { operations, problems } = table({
      cancel: {
        upstream: 'POST /api/executions/{id}/cancel',
        access: onExecution('execute', 'runId'),
        args: { id: 'runId', cascade: { constant: true } },
        acceptRisk: 'the member of the body is the same id',
      },
    });
    expect(problems).toEqual([]);
    expect(operations[0]?.source).toMatchObject({ key: 'POST /api/executions/{execution_id}/cancel' });
    expect(operations[0]?.args.map(({ wire, in: place, name, constant }) => [place, wire, name, constant])).toEqual([
      ['path', 'execution_id', 'runId', undefined],
      ['body', 'cascade', undefined, true],
      ['body', 'execution_id', 'bodyRunId', undefined],
      ['body', 'reason', 'reason', undefined],
    ]);
  });

  it('keeps a body that has no members as one argument', () => {
    const { operations } = table({ raw: { upstream: 'POST /api/raw' } });
    expect(operations[0]?.args).toEqual([{ ...argument, wire: 'input', in: 'body', name: 'input' }]);
  });

  it('gives the protocol’s fields the protocol’s arguments', () => {
    const { operations, problems } = table({
      executePlaybook: { upstream: 'POST /api/execute', access: onPlaybook('execute', 'name') },
      execution: { upstream: 'GET /api/executions/{id}', access: onExecution('view', 'id') },
    });
    expect(problems).toEqual([]);
    expect(operations.map(({ field, args }) => [field, args.map(({ wire, name }) => `${wire}→${name}`)])).toEqual([
      ['executePlaybook', ['path→name', 'workload→variables']],
      ['execution', ['execution_id→id']],
    ]);
  });

  it('leaves a row out when the document lacks it and the config says it may', () => {
    const { operations, problems, notes } = table({
      events: { upstream: 'GET /api/executions/{id}/events', optional: true },
    });
    expect({ operations, problems }).toEqual({ operations: [], problems: [] });
    expect(notes[0]).toContain('left out (optional)');
  });

  it('keeps renamed, aliased, hidden and nested fields', () => {
    const { operations, problems } = table({
      executions: {
        upstream: 'GET /api/executions',
        fields: { execution_id: ['id', 'executionId'], status: false, 'items.secret': false },
      },
    });
    expect(problems).toEqual([]);
    expect(operations[0]?.fields).toEqual({ execution_id: ['id', 'executionId'], status: [], 'items.secret': [] });
  });

  it.each<[string, NonNullable<AnyUpstreamRow['fields']>, Record<string, readonly string[]>]>([
    ['a list opens what it names', ['execution_id'], { execution_id: ['executionId'], status: [], items: [] }],
    ['a field with all of its own', ['items'], { execution_id: [], status: [], items: ['items'] }],
    [
      'a field with some of its own',
      ['items.name'],
      { execution_id: [], status: [], 'items.name': ['name'], 'items.secret': [] },
    ],
    ['names and nothing else', { '*': false, status: 'state' }, { execution_id: [], status: ['state'], items: [] }],
    ['all but one', { '*': true, status: false }, { status: [] }],
    ['all', 'all', {}],
  ])('fields: %s', (_name, fields, want) => {
    const { operations, problems } = table({ executions: { upstream: 'GET /api/executions', fields } });
    expect(problems).toEqual([]);
    expect(operations[0]?.fields).toEqual(want);
  });

  it.each<[string, NonNullable<AnyUpstreamRow['args']>, unknown[]]>([
    ['a list offers what it names, and what is required', ['cascade'], ['executionId', 'cascade', undefined, 'reason']],
    ['names and nothing else', { '*': false, cascade: 'all' }, ['executionId', 'all', undefined, 'reason']],
    ['all', 'all', ['executionId', 'cascade', 'bodyExecutionId', 'reason']],
  ])('args: %s', (_name, args, want) => {
    const { operations, problems } = table({ stop: { upstream: 'POST /api/executions/{id}/cancel', args } });
    expect(problems).toEqual([]);
    expect(operations[0]?.args.map((arg) => arg.name)).toEqual(want);
  });

  it.each<[string, Partial<AnyRow>, RegExp]>([
    [
      'missing operation',
      { upstream: 'GET /api/executons' },
      /no GET \/api\/executons; nearest: GET \/api\/executions/,
    ],
    [
      'unknown argument',
      { upstream: 'GET /api/executions', args: { pagesize: 'n' } },
      /args\.pagesize: .*nearest: page_size/,
    ],
    ['unknown field', { upstream: 'GET /api/executions', fields: { state: 'x' } }, /fields\.state: .*no such field/],
    ['a header as an argument', { upstream: 'GET /api/executions', args: { authorization: 'x' } }, /no such argument/],
    [
      'required and hidden',
      { upstream: 'POST /api/executions/{id}/cancel', args: { reason: false } },
      /only be hidden with a constant/,
    ],
    [
      'two arguments of one name',
      { upstream: 'POST /api/executions/{id}/cancel', args: { reason: 'cascade' } },
      /already that of/,
    ],
    [
      'an argument that GraphQL cannot have',
      { upstream: 'GET /api/executions', args: { page_size: 'page-size' } },
      /argument named “page-size”/,
    ],
    [
      'a field that GraphQL cannot have',
      { upstream: 'GET /api/executions', fields: { status: '__s' } },
      /field named “__s”/,
    ],
    [
      'nothing left',
      { upstream: 'GET /api/executions', fields: { execution_id: false, status: false, items: false } },
      /nothing is left/,
    ],
    ['an unknown role', { upstream: 'GET /api/executions', access: role('admn') }, /no role “admn”; nearest: admin/],
    ['no role', { upstream: 'GET /api/executions', access: role() }, /names no role/],
    [
      'a rule on what is not offered',
      { upstream: 'POST /api/catalog/resource', access: onPlaybook('view', 'name') },
      /“name”, which is not offered/,
    ],
    [
      'a second selector of a playbook',
      { upstream: 'POST /api/catalog/resource', access: onPlaybook('view', 'path') },
      /“catalogId” chooses a playbook too/,
    ],
    ['a body that is not JSON', { upstream: 'POST /api/upload' }, /not JSON/],
    ['SQL', { upstream: 'POST /api/postgres/execute' }, /must not be public: it runs SQL/],
    ['an argument that asks for secrets', { upstream: 'GET /api/credentials/{id}' }, /include_data asks for secrets/],
    ['a blank reason', { upstream: 'POST /api/postgres/execute', acceptRisk: ' ' }, /must not be public/],
    [
      'a constant that is a template',
      { upstream: 'GET /api/executions', args: { page_size: { constant: '{args.x}' } } },
      /cannot hold/,
    ],
    [
      'a constant that leaves its segment',
      { upstream: 'POST /api/executions/{id}/cancel', args: { id: { constant: 'a/b' } } },
      /one segment/,
    ],
    [
      'an unknown rule',
      { upstream: 'GET /api/executions', access: { kind: 'autenticated' } } as never,
      /no rule “autenticated”; nearest: authenticated/,
    ],
    [
      'an unknown permission',
      { upstream: 'POST /api/catalog/resource', access: onPlaybook('exekute' as 'execute', 'path') },
      /no permission “exekute”; nearest: execute/,
    ],
    [
      'a start for everyone',
      { upstream: 'POST /api/execute' },
      /“path” chooses a playbook to start, and no rule is on it/,
    ],
    [
      'a playbook of the caller’s choice beside a rule',
      { upstream: 'POST /api/executions/{id}/analyze', access: onExecution('view', 'executionId') },
      /“analysisPlaybookPath” chooses a playbook to start/,
    ],
    [
      'a start for a role, under any name',
      { upstream: 'POST /api/execute', access: role('admin') },
      /“path” chooses a playbook to start, and no rule is on it/,
    ],
    [
      'a start for those who may view',
      { upstream: 'POST /api/execute', access: onPlaybook('view', 'path') },
      /“path” chooses a playbook to start, so the rule must ask for “execute”/,
    ],
    ['a call into a playbook', { upstream: 'POST /api/mcp/{path}/jsonrpc' }, /“path” chooses a playbook to start/],
    ['a start that names no playbook', { upstream: 'POST /api/jobs' }, /starts a playbook, and no argument names it/],
    ['a write of the catalog', { upstream: 'POST /api/catalog/register' }, /must not be public: it writes the catalog/],
    [
      'a write of credentials',
      { upstream: 'DELETE /api/credentials/{identifier}', access: role('admin') },
      /must not be public: it writes credentials/,
    ],
    [
      'executions in bulk',
      { upstream: 'POST /api/executions/cleanup' },
      /must not be public: it changes executions in bulk/,
    ],
    ['no rule', { upstream: 'GET /api/executions', access: undefined } as never, /access: missing/],
    [
      'an SDL of another field',
      { gateway: 'query', sdl: 'you: String', upstream: undefined } as never,
      /exactly the field/,
    ],
    ['an SDL that does not parse', { gateway: 'query', sdl: 'odd(: String' } as never, /odd\.sdl: Syntax Error/],
    ...['extend type Row { x: Int }', 'extend enum E { X }', 'extend schema @x'].map(
      (typeDefs): [string, AnyRow, RegExp] => [
        typeDefs,
        { gateway: 'query', sdl: 'odd: Int', typeDefs } as never,
        /typeDefs: “extend \w+” adds what nothing would answer/,
      ],
    ),
    [
      'types that take a root',
      { gateway: 'query', sdl: 'odd: Int', typeDefs: 'type Query { x: Int }' } as never,
      /typeDefs: a root type/,
    ],
  ])('names the problem: %s', (_name, row, want) => {
    const { problems } = table({ odd: row });
    expect(problems.join('\n')).toMatch(want);
  });

  it.each([
    ['arguments', { args: { path: 'p' } }, /protocol fixes the arguments/],
    ['fields', { fields: { execution_id: 'x' } }, /protocol fixes the answer/],
    ['the root', { type: 'query' }, /makes executePlaybook a mutation/],
    ['the call', { upstream: 'POST /api/raw' }, /not the call/],
  ])('lets no row change %s of a protocol field', (_name, row, want) => {
    const base = { upstream: 'POST /api/execute', access: onPlaybook('execute', 'name') };
    expect(table({ executePlaybook: { ...base, ...row } as never }).problems.join('\n')).toMatch(want);
  });

  it('says of every operation what it does, and which arguments are paths and ids', () => {
    const { operations, problems } = table({
      start: { upstream: 'POST /api/execute', access: onPlaybook('execute', 'what'), args: { path: 'what' } },
      cancel: {
        upstream: 'POST /api/executions/{id}/cancel',
        access: onExecution('execute', 'run'),
        args: { execution_id: 'run' },
        acceptRisk: 'the member of the body is the same id',
      },
      mine: { gateway: 'query', sdl: 'mine: Int' } as never,
    });
    expect(problems).toEqual([]);
    expect(
      operations.map(({ field, kind, catalogPaths, executionIds }) => [field, kind, catalogPaths, executionIds]),
    ).toEqual([
      ['cancel', 'cancel', [], ['run', 'bodyRun']],
      ['mine', 'gateway', [], []],
      ['start', 'execute', ['what'], []],
    ]);
    expect(operations[2]?.start).toEqual({ playbook: 'path', workload: 'workload', execution: 'execution_id' });
  });

  describe('a rule that does not look at the execution', () => {
    const id = { execution_id: 'id' };
    const one = { upstream: 'GET /api/executions/{execution_id}', args: id };
    const cancel = { upstream: 'POST /api/executions/{execution_id}/cancel', args: { ...id, '*': false } };
    const list = { upstream: 'GET /api/executions' };
    const updates = { gateway: 'subscription', sdl: 'odd(id: ID!): Int', watch: 'execution' };
    const rest = { rest: true, mcp: true };
    const any = /^operations\.odd\.access: .*or give the reason in acceptRisk$/;

    it.each<[string, object, RegExp]>([
      [
        'every session reads',
        { ...one, access: authenticated() },
        /“id” chooses any execution.*onExecution\('view', 'id'\)/,
      ],
      ['every session reads, by other ways too', { ...one, ...rest, access: authenticated() }, any],
      ['a role reads', { ...one, access: role('viewer') }, any],
      ['every session cancels', { ...cancel, access: authenticated() }, /onExecution\('execute', 'id'\)/],
      ['a role cancels', { ...cancel, access: role('admin') }, any],
      [
        'a second id',
        { ...cancel, args: { ...id, '*': true, cascade: false }, access: onExecution('execute', 'id') },
        /“bodyId” chooses any execution/,
      ],
      [
        'every session lists',
        { ...list, access: authenticated() },
        /lists the executions of all playbooks.*rows: 'executions'/,
      ],
      ['a role lists', { ...list, access: role('admin') }, any],
      ['every session watches', { ...updates, access: authenticated() }, /streams any execution/],
      ['a role watches', { ...updates, access: role('admin') }, any],
    ])('%s: stops, and acceptRisk opens it', (_name, row, want) => {
      const { problems } = table({ odd: row as never });
      expect(problems).toEqual([expect.stringMatching(any)]);
      expect(problems[0]).toMatch(want);
      const { problems: none, notes } = table({ odd: { ...row, acceptRisk: 'operators see all' } as never });
      expect(none).toEqual([]);
      expect(notes).toEqual([expect.stringMatching(/^operations\.odd: .*open at a risk: operators see all$/)]);
      expect(table({ odd: { ...row, acceptRisk: ' ' } as never }).problems).toHaveLength(1);
    });

    it.each<[string, object]>([
      ['a rule on it', { ...one, access: onExecution('view', 'id') }],
      ['rows', { ...list, access: authenticated({ rows: 'executions' }) }],
      ['custom code', { ...one, access: custom(() => true) }],
      ['a watch with a rule on it', { ...updates, access: onExecution('view', 'id') }],
      [
        'an execution of the config’s choice',
        { ...one, args: { execution_id: { constant: '7' } }, access: authenticated() },
      ],
      ['closed', { ...one, access: closed() }],
    ])('%s is enough', (_name, row) => {
      expect(table({ odd: row as never }).problems).toEqual([]);
    });
  });

  it.each<[string, Partial<AnyRow>]>([
    ['a playbook of the config’s choice', { upstream: 'POST /api/execute', args: { path: { constant: 'a/b' } } }],
    ['a custom rule', { upstream: 'POST /api/jobs', access: custom(() => true) }],
    ['a risk that is accepted', { upstream: 'POST /api/jobs', acceptRisk: 'the jobs are fixed' }],
  ])('lets a start stand: %s', (_name, row) => {
    expect(table({ odd: row }).problems).toEqual([]);
  });

  describe('executePlaybook on a document that has moved it', () => {
    const run = { upstream: 'POST /api/run', access: onPlaybook('execute', 'name') };

    it('names every member that is gone or required', () => {
      const { problems } = table({ executePlaybook: run });
      expect(problems.join('\n')).toMatch(
        /has no member “workload” for the variables.*args: \{ <its name>: 'variables' \}/,
      );
      expect(problems.join('\n')).toMatch(
        /has no “execution_id”, the id of the new execution.*fields: \{ <its name>: 'id' \}/,
      );
      expect(problems.join('\n')).toMatch(/requires “tenant”.*args: \{ tenant: \{ constant: … \} \}/);
      expect(problems).toHaveLength(3);
    });

    it('takes the config’s word for their names', () => {
      const args = { input: 'variables', tenant: { constant: 'one' } };
      const { problems, operations } = table({ executePlaybook: { ...run, args, fields: { run_id: 'id' } } as never });
      expect(problems).toEqual([]);
      expect(operations[0]).toMatchObject({
        kind: 'execute',
        catalogPaths: ['name'],
        start: { playbook: 'path', workload: 'input', execution: 'run_id' },
      });
      expect(operations[0]?.args.map(({ wire, name, constant }) => [wire, name, constant])).toEqual([
        ['path', 'name', undefined],
        ['input', 'variables', undefined],
        ['tenant', undefined, 'one'],
      ]);
    });

    it('reruns on the rule of the execution, and on no other', () => {
      const rerun = { upstream: 'POST /api/execute', access: onExecution('execute', 'id') };
      const { problems, operations } = table({ rerunExecution: rerun } as never);
      expect(problems).toEqual([]);
      expect(operations[0]).toMatchObject({ kind: 'rerun', executionIds: ['id'], catalogPaths: [] });
      for (const access of [authenticated(), role('admin'), onExecution('view', 'id'), onPlaybook('execute', 'name')]) {
        expect(table({ rerunExecution: { ...rerun, access } } as never).problems.join('\n')).toMatch(
          /onExecution\('execute', 'id'\)|is not offered/,
        );
      }
    });

    it.each([
      ['an unknown member', { nope: 'variables' }, /has no member “nope”/],
      ['the path hidden', { path: false }, /neither hidden nor constant/],
      ['a constant that is missing', { nope: { constant: 1 } }, /no such argument/],
    ])('refuses %s', (_name, args, want) => {
      const { problems } = table({ executePlaybook: { ...run, args } as never });
      expect(problems.join('\n')).toMatch(want);
    });
  });

  it('opens what must not be public for a reason, and reports it', () => {
    const { problems, notes } = table({
      sql: { upstream: 'POST /api/postgres/execute', acceptRisk: 'a closed network' },
      credential: { upstream: 'GET /api/credentials/{identifier}', args: { include_data: false } },
    });
    expect(problems).toEqual([]);
    expect(notes).toEqual(['operations.sql: POST /api/postgres/execute is open at a risk: a closed network']);
  });

  it('throws every problem at once', () => {
    const config = {
      roles: [],
      grants: [],
      operations: {
        a: { upstream: 'GET /a', access: authenticated() },
        'b-c': { upstream: 'GET /api/executions', access: authenticated() },
      },
    };
    expect(() => assertNoProblems(buildTable(document, config))).toThrowError(
      expect.objectContaining({
        code: 'ERR_POLICY_INVALID',
        problems: [expect.stringContaining('operations.a'), expect.stringContaining('operations.b-c')],
      }),
    );
  });
});

it('a row that is closed is checked and left out, with a note', () => {
  const upstream = 'GET /api/executions';
  const table = (row: AnyRow) => buildTable(document, { operations: { shut: row }, roles: [], grants: [] });
  expect(table({ upstream, access: closed() })).toMatchObject({
    operations: [],
    problems: [],
    notes: ['operations.shut: closed(); not in the schema'],
  });
  expect(table({ upstream, access: closed(), args: { nope: 'x' } }).problems).toHaveLength(1);
});

it('grants that cannot mean what they say stop generate too, and not the start alone', () => {
  const grants = [allow('admn', 'all', '*'), deny('admin', 'all', '/x'), allow('admin', ['view'], '*')];
  const table = buildTable(document, {
    operations: {},
    roles: ['admin'],
    grants: [...grants, allow('admin', ['view'], 'a')],
  });
  expect(table.problems).toEqual([
    expect.stringMatching(/^build-table\.test\.ts:\d+: unknown role admn; roles are admin$/),
    expect.stringMatching(/^build-table\.test\.ts:\d+: no path can match '\/x'$/),
  ]);
  expect(table.notes).toEqual([expect.stringMatching(/adds nothing to the grants before it$/)]);
});
