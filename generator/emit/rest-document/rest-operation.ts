import { ruleText } from '../../../plugins/noetl-auth/access/explain-text.ts';
import type { Operation } from '../../../plugins/operation.ts';
import { isRecord, type OpenApiDocument } from '../../openapi/open-api.ts';
import { codeSpan } from '../markdown.ts';

type JsonObject = Readonly<Record<string, unknown>>;

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
export function restOperation(operation: Operation, document: OpenApiDocument): JsonObject {
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
  const shown = known.filter((one) => offered.has(`${String(one['in'])} ${String(one['name'])}`));
  return kind === 'executions' ? [...shown, text('limit', 'Another word for `page_size`')] : shown;
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
