import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { devNull } from 'node:os';
import { join, resolve } from 'node:path';
import { parse as parseYaml } from 'yaml';
import type { AnyRow, GatewayConfig } from '../../gateway/config/gateway-config.ts';
import { resolveConfig } from '../../gateway/config/resolve-config.ts';
import { createGateway } from '../../gateway/gateway.ts';
import { structure } from '../../generator/build-schema.ts';
import { emitters } from '../../generator/emit/emitters.ts';
import { generate } from '../../generator/generate.ts';
import { normalise } from '../../generator/normalise/normalise.ts';
import { resolveReferences } from '../../generator/normalise/operation-rules.ts';
import { camelCase } from '../../generator/openapi/names.ts';
import {
  isRecord,
  listOperations,
  type OpenApiDocument,
  type OperationObject,
} from '../../generator/openapi/open-api.ts';
import { pull } from '../../generator/pull/pull.ts';
import { buildTable } from '../../generator/table/build-table.ts';
import { authenticated } from '../../plugins/noetl-auth/access/access-rule.ts';
import type { Operation } from '../../plugins/operation.ts';
import { loopbackEnvironment, serveOnLoopback } from './loopback-server.ts';
import { queryOf } from './whole-query.ts';

const token = 'noetl-session-of-the-foreign-documents';
const open: { stop(): unknown }[] = [];

/** Ends what the projects have started. */
export const stopForeignProjects = async (): Promise<void> => {
  for (const one of open.splice(0)) await one.stop();
};

/** With shared parts in their places, and everything else as the document has it. */
const operationsOf = (document: OpenApiDocument) => listOperations(normalise(document, [resolveReferences]).document);

/** Rows for every operation of a document, by its `operationId` or its number, with what the test says of some. */
function configOf(document: OpenApiDocument, more: Readonly<Record<string, object>>): GatewayConfig {
  const taken = new Set<string>();
  const rows = operationsOf(document).map(({ key, operation }, index) => {
    const id = camelCase(operation.operationId ?? 'operation');
    const field = taken.has(id) || id === 'operation' ? `${id}${index}` : id;
    taken.add(field);
    return [field, { upstream: key, access: authenticated(), acceptRisk: 'a test', ...more[field] } as AnyRow] as const;
  });
  return { roles: [], grants: [], operations: Object.fromEntries(rows) };
}

/** A config with a row for each operation that can be open, and why others cannot. */
export function openWhatCanBe(document: OpenApiDocument, more: Readonly<Record<string, object>> = {}) {
  const whole = configOf(document, more);
  const { operations, problems } = buildTable(structure(document).document, whole);
  const refused = new Set(problems.map((problem) => /^operations\.(\w+)/.exec(problem)?.[1]));
  const rows = Object.fromEntries(Object.entries(whole.operations).filter(([field]) => !refused.has(field)));
  return { config: { ...whole, operations: rows } as GatewayConfig, operations, problems };
}

/** A document's way to an answer: pulled, generated, served, and called once for each operation that can be open. */
export async function walk(
  folder: string,
  file: string,
  more: Readonly<Record<string, object>> = {},
): Promise<readonly string[]> {
  const text = await readFile(file, 'utf8');
  const pulled = await pull(resolve(file), { projectDir: folder }).catch(
    (error: { problems?: readonly string[] }) => error,
  );
  if (!('lock' in pulled))
    return ['pull refuses it', ...(pulled.problems ?? [String(pulled)]).map((line) => `  ${line}`)];
  const { document } = pulled;
  const { config, operations, problems } = openWhatCanBe(document, more);
  const made = await generate({ projectDir: folder, config, emitters });
  const notes = made.notes.filter((note) => !note.includes('is open at a risk'));
  const sdl = await readFile(join(folder, 'mesh', 'generated', 'schema.graphql'), 'utf8');
  const calls = await answers(parseYaml(text), sdl, config, operations);
  return [
    `pulled: ${pulled.lock.operations} operations`,
    ...notes.map((note) => `note: ${note}`),
    '',
    'refused',
    ...(problems.length === 0 ? ['  nothing'] : problems.map((line) => `  ${line}`)),
    ...calls,
  ];
}

async function answers(
  document: OpenApiDocument,
  sdl: string,
  declared: GatewayConfig,
  operations: readonly Operation[],
): Promise<readonly string[]> {
  const upstream = await exampleUpstream(document);
  const declaration: GatewayConfig = {
    ...declared,
    auth: { validator: { kind: 'static', users: [{ token, userId: '1', displayName: 'Ann', roles: [] }] } },
    observability: { auditTo: devNull, logLevel: 'silent' },
  };
  const { config } = resolveConfig(declaration, loopbackEnvironment(upstream.url));
  const gateway = await createGateway({ config, sdl });
  open.push(gateway);
  const { port } = await gateway.listen();
  const lines: string[] = [];
  for (const operation of operations.filter(({ field }) => declared.operations[field] !== undefined)) {
    const { query, variables, signature } = queryOf(sdl, operation.field, argumentsOf(document, operation));
    upstream.asked.length = 0;
    const answer = await fetch(`http://127.0.0.1:${port}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query, variables }),
    });
    lines.push('', signature, `  ${query}`, `  with ${JSON.stringify(variables)}`);
    lines.push(...upstream.asked.map((call) => `  calls ${call}`), `  answers ${await answer.text()}`);
  }
  return lines;
}

/** The examples of the document, by the public names of the arguments. */
function argumentsOf(document: OpenApiDocument, { args, source }: Operation): Readonly<Record<string, unknown>> {
  const key = source.kind === 'upstream' ? source.key : '';
  const entry = operationsOf(document).find((one) => one.key === key);
  const parameters = entry?.operation.parameters ?? [];
  const body = exampleOf(entry?.operation.requestBody?.content);
  const inBody = (wire: string): unknown => {
    if (isRecord(body) && Object.hasOwn(body, wire)) return body[wire];
    return wire === 'input' ? body : undefined;
  };
  const inCall = (wire: string, where: string): unknown =>
    parameters.find((one) => one.name === wire && one.in === where)?.['example'];
  const given = args.flatMap(({ name, wire, in: where }) => {
    const value = where === 'body' ? inBody(wire) : inCall(wire, where);
    return name === undefined || value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(given);
}

const exampleOf = (content: Readonly<Record<string, unknown>> | undefined): unknown =>
  Object.values(content ?? {}).flatMap((media) => (isRecord(media) && 'example' in media ? [media['example']] : []))[0];

/** A server that answers each operation of a document with its example. */
async function exampleUpstream(document: OpenApiDocument) {
  const asked: string[] = [];
  const routes = operationsOf(document).map((entry) => ({
    ...entry,
    pattern: new RegExp(`^${entry.path.replaceAll(/[.$^*+?()[\]|\\]/g, '\\$&').replaceAll(/\{[^}]*\}/g, '[^/]+')}$`),
  }));
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    asked.push(`${request.method} ${request.url}${body === '' ? '' : ` ${body}`}`);
    const path = (request.url ?? '').split('?')[0] ?? '';
    const route = routes.find(({ method, pattern }) => method === request.method && pattern.test(path));
    const { status, type, example } = firstAnswer(route?.operation);
    if (type === undefined) response.writeHead(status).end();
    else
      response
        .writeHead(status, { 'content-type': type })
        .end(/json|\*/.test(type) ? jsonOf(example) : String(example));
  };
  const { url, close } = await serveOnLoopback((request, response) => void answer(request, response));
  open.push({ stop: close });
  return { url, asked };
}

/** YAML's integers beyond 2^53 keep their digits only as text; the wire has them whole. */
const jsonOf = (example: unknown = null): string =>
  JSON.stringify(example).replaceAll('9007199254740992', '9007199254740993');

function firstAnswer(operation: OperationObject | undefined) {
  const responses = Object.entries(operation?.responses ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const [code, { content = {} }] = responses.find(([status]) => /^2|default/.test(status)) ?? ['404', {}];
  const [type, media] =
    Object.entries(content).find(([one]) => one.includes('json')) ?? Object.entries(content)[0] ?? [];
  const status = /^\d+$/.test(code) ? Number(code) : 200;
  return { status, type: type === '*/*' ? 'application/json' : type, example: media?.['example'] };
}
