import {
  type Body,
  type DocumentOperation,
  isRecord,
  listOperations,
  lookUp,
  mapOperations,
  type OpenApiDocument,
  type OperationObject,
  type Parameter,
  pickMembers,
  type Schema,
} from '../openapi/open-api.ts';
import { documentRule, operationRule } from './normalise.ts';

/**
 * Shared path items, parameters, bodies and answers are written where they are used; only schemas stay references,
 * since they may lead to themselves.
 */
export const resolveReferences = documentRule(
  'resolve-references',
  'Parameters, bodies and answers are shared between operations by reference or by their path.',
  (document, count) => {
    const paths: Record<string, Record<string, unknown>> = {};
    for (const [path, item] of Object.entries(document.paths)) {
      // What is beside the reference wins over what it leads to (OpenAPI 3.1, §4.8.9, leaves this open).
      const { $ref: _, ...resolved } = { ...resolve(document, item, count), ...pickMembers(item, isNotRef) };
      paths[path] = resolved;
    }
    const flat: OpenApiDocument = { ...document, paths };
    for (const entry of listOperations(flat)) {
      const item = paths[entry.path];
      if (item !== undefined) item[entry.method.toLowerCase()] = resolveOperation(document, entry, count);
    }
    // Those of the path item are in each operation now.
    for (const item of Object.values(paths)) delete item['parameters'];
    return flat;
  },
);

const isNotRef = (name: string): boolean => name !== '$ref';

function resolveOperation(
  document: OpenApiDocument,
  { operation, item }: DocumentOperation,
  count: () => void,
): OperationObject {
  const shared = list(item['parameters']).map((parameter) => {
    count();
    return resolve(document, parameter, count);
  });
  const own = list(operation.parameters).map((parameter) => resolve(document, parameter, count));
  const byPlace = new Map<string, Parameter>();
  // A parameter is its name and its place; the operation's own wins (OpenAPI 3.1, §4.8.10).
  for (const parameter of [...shared, ...own]) {
    if (isParameter(parameter)) byPlace.set(`${parameter.in} ${parameter.name}`, parameter);
  }
  const parts: Record<string, unknown> = {};
  if (byPlace.size > 0) parts['parameters'] = [...byPlace.values()];
  if (operation.requestBody !== undefined) parts['requestBody'] = resolve(document, operation.requestBody, count);
  if (isRecord(operation.responses)) {
    parts['responses'] = Object.fromEntries(
      Object.entries(operation.responses).map(([status, answer]) => [status, resolve(document, answer, count)]),
    );
  }
  return { ...operation, ...parts };
}

/** No chain that a schema wrote is longer; a circle ends here. */
const maxHops = 1_000;

function resolve(document: OpenApiDocument, node: unknown, count: () => void): Record<string, unknown> {
  let found = node;
  for (let hops = 0; isRecord(found) && typeof found['$ref'] === 'string' && hops < maxHops; hops += 1) {
    found = lookUp(document, found['$ref']);
    count();
  }
  return isRecord(found) && typeof found['$ref'] !== 'string' ? found : {};
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const isParameter = (value: Record<string, unknown>): value is Record<string, unknown> & Parameter =>
  typeof value['name'] === 'string' && typeof value['in'] === 'string';

/**
 * A parameter described by a media type gets that media type's schema, and `x-content` marks whether it is JSON; one
 * without any description is free text.
 */
export const inlineParameterContent = documentRule(
  'inline-parameter-content',
  'A parameter may be described by `content` instead of `schema`, or not at all.',
  (document, count) => {
    const describe = (parameter: Parameter): Parameter => {
      if (parameter.schema !== undefined && parameter.content === undefined) return parameter;
      count();
      return described(parameter);
    };
    return mapOperations(document, ({ operation }) =>
      operation.parameters === undefined ? operation : { ...operation, parameters: operation.parameters.map(describe) },
    );
  },
);

function described({ content, ...parameter }: Parameter): Parameter {
  const { schema } = parameter;
  if (schema !== undefined) return parameter;
  // OpenAPI allows one media type here (OpenAPI 3.1, §4.8.12).
  const [entry] = Object.entries(content ?? {});
  if (entry === undefined) return { ...parameter, schema: { type: 'string' } };
  const [type, media] = entry;
  return { ...parameter, 'x-content': isJson(type) ? 'json' : 'text', schema: media.schema ?? { type: 'string' } };
}

/**
 * The first 2xx answer is the field's value, as JSON of status 200; errors are the gateway's to word. `x-answer` is
 * the form of an answer that is not JSON: `text`, `binary`, `stream` (of events), `empty`.
 */
export const oneAnswer = operationRule(
  'one-answer',
  'Operations list validation errors, other statuses and empty answers beside the one a caller wants.',
  (operation) => {
    if (isPlain(operation)) return operation;
    const { schema, form } = answerOf(operation);
    const mark = form === undefined ? {} : { [answerMark]: form };
    const content = { 'application/json': { schema } };
    return { ...operation, ...mark, responses: { '200': { description: '', content } } };
  },
);

/** Where {@link oneAnswer} notes what an answer is that is not JSON. */
export const answerMark = 'x-answer';
export type ForeignAnswer = 'text' | 'binary' | 'stream' | 'empty';

/** The answer of status 200, or of the lowest 2xx, or of `default`; anything when the document does not describe it. */
function answerOf(operation: OperationObject): { readonly schema: Schema; readonly form?: ForeignAnswer } {
  const responses = operation.responses ?? {};
  // `2XX` is a range of OpenAPI, and sorts after the numbers.
  const statuses = Object.keys(responses).filter((status) => /^2(?:\d\d|XX)$/i.test(status));
  const status = statuses.sort()[0] ?? ('default' in responses ? 'default' : undefined);
  const answer = status === undefined ? undefined : responses[status];
  const json = jsonSchemaOf(answer);
  if (json !== undefined) return { schema: json };
  const [type] = Object.keys(answer?.content ?? {});
  // A field shows such an answer as text, in the form that its row sets.
  if (type !== undefined && !isJson(type)) return { schema: { type: 'string' }, form: foreignForm(type) };
  // 204 and 205 have no body (RFC 9110, sections 15.3.5 and 15.3.6): the field is true.
  return status === '204' || status === '205' ? { schema: { type: 'boolean' }, form: 'empty' } : { schema: {} };
}

const textTypes =
  /^(?:text\/.*|application\/(?:xml|yaml|x-yaml|toml|x-ndjson|jsonl|javascript|sql|graphql)|.*\+(?:xml|yaml))$/;

function foreignForm(mediaType: string): ForeignAnswer {
  const type = bareType(mediaType);
  if (type === 'text/event-stream') return 'stream';
  return textTypes.test(type) ? 'text' : 'binary';
}

/** The schema of a body's JSON form; undefined when it has no JSON form. */
function jsonSchemaOf(body: Body | undefined): Schema | undefined {
  const entry = Object.entries(body?.content ?? {}).find(([type]) => isJson(type));
  return entry?.[1].schema;
}

const bareType = (mediaType: string): string => (mediaType.split(';')[0] ?? '').trim().toLowerCase();

/** Whether a media type is JSON: `application/json`, `…+json` (RFC 6839), or a wildcard, which takes in JSON. */
const isJson = (mediaType: string): boolean => {
  const type = bareType(mediaType);
  return type === 'application/json' || type === '*/*' || type === 'application/*' || type.endsWith('+json');
};

/** Whether an operation is as this rule leaves it, so that a second run changes nothing. */
function isPlain(operation: OperationObject): boolean {
  const responses = operation.responses ?? {};
  const answer = responses['200'];
  return (
    Object.keys(responses).length === 1 &&
    Object.keys(answer?.content ?? {}).join() === 'application/json' &&
    answer?.['description'] === '' &&
    Object.keys(answer).length === 2 &&
    answer.content?.['application/json']?.schema !== undefined
  );
}

/**
 * A body with a JSON form keeps that form only; one without it is unchanged, and cannot be opened. The
 * gateway sends JSON only.
 */
export const jsonBody = operationRule(
  'json-body',
  'A body may be offered in several media types, or as JSON under another name.',
  (operation) => {
    const body = operation.requestBody;
    if (body === undefined) return operation;
    const types = Object.keys(body.content ?? {});
    // A body without a media type exists, but its content is unknown.
    if (types.length === 0) {
      const { requestBody: _, ...rest } = operation;
      return rest;
    }
    const schema = jsonSchemaOf(body);
    if (types.join() === 'application/json' && schema !== undefined) return operation;
    const hasJson = schema !== undefined || types.includes('application/json');
    return hasJson
      ? { ...operation, requestBody: { ...body, content: { 'application/json': { schema: schema ?? {} } } } }
      : operation;
  },
);
