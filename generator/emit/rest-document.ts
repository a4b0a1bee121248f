import { parse, stringify } from 'yaml';
import { ruleText } from '../../plugins/noetl-auth/access/explain-text.ts';
import type { Operation } from '../../plugins/operation.ts';
import { argumentDocs, gatewayArguments, gatewayBounds } from '../../plugins/operation-kind.ts';
import { reachableSchemas } from '../openapi/map-schemas.ts';
import { isRecord, type OpenApiDocument } from '../openapi/open-api.ts';
import { type Emitter, hashHeader, type OutputFile } from './emitter.ts';
import { codeSpan } from './markdown.ts';

type JsonObject = Readonly<Record<string, unknown>>;

export const restDocumentPath = 'docs/generated/rest.yaml';

/**
 * An OpenAPI document of every REST call of the gateway: its own contract, and the calls below `/noetl` that the table
 * opens, with the parameters and members that callers may send. A project without a contract gets what the table opens.
 */
export const emitRestDocument: Emitter = ({ operations, document, read }): readonly OutputFile[] => {
  const upstream = document as unknown as OpenApiDocument;
  const contract = withoutInstructions(parse(read('openapi/gateway.yaml') ?? '{}'));
  const own = ownParts(isRecord(contract) ? contract : {});
  const rest = operations.filter((operation) => operation.rest !== undefined);
  const paths = pathsOf(rest, upstream);
  // The gateway's own come last: a component of NoETL must not take the place of one.
  const schemas = { ...reachableSchemas(upstream, paths), ...own.schemas };
  const content = {
    openapi: '3.1.0',
    info: own.info,
    ...(own.servers === undefined ? {} : { servers: own.servers }),
    security: [{ bearer: [] }, { sessionHeader: [] }, { sessionCookie: [] }],
    tags: [...own.tags, { name: 'noetl', description: 'NoETL’s own API, as far as it is open' }],
    paths: { ...own.paths, ...paths },
    components: {
      securitySchemes: own.securitySchemes,
      headers: own.headers,
      responses: own.responses,
      schemas: Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1))),
    },
  };
  return [
    {
      path: restDocumentPath,
      content: hashHeader + stringify(content, { lineWidth: 0, aliasDuplicateObjects: false }),
    },
  ];
};

function pathsOf(operations: readonly Operation[], document: OpenApiDocument): Record<string, JsonObject> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of operations.toSorted((a, b) => ((a.rest ?? '') < (b.rest ?? '') ? -1 : 1))) {
    const { rest = '', source } = operation;
    if (source.kind !== 'upstream') continue;
    paths[rest] = { ...paths[rest], [source.method.toLowerCase()]: restOperation(operation, document) };
  }
  return paths;
}

/** Instructions of the contract for the generator are nothing to readers. */
function withoutInstructions(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutInstructions);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) =>
      name.startsWith('x-') ? [] : [[name, withoutInstructions(member)] as const],
    ),
  );
}

/** What the gateway's own contract contributes; a project without one gets what every call needs. */
interface OwnParts {
  readonly info: unknown;
  readonly servers: unknown;
  readonly tags: readonly unknown[];
  readonly paths: JsonObject;
  readonly securitySchemes: JsonObject;
  readonly headers: JsonObject;
  readonly responses: JsonObject;
  readonly schemas: JsonObject;
}

const error = (description: string) => ({
  description,
  content: { 'application/json': { schema: { $ref: '#/components/schemas/ApiError' } } },
});

/** Answers that every call below `/noetl` may have. */
const responses = {
  ApiInvalid: error('The request is not accepted; `error` is the reason (ERR_REQUEST_INVALID)'),
  ApiNoSession: error('No valid session (ERR_TOKEN_MISSING, ERR_TOKEN_MALFORMED, ERR_SESSION_INVALID)'),
  ApiDenied: error(
    'The grants do not allow it (ERR_ACCESS_DENIED), or a cookie came from another site (ERR_ORIGIN_REFUSED)',
  ),
  ApiNotFound: error('There is no such thing, or the caller may not see it (ERR_NOT_FOUND)'),
  ApiRateLimited: error('Too many calls; `Retry-After` is the time to wait (ERR_RATE_LIMITED)'),
  ApiUnavailable: error(
    'NoETL or the gateway could not answer (ERR_UPSTREAM, ERR_UPSTREAM_TIMEOUT, ERR_OVERLOADED, ERR_STORE)',
  ),
};

/** The body of an error below `/noetl`. Clients of NoETL look for `detail`, so the sentence is there as well. */
const apiError = {
  type: 'object',
  required: ['error', 'code', 'detail', 'message'],
  properties: {
    error: { type: 'string', description: 'One sentence for people' },
    code: { type: 'string', description: 'A stable name that programs may branch on', pattern: '^ERR_[A-Z_]+$' },
    detail: { type: 'string', description: 'The same sentence, where clients of NoETL look for it' },
    message: { type: 'string', description: 'The same sentence' },
  },
};

/** The three ways to send a session token (the protocol, Session Token Delivery). */
const securitySchemes = {
  bearer: { type: 'http', scheme: 'bearer' },
  sessionHeader: { type: 'apiKey', in: 'header', name: 'X-Session-Token' },
  sessionCookie: { type: 'apiKey', in: 'cookie', name: 'session_token' },
};

/** @param contract `openapi/gateway.yaml`, parsed, without instructions; `{}` when the project has no contract */
function ownParts(contract: JsonObject): OwnParts {
  const components = member(contract, 'components');
  return {
    info: contract['info'] ?? { title: 'NoETL Gateway', version: '1.0.0' },
    servers: contract['servers'],
    tags: Array.isArray(contract['tags']) ? contract['tags'] : [],
    paths: withPublicCalls(member(contract, 'paths')),
    securitySchemes: { ...securitySchemes, ...member(components, 'securitySchemes') },
    headers: member(components, 'headers'),
    responses: { ...member(components, 'responses'), ...responses },
    schemas: { ...member(components, 'schemas'), ApiError: apiError },
  };
}

const member = (object: JsonObject, name: string): JsonObject => {
  const value = object[name];
  return isRecord(value) ? value : {};
};

/** The contract's own default is no session, the whole document's is one. */
function withPublicCalls(paths: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(paths).map(([path, item]) => {
      const operations = isRecord(item) ? item : {};
      const named = Object.entries(operations).map(([method, operation]) => [
        method,
        isRecord(operation) ? { security: [], ...operation } : operation,
      ]);
      return [path, Object.fromEntries(named)];
    }),
  );
}

/** Answers that each call may have beside its own. */
const shared = {
  '400': { $ref: '#/components/responses/ApiInvalid' },
  '401': { $ref: '#/components/responses/ApiNoSession' },
  '403': { $ref: '#/components/responses/ApiDenied' },
  '404': { $ref: '#/components/responses/ApiNotFound' },
  '429': { $ref: '#/components/responses/ApiRateLimited' },
  '502': { $ref: '#/components/responses/ApiUnavailable' },
  '503': { $ref: '#/components/responses/ApiUnavailable' },
};

/** A query parameter that is text. */
const text = (name: string, description: string) => ({ name, in: 'query', description, schema: { type: 'string' } });

/** Query parameters that a kind takes beside the arguments of its field. */
const furtherQuery: Partial<Record<Operation['kind'], readonly string[]>> = {
  execution: ['page', 'page_size', 'since_event_id', 'event_type', 'include_events'],
};

/** Members of a body that a kind takes beside the arguments of its field. */
const furtherMembers: Partial<Record<Operation['kind'], readonly string[]>> = {
  execute: ['catalog_id', 'version'],
  catalogEntry: ['catalog_id'],
};

/**
 * One operation below `/noetl`: NoETL's own description, without what callers cannot set (ADR 0017). What is left out
 * here is also not read by `gateway/rest`.
 */
function restOperation(operation: Operation, document: OpenApiDocument): JsonObject {
  const { field, kind, access, description } = operation;
  const upstream = upstreamOf(operation, document);
  const summary = description ?? upstream['summary'];
  const parameters = kind === 'rerun' ? [executionId] : parametersOf(operation, upstream);
  const body = kind === 'rerun' ? rerunBody : bodyOf(operation, upstream, document);
  return {
    operationId: field,
    tags: ['noetl'],
    ...(typeof summary === 'string' && { summary }),
    description: `May be called by ${ruleText(access, codeSpan)}.`,
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && { requestBody: body }),
    responses: { '200': okOf(upstream), ...shared },
  };
}

const executionId = { name: 'execution_id', in: 'path', required: true, schema: { type: 'string' } };
/** No server has the route, so the document has nothing of it. */
const rerunBody = {
  content: {
    'application/json': { schema: { type: 'object', properties: { workload: { type: 'object' } } } },
  },
};

function upstreamOf({ source }: Operation, { paths }: OpenApiDocument): JsonObject {
  if (source.kind !== 'upstream') return {};
  const operation = paths[source.path]?.[source.method.toLowerCase()];
  return isRecord(operation) ? operation : {};
}

function parametersOf({ args, kind }: Operation, { parameters }: JsonObject): readonly unknown[] {
  const offered = new Set([
    ...args.flatMap(({ name, wire, in: place }) =>
      name === undefined || place === 'body' ? [] : [`${place} ${wire}`],
    ),
    ...(furtherQuery[kind] ?? []).map((wire) => `query ${wire}`),
  ]);
  const known = Array.isArray(parameters) ? parameters.filter(isRecord) : [];
  const shown = known
    .filter((one) => offered.has(`${String(one['in'])} ${String(one['name'])}`))
    .map((one) => ({ ...one, schema: { ...member(one, 'schema'), ...gatewayBounds[kind]?.[String(one['name'])] } }));
  return kind === 'executions' ? [...shown, ...listQuery(shown)] : shown;
}

/** What the gateway answers to in a list, where NoETL does not. */
function listQuery(shown: readonly JsonObject[]): readonly unknown[] {
  const own = Object.keys(gatewayArguments.executions ?? {}).map((name) => ({
    ...text(name, argumentDocs[name] ?? ''),
    schema: { type: 'string', ...gatewayBounds.executions?.[name] },
  }));
  const words = [
    text('limit', 'Another word for `page_size`'),
    text('offset', 'A multiple of `limit`, instead of `page`'),
  ];
  return [...words, ...own].filter(({ name }) => !shown.some((one) => one['name'] === name));
}

/** The members that callers may set. A body that is not an object of known members is shown as it is. */
function bodyOf({ args, kind }: Operation, { requestBody }: JsonObject, document: OpenApiDocument): unknown {
  if (!isRecord(requestBody)) return undefined;
  const media = isRecord(requestBody['content']) ? requestBody['content']['application/json'] : undefined;
  const schema = isRecord(media) ? resolved(media['schema'], document) : undefined;
  if (!isRecord(schema) || !isRecord(schema['properties'])) return requestBody;
  const offered = new Set([
    ...args.flatMap(({ name, wire, in: place }) => (name !== undefined && place === 'body' ? [wire] : [])),
    ...(furtherMembers[kind] ?? []),
  ]);
  const properties = Object.entries(schema['properties']).filter(([name]) => offered.has(name));
  const required = Array.isArray(schema['required'])
    ? schema['required'].filter((name) => offered.has(String(name)))
    : [];
  const shown = {
    type: 'object',
    properties: Object.fromEntries(properties),
    ...(required.length > 0 && { required }),
  };
  return { ...requestBody, content: { 'application/json': { schema: shown } } };
}

function resolved(schema: unknown, { components }: OpenApiDocument): unknown {
  const ref = isRecord(schema) ? schema['$ref'] : undefined;
  const name = typeof ref === 'string' ? /^#\/components\/schemas\/([^/]+)$/.exec(ref)?.[1] : undefined;
  return name === undefined ? schema : components?.schemas?.[name];
}

function okOf({ responses }: JsonObject): unknown {
  const found = isRecord(responses) ? (responses['200'] ?? responses['201'] ?? responses['202']) : undefined;
  const content = isRecord(found) ? found['content'] : undefined;
  return { description: 'NoETL’s answer', ...(content !== undefined && { content }) };
}
