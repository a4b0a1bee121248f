import { type CodeBlockWriter, type StatementStructures, StructureKind } from 'ts-morph';
import type { Emitter } from '../emitter.ts';
import { renderTypescript, type Statement } from '../render-typescript.ts';
import {
  type Contract,
  type ContractRoute,
  type ContractSchema,
  readContract,
  refName,
  refPrefix,
} from './contract.ts';
import { requestValidator } from './request-validator.ts';
import { quote, schemaType, typeWithoutNull } from './schema-type.ts';

const source = 'openapi/gateway.yaml';
const target = 'gateway/rest/generated/routes.gen.ts';

/**
 * The REST routes of the gateway's own contract: types, request validators, `Handlers`, the route table.
 * Nothing when the project has no contract of its own.
 * @throws ERR_SPEC_INVALID, ERR_SPEC_UNSUPPORTED
 */
export const emitRoutes: Emitter = ({ read }) => {
  const text = read(source);
  return text === undefined ? [] : [{ path: target, content: rendered(text) }];
};

let last: { readonly text: string; readonly content: string } | undefined;

/** Made of the contract alone, which `--watch` meets again and again. */
function rendered(text: string): string {
  if (last?.text !== text) last = { text, content: renderRoutes(readContract(text)) };
  return last.content;
}

function renderRoutes(contract: Contract): string {
  const requests = new Set(contract.routes.flatMap(({ body }) => (body === undefined ? [] : [body.schema])));
  const schemas = reachable(contract).map((name) => schemaStatement(contract, name, requests));
  return renderTypescript(source, [
    [...schemas.filter(({ kind }) => kind === StructureKind.ImportDeclaration), ...answerImport(contract)],
    schemas.filter(({ kind }) => kind !== StructureKind.ImportDeclaration),
    shapes(contract),
    [...requests].map((name) => requestValidator(name, schemaOf(contract, name))),
    [table(contract)],
    lookups,
  ]);
}

/** The type of answers that handlers make whole, where there are any. */
function answerImport({ routes }: Contract): readonly StatementStructures[] {
  if (!routes.some(({ isWhole }) => isWhole)) return [];
  const moduleSpecifier = '../../http/answer.ts';
  return [{ kind: StructureKind.ImportDeclaration, isTypeOnly: true, moduleSpecifier, namedImports: ['Answer'] }];
}

function schemaStatement(contract: Contract, name: string, requests: ReadonlySet<string>): StatementStructures {
  const schema = schemaOf(contract, name);
  const foreign = schema['x-typescript'];
  if (foreign !== undefined) {
    const moduleSpecifier = `../../../${foreign.from}`;
    return { kind: StructureKind.ImportDeclaration, isTypeOnly: true, moduleSpecifier, namedImports: [foreign.name] };
  }
  const required = new Set(schema.required);
  return {
    kind: StructureKind.Interface,
    name,
    isExported: true,
    properties: Object.entries(schema.properties ?? {}).map(([member, one]) => ({
      name: member,
      isReadonly: true,
      hasQuestionToken: !required.has(member),
      type: schemaType(requests.has(name) ? typeWithoutNull(one) : one),
      docs: one.description === undefined ? [] : [`${one.description}.`],
    })),
  };
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

const shapes = (contract: Contract): readonly StatementStructures[] => [
  {
    kind: StructureKind.TypeAlias,
    name: 'Parsed',
    isExported: true,
    typeParameters: ['T'],
    type: '{ readonly value: T } | { readonly problems: readonly string[] }',
    docs: ['A value, or what is wrong with what was sent: one line per problem, fit for the caller.'],
  },
  {
    kind: StructureKind.Interface,
    name: 'Handlers',
    isExported: true,
    typeParameters: ['Context'],
    docs: ['One function per operation of the contract. A refusal is a thrown GatewayError.'],
    methods: contract.routes.map(({ id, body, answer, isWhole, summary }) => ({
      name: id,
      parameters: [
        ...(body === undefined ? [] : [{ name: 'body', type: body.schema }]),
        { name: 'context', type: 'Context' },
      ],
      returnType: `Promise<${isWhole ? 'Answer' : (answer ?? 'string')}>`,
      docs: [`${summary}.`],
    })),
  },
  {
    kind: StructureKind.Interface,
    name: 'Route',
    isExported: true,
    docs: ['A row of the route table. `session`: whether a caller without a session gets 401 before the body is read.'],
    properties: [
      { name: 'id', isReadonly: true, type: 'keyof Handlers<unknown>' },
      {
        name: 'method',
        isReadonly: true,
        type: [...new Set(contract.routes.map(({ method }) => quote(method)))].sort().join(' | '),
      },
      { name: 'path', isReadonly: true, type: 'string' },
      { name: 'session', isReadonly: true, type: "'none' | 'required'" },
      { name: 'body', isReadonly: true, type: "'none' | 'optional' | 'required'" },
      { name: 'maxBodyBytes', isReadonly: true, type: 'number', docs: ['0 for a route without a body.'] },
      {
        name: 'bodyType',
        isReadonly: true,
        type: "'json' | 'form'",
        docs: ['A form has texts only; of a name that is there twice the first one counts.'],
      },
      {
        name: 'answer',
        isReadonly: true,
        type: "'json' | 'text' | 'whole'",
        docs: ['`whole`: the handler makes status, headers and body.'],
      },
    ],
    methods: [
      {
        name: 'handle',
        typeParameters: ['Context'],
        parameters: [
          { name: 'handlers', type: 'Handlers<Context>' },
          { name: 'body', type: 'unknown' },
          { name: 'context', type: 'Context' },
        ],
        returnType: 'Promise<Parsed<unknown>>',
        docs: ['Reads the body and runs the handler: its answer, or the problems of the body and no handler run.'],
      },
    ],
  },
];

const table =
  (contract: Contract): Statement =>
  (writer) => {
    writer.writeLine(`/** Every operation of ${source} that is answered by a handler. */`);
    writer.writeLine('export const routes: readonly Route[] = [');
    writer.indent(() => {
      for (const route of contract.routes) writeRoute(writer, route);
    });
    writer.write('];');
  };

function writeRoute(
  writer: CodeBlockWriter,
  { id, method, path, session, body, answer, isWhole }: ContractRoute,
): void {
  const bodyKind = body === undefined ? 'none' : body.required ? 'required' : 'optional';
  writer.inlineBlock(() => {
    writer.writeLine(`id: ${quote(id)}, method: ${quote(method)}, path: ${quote(path)},`);
    writer.writeLine(`session: ${quote(session)}, body: ${quote(bodyKind)}, maxBodyBytes: ${body?.maxBytes ?? 0},`);
    const answerKind = isWhole ? 'whole' : answer === undefined ? 'text' : 'json';
    writer.writeLine(`bodyType: ${quote(body?.isForm === true ? 'form' : 'json')}, answer: ${quote(answerKind)},`);
    if (body === undefined) {
      writer.writeLine(`handle: async (handlers, _body, context) => ({ value: await handlers.${id}(context) }),`);
      return;
    }
    writer.write('handle: async (handlers, body, context) => ').inlineBlock(() => {
      const given = body.required ? 'body' : 'body === undefined ? {} : body';
      writer.writeLine(`const parsed = parse${body.schema}(${given});`);
      writer.writeLine("if ('problems' in parsed) return parsed;");
      writer.writeLine(`return { value: await handlers.${id}(parsed.value, context) };`);
    });
    writer.write(',').newLine();
  });
  writer.write(',').newLine();
}

const lookups: readonly StatementStructures[] = [
  {
    kind: StructureKind.Function,
    name: 'findRoute',
    isExported: true,
    parameters: [
      { name: 'method', type: 'string' },
      { name: 'path', type: 'string' },
    ],
    returnType: 'Route | undefined',
    docs: ['The route of that method and exact path; undefined when the contract has no such route.'],
    statements: ['return routes.find((route) => route.path === path && route.method === method);'],
  },
  {
    kind: StructureKind.Function,
    name: 'methodsAt',
    isExported: true,
    parameters: [{ name: 'path', type: 'string' }],
    returnType: 'readonly string[]',
    docs: ['The methods that the contract has at a path, for `Allow`; empty for a path that it does not know.'],
    statements: ['return routes.filter((route) => route.path === path).map(({ method }) => method);'],
  },
  {
    kind: StructureKind.Function,
    name: 'isObject',
    parameters: [{ name: 'value', type: 'unknown' }],
    returnType: 'value is Readonly<Record<string, unknown>>',
    statements: ["return typeof value === 'object' && value !== null && !Array.isArray(value);"],
  },
];

function schemaOf(contract: Contract, name: string): ContractSchema {
  return contract.schemas[name] ?? {};
}
