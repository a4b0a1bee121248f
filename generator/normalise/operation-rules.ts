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
  type Schema,
} from '../openapi/open-api.ts';
import type { Rule } from './normalise.ts';

/**
 * Shared path items, parameters, bodies and answers are written where they are used; only schemas stay references,
 * since they may lead to themselves.
 */
export const resolveReferences: Rule = {
  name: 'resolve-references',
  habit: 'Parameters, bodies and answers are shared between operations by reference or by their path.',
  apply(document) {
    const counter = { changes: 0 };
    const paths: Record<string, Record<string, unknown>> = {};
    for (const [path, item] of Object.entries(document.paths)) {
      // What is beside the reference wins over what it leads to (OpenAPI 3.1, §4.8.9, leaves this open).
      const { $ref: _, ...resolved } = { ...resolve(document, item, counter), ...withoutRef(item) };
      paths[path] = resolved;
    }
    const flat: OpenApiDocument = { ...document, paths };
    for (const entry of listOperations(flat)) {
      const item = paths[entry.path];
      if (item !== undefined) item[entry.method.toLowerCase()] = resolveOperation(document, entry, counter);
    }
    // Those of the path item are in each operation now.
    for (const item of Object.values(paths)) delete item['parameters'];
    return counter.changes === 0 ? { document, changes: 0 } : { document: flat, changes: counter.changes };
  },
};

function resolveOperation(
  document: OpenApiDocument,
  { operation, item }: DocumentOperation,
  counter: { changes: number },
): OperationObject {
  const shared = list(item['parameters']).map((parameter) => resolve(document, parameter, counter));
  counter.changes += shared.length;
  const own = list(operation.parameters).map((parameter) => resolve(document, parameter, counter));
  const byPlace = new Map<string, Parameter>();
  // A parameter is its name and its place; the operation's own wins (OpenAPI 3.1, §4.8.10).
  for (const parameter of [...shared, ...own]) {
    if (isParameter(parameter)) byPlace.set(`${parameter.in} ${parameter.name}`, parameter);
  }
  const parts: Record<string, unknown> = {};
  if (byPlace.size > 0) parts['parameters'] = [...byPlace.values()];
  if (operation.requestBody !== undefined) parts['requestBody'] = resolve(document, operation.requestBody, counter);
  if (isRecord(operation.responses)) {
    parts['responses'] = Object.fromEntries(
      Object.entries(operation.responses).map(([status, answer]) => [status, resolve(document, answer, counter)]),
    );
  }
  return { ...operation, ...parts };
}

/** No chain that a schema wrote is longer; a circle ends here. */
const maxHops = 1_000;

function resolve(document: OpenApiDocument, node: unknown, counter: { changes: number }): Record<string, unknown> {
  let found = node;
  for (let hops = 0; isRecord(found) && typeof found['$ref'] === 'string' && hops < maxHops; hops += 1) {
    found = lookUp(document, found['$ref']);
    counter.changes += 1;
  }
  return isRecord(found) && typeof found['$ref'] !== 'string' ? found : {};
}

const withoutRef = (node: unknown): Record<string, unknown> =>
  isRecord(node) ? Object.fromEntries(Object.entries(node).filter(([key]) => key !== '$ref')) : {};

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const isParameter = (value: Record<string, unknown>): value is Record<string, unknown> & Parameter =>
  typeof value['name'] === 'string' && typeof value['in'] === 'string';

/**
 * A parameter described by a media type gets that media type's schema, and `x-content` marks whether it is JSON; one
 * without any description is free text.
 */
export const inlineParameterContent: Rule = {
  name: 'inline-parameter-content',
  habit: 'A parameter may be described by `content` instead of `schema`, or not at all.',
  apply(document) {
    let changes = 0;
    const describe = (parameter: Parameter): Parameter => {
      if (parameter.schema !== undefined && parameter.content === undefined) return parameter;
      changes += 1;
      return described(parameter);
    };
    const mapped = mapOperations(document, ({ operation }) =>
      operation.parameters === undefined
        ? operation
        : { ...operation, parameters: operation.parameters.map((parameter) => describe(parameter)) },
    );
    return changes === 0 ? { document, changes } : { document: mapped, changes };
  },
};

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
export const oneAnswer: Rule = {
  name: 'one-answer',
  habit: 'Operations list validation errors, other statuses and empty answers beside the one a caller wants.',
  apply(document) {
    let changes = 0;
    const mapped = mapOperations(document, ({ operation }) => {
      if (isPlain(operation)) return operation;
      changes += 1;
      const { schema, form } = answerOf(operation);
      const mark = form === undefined ? {} : { [answerMark]: form };
      const content = { 'application/json': { schema } };
      return { ...operation, ...mark, responses: { '200': { description: '', content } } };
    });
    return changes === 0 ? { document, changes } : { document: mapped, changes };
  },
};

/** Where {@link oneAnswer} notes what an answer is that is not JSON. */
export const answerMark = 'x-answer';
export type ForeignAnswer = 'text' | 'binary' | 'stream' | 'empty';

interface Answer {
  readonly schema: Schema;
  readonly form?: ForeignAnswer;
}

/** The answer of status 200, or of the lowest 2xx, or of `default`; anything when the document does not describe it. */
function answerOf(operation: OperationObject): Answer {
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
export const jsonBody: Rule = {
  name: 'json-body',
  habit: 'A body may be offered in several media types, or as JSON under another name.',
  apply(document) {
    let changes = 0;
    const mapped = mapOperations(document, ({ operation }) => {
      const plain = toJson(operation);
      if (plain !== operation) changes += 1;
      return plain;
    });
    return changes === 0 ? { document, changes } : { document: mapped, changes };
  },
};

function toJson(operation: OperationObject): OperationObject {
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
}
