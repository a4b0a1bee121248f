import { parse } from 'yaml';
import { GatewayError } from '../../../plugins/errors.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/** A schema of the contract, as OpenAPI 3.1 writes it, with the members that the emitter understands. */
export interface ContractSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, ContractSchema>>;
  readonly items?: ContractSchema;
  readonly enum?: readonly string[];
  readonly const?: string;
  readonly oneOf?: readonly ContractSchema[];
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly 'x-typescript'?: { readonly name: string; readonly from: string };
}

/** One route of the contract. `body` and `answer` name component schemas; an undefined `answer` is plain text. */
export interface ContractRoute {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly summary: string;
  readonly session: 'none' | 'required';
  readonly body:
    | { readonly schema: string; readonly required: boolean; readonly maxBytes: number; readonly isForm: boolean }
    | undefined;
  /** The handler makes the whole answer: a redirect, for example. */
  readonly isWhole: boolean;
  readonly answer: string | undefined;
}

/** The gateway's own REST contract, `openapi/gateway.yaml`, as far as code is made of it. */
export interface Contract {
  readonly routes: readonly ContractRoute[];
  readonly schemas: Readonly<Record<string, ContractSchema>>;
}

const methods = ['get', 'put', 'post', 'delete', 'patch'] as const;
/** What a `$ref` to a component schema begins with. */
export const refPrefix = '#/components/schemas/';

/**
 * Reads the gateway's own REST contract. Operations with `x-served-by` are described there and served elsewhere.
 * @throws ERR_SPEC_INVALID with every problem: its place and what is expected there
 */
export function readContract(text: string): Contract {
  const document = parseYaml(text);
  const schemas = objectAt(objectAt(document, 'components'), 'schemas') as Record<string, ContractSchema>;
  const problems: string[] = [];
  const routes = Object.entries(objectAt(document, 'paths')).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const operation = objectAt(asObject(item), method);
      if (operation['operationId'] === undefined && Object.keys(operation).length === 0) return [];
      if (operation['x-served-by'] !== undefined) return [];
      return [readRoute(path, method, operation, document['security'], problems)];
    }),
  );
  for (const route of routes) {
    for (const name of [route.body?.schema, route.answer]) {
      if (name && schemas[name] === undefined) problems.push(`${place(route)}: no schema ${name}`);
    }
  }
  const ids = routes.map(({ id }) => id);
  for (const id of new Set(ids.filter((one, index) => ids.indexOf(one) !== index))) {
    problems.push(`operationId ${id} is used twice`);
  }
  if (problems.length > 0) throw new GatewayError('ERR_SPEC_INVALID', 'openapi/gateway.yaml is wrong.', { problems });
  return { routes, schemas };
}

/** The component that a `$ref` names; undefined when it names no component. */
export function refName(schema: ContractSchema | undefined): string | undefined {
  return schema?.$ref?.startsWith(refPrefix) ? schema.$ref.slice(refPrefix.length) : undefined;
}

function readRoute(
  path: string,
  method: string,
  operation: JsonObject,
  security: unknown,
  problems: string[],
): ContractRoute {
  const where = `${method.toUpperCase()} ${path}`;
  const id = operation['operationId'];
  if (typeof id !== 'string' || !/^[a-z][A-Za-z0-9]*$/.test(id)) problems.push(`${where}: operationId in camelCase`);
  // The route table looks paths up whole.
  if (path.includes('{')) problems.push(`${where}: paths of this contract have no parameters`);
  // An operation without `security` has that of the document (OpenAPI 3.1, §4.8.10); an empty list requires nothing.
  const needs = (operation['security'] ?? security ?? []) as readonly unknown[];
  return {
    id: String(id),
    method: method.toUpperCase(),
    path,
    summary: String(operation['summary'] ?? ''),
    session: needs.length > 0 ? 'required' : 'none',
    body: readBody(where, operation, problems),
    answer: operation['x-whole-answer'] === true ? undefined : readAnswer(where, operation, problems),
    isWhole: operation['x-whole-answer'] === true,
  };
}

function readBody(where: string, operation: JsonObject, problems: string[]): ContractRoute['body'] {
  if (operation['requestBody'] === undefined) return undefined;
  const body = objectAt(operation, 'requestBody');
  const content = objectAt(body, 'content');
  const form = content['application/x-www-form-urlencoded'];
  const schema = refName(objectAt(asObject(form ?? content['application/json']), 'schema'));
  const maxBytes = operation['x-max-body-bytes'];
  if (schema === undefined) problems.push(`${where}: requestBody refers to a schema under components`);
  if (typeof maxBytes !== 'number' || maxBytes < 1) problems.push(`${where}: x-max-body-bytes is a number above 0`);
  return {
    schema: schema ?? '',
    required: body['required'] === true,
    maxBytes: Number(maxBytes),
    isForm: form !== undefined,
  };
}

function readAnswer(where: string, operation: JsonObject, problems: string[]): string | undefined {
  const content = objectAt(objectAt(objectAt(operation, 'responses'), '200'), 'content');
  if (content['text/plain'] !== undefined) return undefined;
  const schema = refName(objectAt(objectAt(content, 'application/json'), 'schema'));
  if (schema === undefined) problems.push(`${where}: the 200 answer refers to a schema under components, or is text`);
  return schema;
}

function parseYaml(text: string): JsonObject {
  try {
    return asObject(parse(text));
  } catch (cause) {
    throw new GatewayError('ERR_SPEC_INVALID', 'openapi/gateway.yaml is not YAML.', { cause });
  }
}

const place = (route: ContractRoute) => `${route.method} ${route.path}`;
const asObject = (value: unknown): JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
const objectAt = (value: JsonObject, key: string): JsonObject => asObject(value[key]);
