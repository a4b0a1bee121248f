import type { GatewayConfig } from '../../gateway/config/gateway-config.ts';
import type { OpenApiDocument, OperationObject, Schema } from '../../generator/openapi/open-api.ts';
import { authenticated, onExecution, onPlaybook, role } from '../../plugins/noetl-auth/access/access-rule.ts';
import { allow } from '../../plugins/noetl-auth/access/grant.ts';

const text: Schema = { type: 'string' };
const answer = (schema: Schema): OperationObject['responses'] => ({
  '200': { content: { 'application/json': { schema } } },
});
const body = (properties: Record<string, Schema>, required: string[] = []) => ({
  required: true,
  content: { 'application/json': { schema: { type: 'object', properties, required } } },
});
const query = (name: string, schema: Schema = text) => ({ name, in: 'query', schema });
const segment = (name: string) => ({ name, in: 'path', required: true, schema: text });

/** A small release of NoETL. */
export const before: OpenApiDocument = {
  openapi: '3.1.0',
  info: { title: 'NoETL', version: '1.0' },
  paths: {
    '/api/execute': {
      post: {
        operationId: 'execute',
        requestBody: body({ path: text, workload: { type: 'object' }, note: text }),
        responses: answer({ type: 'object' }),
      },
    },
    '/api/executions': {
      get: {
        operationId: 'list',
        parameters: [query('page', { type: 'integer' })],
        responses: answer({ type: 'array', items: { $ref: '#/components/schemas/Row' } }),
      },
    },
    '/api/executions/{id}': {
      get: {
        operationId: 'detail',
        parameters: [segment('id')],
        responses: answer({ $ref: '#/components/schemas/Row' }),
      },
    },
    '/api/executions/{id}/finalize': {
      post: { operationId: 'finalize', parameters: [segment('id')], responses: answer({ type: 'object' }) },
    },
    '/api/catalog/resource': {
      post: {
        operationId: 'resource',
        requestBody: body({ path: text, version: text }, ['path']),
        responses: answer({ $ref: '#/components/schemas/Playbook' }),
      },
    },
    '/api/worker/pools': {
      get: { operationId: 'pools', responses: answer({ type: 'array', items: { $ref: '#/components/schemas/Pool' } }) },
    },
  },
  components: {
    schemas: {
      Row: {
        type: 'object',
        title: 'Row',
        properties: { execution_id: text, status: text, duration: text },
        required: ['execution_id'],
      },
      Playbook: { type: 'object', title: 'Playbook', properties: { path: text, source: text } },
      Pool: { type: 'object', title: 'Pool', properties: { name: text } },
    },
  },
};

/** The release after it. Something of every kind has happened. */
export const after: OpenApiDocument = {
  openapi: '3.1.0',
  info: { title: 'NoETL', version: '2.0' },
  paths: {
    // An argument that the protocol's field uses is gone, and one that it does not use.
    '/api/execute': {
      post: {
        operationId: 'execute',
        requestBody: body({ path: text, payload: { type: 'object' } }),
        responses: answer({ type: 'object' }),
      },
    },
    // One argument and one field more, another type of a field.
    '/api/executions': {
      get: {
        operationId: 'list',
        parameters: [query('page', { type: 'integer' }), query('tenant')],
        responses: answer({ type: 'array', items: { $ref: '#/components/schemas/Row' } }),
      },
    },
    // Only the parameter's name is another.
    '/api/executions/{execution_id}': {
      get: {
        operationId: 'detail',
        parameters: [segment('execution_id')],
        responses: answer({ $ref: '#/components/schemas/Row' }),
      },
    },
    // Moved.
    '/api/runs/{id}/finalize': {
      post: { operationId: 'finalize', parameters: [segment('id')], responses: answer({ type: 'object' }) },
    },
    // The argument that the access rule looks at is gone.
    '/api/catalog/resource': {
      post: {
        operationId: 'resource',
        requestBody: body({ name: text, version: text }, ['name']),
        responses: answer({ $ref: '#/components/schemas/Playbook' }),
      },
    },
    // A row opens this as soon as it is there.
    '/api/dashboard/stats': { get: { operationId: 'stats', responses: answer({ $ref: '#/components/schemas/Pool' }) } },
    '/api/credentials': { get: { operationId: 'credentials', responses: answer({}) } },
    '/api/postgres/execute': {
      post: { operationId: 'sql', requestBody: body({ query: text }), responses: answer({}) },
    },
    '/api/worker/pools': {
      get: { operationId: 'pools', responses: answer({ type: 'array', items: { $ref: '#/components/schemas/Pool' } }) },
    },
  },
  components: {
    schemas: {
      Row: {
        type: 'object',
        title: 'Row',
        properties: { execution_id: text, status: text, duration: { type: 'number' }, path: text },
        required: ['execution_id'],
      },
      Playbook: { type: 'object', title: 'Playbook', properties: { path: text, source: text } },
      Pool: { type: 'object', title: 'Pool', properties: { name: text } },
    },
  },
};

export const config: GatewayConfig = {
  operations: {
    executePlaybook: { upstream: 'POST /api/execute', access: onPlaybook('execute', 'name') },
    execution: { upstream: 'GET /api/executions/{id}', access: onExecution('view', 'id') },
    executions: { upstream: 'GET /api/executions', access: authenticated({ rows: 'executions' }) },
    finalize: {
      upstream: 'POST /api/executions/{id}/finalize',
      access: onExecution('delete', 'id'),
      optional: true,
    },
    playbook: { upstream: 'POST /api/catalog/resource', type: 'query', access: onPlaybook('view', 'path') },
    workerPools: { upstream: 'GET /api/worker/pools', access: role('admin') },
    dashboardStats: { upstream: 'GET /api/dashboard/stats', access: authenticated(), optional: true },
  },
  roles: ['admin', 'developer'],
  grants: [allow('admin', 'all', '*'), allow('developer', ['execute', 'view'], 'data/*')],
};
