import { GatewayError } from '../../plugins/errors.ts';
import { quoteText as quote } from '../canonical-text.ts';
import type { Emitter } from './emitter.ts';
import {
  type Contract,
  type ContractRoute,
  type ContractSchema,
  readContract,
  refName,
  refPrefix,
} from './rest-contract.ts';
import { declareInterface, indent, typescriptFile } from './typescript.ts';

const source = 'openapi/gateway.yaml';
const target = 'gateway/rest/generated/routes.gen.ts';

/**
 * The REST routes of the gateway's own contract: types, request validators, `Handlers`, the route table.
 * Nothing when the project has no contract of its own.
 * @throws ERR_SPEC_INVALID, ERR_SPEC_UNSUPPORTED
 */
export const emitRoutes: Emitter = ({ read }) => {
  const text = read(source);
  return text === undefined ? [] : [{ path: target, content: renderRoutes(readContract(text)) }];
};

function renderRoutes(contract: Contract): string {
  const requests = new Set(contract.routes.flatMap(({ body }) => (body === undefined ? [] : [body.schema])));
  const schemas = reachable(contract).map((name) => ({ name, schema: schemaOf(contract, name) }));
  const imports = [
    ...schemas.flatMap(({ schema: { 'x-typescript': foreign } }) =>
      foreign === undefined ? [] : [`import type { ${foreign.name} } from '../../../${foreign.from}';`],
    ),
    ...(contract.routes.some(({ isWhole }) => isWhole) ? ["import type { Answer } from '../../http/answer.ts';"] : []),
  ];
  return typescriptFile(source, [
    imports.join('\n'),
    ...schemas
      .filter(({ schema }) => schema['x-typescript'] === undefined)
      .map(({ name, schema }) => schemaInterface(name, schema, requests.has(name))),
    parsedType,
    handlersInterface(contract),
    routeInterface([...new Set(contract.routes.map(({ method }) => quote(method)))].sort().join(' | ')),
    ...[...requests].map((name) => requestValidator(name, schemaOf(contract, name))),
    routeTable(contract),
    lookups,
  ]);
}

/** @param isRequest in a body, an optional member that is null counts as absent */
function schemaInterface(name: string, schema: ContractSchema, isRequest: boolean): string {
  const required = new Set(schema.required);
  return declareInterface({
    name,
    members: Object.entries(schema.properties ?? {}).map(([member, one]) => ({
      text: `readonly ${member}${required.has(member) ? '' : '?'}: ${schemaType(isRequest ? typeWithoutNull(one) : one)};`,
      doc: one.description === undefined ? undefined : `${one.description}.`,
    })),
  });
}

/** Component names that bodies and answers of routes are made of; sorted. Errors have a renderer of their own. */
function reachable(contract: Contract): readonly string[] {
  const seen = new Set<string>();
  const visit = (schema: ContractSchema): void => {
    const name = refName(schema);
    if (name !== undefined && !seen.has(name)) {
      seen.add(name);
      visit(schemaOf(contract, name));
    }
    if (schema['x-typescript'] !== undefined) return;
    for (const one of [...Object.values(schema.properties ?? {}), ...(schema.oneOf ?? [])]) visit(one);
    if (schema.items !== undefined) visit(schema.items);
  };
  const roots = contract.routes.flatMap(({ body, answer }) => [body?.schema, answer]);
  for (const name of roots) if (name !== undefined) visit({ $ref: `${refPrefix}${name}` });
  return [...seen].sort();
}

const parsedType = `/** A value, or what is wrong with what was sent: one line per problem, fit for the caller. */
export type Parsed<T> = { readonly value: T } | { readonly problems: readonly string[] };`;

const handlersInterface = (contract: Contract): string =>
  declareInterface({
    name: 'Handlers<Context>',
    doc: 'One function per operation of the contract. A refusal is a thrown GatewayError.',
    members: contract.routes.map(({ id, body, answer, isWhole, summary }) => ({
      text: `${id}(${body === undefined ? '' : `body: ${body.schema}, `}context: Context): Promise<${isWhole ? 'Answer' : (answer ?? 'string')}>;`,
      doc: `${summary}.`,
    })),
  });

const routeInterface = (
  methods: string,
): string => `/** A row of the route table. \`session\`: whether a caller without a session gets 401 before the body is read. */
export interface Route {
  readonly id: keyof Handlers<unknown>;
  readonly method: ${methods};
  readonly path: string;
  readonly session: 'none' | 'required';
  readonly body: 'none' | 'optional' | 'required';
  /** 0 for a route without a body. */
  readonly maxBodyBytes: number;
  /** A form has texts only; of a name that is there twice the first one counts. */
  readonly bodyType: 'json' | 'form';
  /** \`whole\`: the handler makes status, headers and body. */
  readonly answer: 'json' | 'text' | 'whole';
  /** Reads the body and runs the handler: its answer, or the problems of the body and no handler run. */
  handle<Context>(handlers: Handlers<Context>, body: unknown, context: Context): Promise<Parsed<unknown>>;
}`;

const routeTable = ({ routes }: Contract): string =>
  [
    `/** Every operation of ${source} that is answered by a handler. */`,
    'export const routes: readonly Route[] = [',
    indent(routes.map(routeRow).join('\n')),
    '];',
  ].join('\n');

function routeRow({ id, method, path, session, body, answer, isWhole }: ContractRoute): string {
  const bodyKind = body === undefined ? 'none' : body.required ? 'required' : 'optional';
  const answerKind = isWhole ? 'whole' : answer === undefined ? 'text' : 'json';
  const given = body?.required === true ? 'body' : 'body === undefined ? {} : body';
  const handle =
    body === undefined
      ? [`handle: async (handlers, _body, context) => ({ value: await handlers.${id}(context) }),`]
      : [
          'handle: async (handlers, body, context) => {',
          `  const parsed = parse${body.schema}(${given});`,
          "  if ('problems' in parsed) return parsed;",
          `  return { value: await handlers.${id}(parsed.value, context) };`,
          '},',
        ];
  const members = [
    `id: ${quote(id)}, method: ${quote(method)}, path: ${quote(path)},`,
    `session: ${quote(session)}, body: ${quote(bodyKind)}, maxBodyBytes: ${body?.maxBytes ?? 0},`,
    `bodyType: ${quote(body?.isForm === true ? 'form' : 'json')}, answer: ${quote(answerKind)},`,
    ...handle,
  ];
  return `{\n${indent(members.join('\n'))}\n},`;
}

const lookups = `/** The route of that method and exact path; undefined when the contract has no such route. */
export function findRoute(method: string, path: string): Route | undefined {
  return routes.find((route) => route.path === path && route.method === method);
}

/** The methods that the contract has at a path, for \`Allow\`; empty for a path that it does not know. */
export function methodsAt(path: string): readonly string[] {
  return routes.filter((route) => route.path === path).map(({ method }) => method);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}`;

function schemaOf(contract: Contract, name: string): ContractSchema {
  return contract.schemas[name] ?? {};
}

/** A check that follows the type check: an expression that is true for a wrong value, and what is wrong then. */
interface Check {
  readonly wrong: string;
  readonly message: string;
}

/** For each type the check that comes first: the others rely on it. */
const typeChecks: Readonly<Record<string, (name: string) => Check>> = {
  string: (name) => ({ wrong: `typeof ${name} !== 'string'`, message: 'must be text' }),
  boolean: (name) => ({ wrong: `typeof ${name} !== 'boolean'`, message: 'must be true or false' }),
  number: (name) => ({ wrong: `typeof ${name} !== 'number'`, message: 'must be a number' }),
  integer: (name) => ({
    wrong: `typeof ${name} !== 'number' || !Number.isSafeInteger(${name})`,
    message: 'must be a whole number',
  }),
};

/** Keywords that are checked, or do not restrict a value. */
const understood = new Set(['type', 'description', 'enum', 'minLength', 'maxLength', 'minimum', 'maximum']);

/**
 * The function that reads a request body: the typed body with the members of the contract and no others, or every
 * problem by the member's name. Values are never part of a problem: they may be tokens.
 * @throws ERR_SPEC_UNSUPPORTED for a keyword that would be left unchecked
 */
function requestValidator(name: string, schema: ContractSchema): string {
  const members = Object.entries(schema.properties ?? {});
  const required = new Set(schema.required);
  for (const [member, one] of members) assertUnderstood(`${name}.${member}`, one);
  const lines = [
    "if (!isObject(body)) return { problems: ['the body must be a JSON object'] };",
    'const problems: string[] = [];',
    `const { ${members.map(([member]) => member).join(', ')} } = body;`,
    ...members.flatMap(([member, one]) => memberChecks(member, typeWithoutNull(one), required.has(member))),
    'if (problems.length > 0) return { problems };',
    'const value: unknown = {',
    // An optional member that is null counts as absent.
    ...members.map(([member]) =>
      required.has(member) ? `  ${member},` : `  ...(${member} == null ? {} : { ${member} }),`,
    ),
    '};',
    `return { value: value as ${name} };`,
  ];
  return [
    `/** Reads a {@link ${name}}; members that the contract does not name are dropped. */`,
    `export function parse${name}(body: unknown): Parsed<${name}> {`,
    indent(lines.join('\n')),
    '}',
  ].join('\n');
}

function memberChecks(member: string, schema: ContractSchema, isRequired: boolean): readonly string[] {
  const checks = checksOf(member, schema);
  const all = isRequired ? [{ wrong: `${member} == null`, message: 'is required' }, ...checks] : checks;
  const lines = all.map(
    ({ wrong, message }, index) =>
      `${index === 0 ? '' : 'else '}if (${wrong}) problems.push(${quote(`${member} ${message}`)});`,
  );
  return isRequired ? lines : [`if (${member} != null) {`, indent(lines.join('\n')), '}'];
}

function checksOf(member: string, schema: ContractSchema): [Check, ...Check[]] {
  const [type = ''] = typesOf(schema);
  const typeCheck = typeChecks[type];
  if (typeCheck === undefined) throw unsupported(member, `type ${type}`);
  const { minLength, maxLength, minimum, maximum, enum: values } = schema;
  const checks: Check[] = [];
  if (minLength === 1) checks.push({ wrong: `${member} === ''`, message: 'must not be empty' });
  else if (minLength !== undefined) checks.push(bound(`${member}.length < ${minLength}`, 'at least', minLength, true));
  if (maxLength !== undefined) checks.push(bound(`${member}.length > ${maxLength}`, 'at most', maxLength, true));
  if (minimum !== undefined) checks.push(bound(`${member} < ${minimum}`, 'at least', minimum, false));
  if (maximum !== undefined) checks.push(bound(`${member} > ${maximum}`, 'at most', maximum, false));
  if (values !== undefined) {
    const known = `[${values.map(quote).join(', ')}]`;
    checks.push({ wrong: `!${known}.includes(${member})`, message: `must be one of ${values.join(', ')}` });
  }
  return [typeCheck(member), ...checks];
}

const bound = (wrong: string, word: string, limit: number, isLength: boolean): Check => ({
  wrong,
  message: isLength ? `must be ${word} ${limit} characters long` : `must be ${word} ${limit}`,
});

function assertUnderstood(where: string, schema: ContractSchema): void {
  const unknown = Object.keys(schema).filter((keyword) => !understood.has(keyword));
  if (unknown.length > 0) throw unsupported(where, unknown.join(', '));
  // A union would need a check of its own for each type.
  if (typesOf(typeWithoutNull(schema)).length !== 1) throw unsupported(where, 'several types');
}

const unsupported = (where: string, what: string) =>
  new GatewayError(
    'ERR_SPEC_UNSUPPORTED',
    `openapi/gateway.yaml: ${where} asks for a check that is not made: ${what}.`,
  );

const scalars: Readonly<Record<string, string>> = {
  string: 'string',
  integer: 'number',
  number: 'number',
  boolean: 'boolean',
  null: 'null',
};

/**
 * TypeScript for a schema. What the emitter does not understand is `unknown`, which no handler can return by accident.
 */
function schemaType(schema: ContractSchema): string {
  const named = schema['x-typescript']?.name ?? refName(schema);
  if (named !== undefined) return named;
  if (schema.const !== undefined) return quote(schema.const);
  if (schema.enum !== undefined) return schema.enum.map(quote).join(' | ');
  if (schema.oneOf !== undefined) return schema.oneOf.map(schemaType).join(' | ');
  if (schema.type === 'array') {
    const item = schemaType(schema.items ?? {});
    return item.includes(' ') ? `readonly (${item})[]` : `readonly ${item}[]`;
  }
  const types = typesOf(schema).map((type) => scalars[type] ?? 'unknown');
  return types.length === 0 ? 'unknown' : types.join(' | ');
}

/** The schema's types as a list, `null` among them. */
const typesOf = (schema: ContractSchema): readonly string[] =>
  typeof schema.type === 'string' ? [schema.type] : (schema.type ?? []);

/** The type without `null`: an optional member that is null counts as absent. */
function typeWithoutNull(schema: ContractSchema): ContractSchema {
  return { ...schema, type: typesOf(schema).filter((type) => type !== 'null') };
}
