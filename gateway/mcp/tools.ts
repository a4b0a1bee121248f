import { hash } from 'node:crypto';
import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredArgument,
  isScalarType,
} from 'graphql';
import { Cache } from '../../plugins/cache.ts';
import type { Caller } from '../../plugins/call-context.ts';
import type { Clock } from '../../plugins/clock.ts';
import { parseJson } from '../../plugins/json/lossless-json.ts';
import { withoutControlNames } from '../../plugins/noetl/control-names.ts';
import { isJsonObject, type JsonObject, textMember } from '../../plugins/noetl/json-object.ts';
import { answerOf } from '../../plugins/noetl/upstream-answer.ts';
import type { CompiledGrants } from '../../plugins/noetl-auth/access/decision.ts';
import { explainField } from '../../plugins/noetl-auth/access/explain.ts';
import type { Permission } from '../../plugins/noetl-auth/access/grant.ts';
import { createPatternIndex, findInIndex } from '../../plugins/noetl-auth/access/pattern-index.ts';
import { parsePlaybookPath } from '../../plugins/noetl-auth/access/playbook-path.ts';
import { questionsOf } from '../../plugins/noetl-auth/questions.ts';
import { isProtocolStart } from '../../plugins/operation-kind.ts';
import type { AccessChecker, Upstream } from '../../plugins/ports.ts';
import { cached } from '../../plugins/single-flight.ts';
import type { CallPlan } from '../calls/call-plan.ts';
import type { RootField } from '../calls/root-fields.ts';
import { isGatewayRow, type ResolvedConfig } from '../config/gateway-config.ts';
import type { RunKnown } from '../graphql/create-graphql.ts';
import type { Exchange } from '../http/exchange.ts';
import { documentOf } from '../operations/whole-document.ts';
import type { CallerTools, ToolResult } from './tool-server.ts';

/** A JSON Schema, as tools have it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** A tool as clients list it. */
export interface ToolView {
  readonly name: string;
  readonly title?: string;
  readonly description: string;
  readonly inputSchema: JsonSchema;
  readonly annotations: {
    readonly readOnlyHint: boolean;
    readonly destructiveHint: boolean;
    readonly idempotentHint: boolean;
    readonly openWorldHint: boolean;
  };
}

/** A tool that is an operation of the table. */
export interface FieldTool {
  readonly view: ToolView;
  readonly field: string;
  readonly rootField: RootField;
  /** The GraphQL document that a call runs, with all arguments as variables. */
  readonly query: string;
  /** It starts a playbook, and a call waits for the result. */
  readonly starts: boolean;
}

/** What the tools of a caller are made of. */
export interface ToolsGiven {
  readonly fields: readonly FieldTool[];
  readonly playbooks: PlaybookTools;
  readonly checker: AccessChecker;
  /** Those that count now; undefined: NoETL decides. */
  readonly grants: () => CompiledGrants | undefined;
  /** Runs a GraphQL operation of a caller who is known: every decision, limit and line of the audit log is that of `/graphql`. */
  readonly run: RunKnown;
  readonly waitSeconds: number;
}

/** The operation that starts a playbook, whatever its tool is called. */
const startField = 'executePlaybook';

/** The tools of one caller, for one request. */
export function callerTools(given: ToolsGiven, caller: Caller, exchange: Exchange): CallerTools {
  const { fields, playbooks, waitSeconds } = given;
  const { roles } = caller.session.user;
  const { may } = questionsOf({ caller, requestId: exchange.requestId }, given.checker);
  // Playbooks as tools need it: each is a start of that playbook. Without the row no playbook is a tool.
  const start = fields.find(({ field }) => field === startField);

  async function run(
    { starts, query, field }: FieldTool,
    args: Readonly<Record<string, unknown>>,
  ): Promise<ToolResult> {
    // The tool waits for its result; callers cannot choose the time.
    const variables = { ...args, ...(starts && waitSeconds > 0 && { waitSeconds }) };
    const { body } = await given.run(exchange, caller, { query, variables });
    return resultOf(parseJson(String(body)), field);
  }

  return {
    async list() {
      const listed = fields.filter((tool) => isListedFor(tool, roles, given.grants())).map(({ view }) => view);
      return [...listed, ...(start === undefined ? [] : await playbooks.listedFor(may))];
    },
    async call(name, args) {
      const tool = fields.find(({ view }) => view.name === name);
      // What is not listed is decided as well, so that the attempt is in the audit log.
      if (tool !== undefined) return run(tool, args);
      const path = start && (await playbooks.pathOf(name));
      return start && path !== undefined ? run(start, { name: path, variables: args }) : undefined;
    },
  };
}

/**
 * The field's answer as JSON, digit for digit; or its errors, as sentences with their codes. An error of a tool is a
 * result, so that a model can read it (Model Context Protocol, Tools, Error Handling).
 */
function resultOf(body: unknown, field: string): ToolResult {
  const answer = isJsonObject(body) ? body : {};
  const errors = Array.isArray(answer['errors']) ? answer['errors'].filter(isJsonObject) : [];
  const data = (isJsonObject(answer['data']) ? answer['data'][field] : undefined) ?? null;
  if (errors.length === 0) return { text: JSON.stringify(data), isError: false };
  const sentences = errors.map(({ message, extensions }) => {
    const code = isJsonObject(extensions) ? extensions['code'] : undefined;
    return typeof code === 'string' ? `${code}: ${String(message)}` : String(message);
  });
  const partial = data === null ? '' : `\n${JSON.stringify(data)}`;
  return { text: `${[...new Set(sentences)].join('\n')}${partial}`, isError: true };
}

/**
 * Whether the grants give the roles anything of an operation; what they do not give is not listed.
 * @param grants undefined: NoETL decides, and only a call shows
 */
function isListedFor(tool: FieldTool, roles: readonly string[], grants: CompiledGrants | undefined): boolean {
  const { row, root } = tool.rootField;
  if (row.access.kind === 'role') return row.access.roles.some((role) => roles.includes(role));
  if (row.access.kind === 'closed') return false;
  if (grants === undefined) return true;
  const { byRole } = explainField(grants, roles, { field: tool.field, root, access: row.access });
  return [...byRole.values()].some((access) => {
    if (access.kind !== 'paths') return access.kind !== 'none';
    // A deny of the whole pattern leaves nothing of an allow; parts of it leave something, so the tool is listed.
    const denied = new Set(access.deny.flatMap(({ patterns }) => patterns));
    return !denied.has('*') && access.allow.some(({ patterns }) => patterns.some((pattern) => !denied.has(pattern)));
  });
}

/** Arguments that callers of tools do not have: a tool waits by itself, and has no stream. */
const ownArguments = new Set(['waitSeconds', 'clientId']);
/** Kinds whose tools are marked as destructive; a client can ask a person before it calls one. */
const destructiveKinds = new Set(['cancel', 'credentialWrite', 'bulk']);

/** The rows with `mcp: true`, as tools; made once. */
export function fieldTools(fields: ReadonlyMap<string, RootField>, schema: GraphQLSchema): readonly FieldTool[] {
  return [...fields].flatMap(([name, rootField]) => {
    const { row, root, plan } = rootField;
    if (isGatewayRow(row) || row.mcp !== true || plan === undefined) return [];
    const isRead = root === 'query';
    const field = (isRead ? schema.getQueryType() : schema.getMutationType())?.getFields()[name];
    if (field === undefined) return [];
    // Only the protocol's own starts can wait for a result.
    const starts = isProtocolStart(plan.kind);
    const view: ToolView = {
      name,
      description: descriptionOf(field, row.description, starts),
      inputSchema: inputSchema(
        field.args.filter((arg) => !ownArguments.has(arg.name)),
        rootField,
      ),
      annotations: {
        readOnlyHint: isRead,
        destructiveHint: destructiveKinds.has(plan.kind),
        idempotentHint: isRead,
        openWorldHint: starts,
      },
    };
    return [{ view, field: name, rootField, query: documentOf(field, root), starts }];
  });
}

function descriptionOf(field: GraphQLField<unknown, unknown>, given: string | undefined, starts: boolean): string {
  const text = given ?? field.description ?? `The operation ${field.name} of NoETL.`;
  return starts
    ? `${text} Waits for the result; a run that takes longer answers with status RUNNING and its id, for the tool execution.`
    : text;
}

const scalars: Readonly<Record<string, JsonSchema>> = {
  ID: { type: 'string' },
  String: { type: 'string' },
  Int: { type: 'integer' },
  Float: { type: 'number' },
  Boolean: { type: 'boolean' },
};

/** Input types can contain themselves; below this depth any object is accepted. */
const deepestInput = 4;

type Described = Pick<GraphQLArgument, 'name' | 'type' | 'description'>;

/** The arguments of a field as the input of a tool. An argument that the access rule is on is required: without it the rule denies. */
function inputSchema(args: readonly GraphQLArgument[], { row: { access }, plan }: RootField): JsonSchema {
  const ruled = 'argument' in access ? access.argument : undefined;
  return {
    ...objectOf(args, 0, plan?.bounds),
    required: args.filter((arg) => isRequiredArgument(arg) || arg.name === ruled).map(({ name }) => name),
    additionalProperties: false,
  };
}

/** Descriptions are what a model chooses by. */
const objectOf = (members: readonly Described[], depth: number, bounds?: CallPlan['bounds']): JsonSchema => ({
  type: 'object',
  properties: Object.fromEntries(
    members.map(({ name, type, description }) => [
      name,
      { ...schemaOf(type, depth), ...bounds?.get(name), ...(description && { description }) },
    ]),
  ),
});

function schemaOf(type: GraphQLInputType, depth: number): JsonSchema {
  if (isNonNullType(type)) return schemaOf(type.ofType, depth);
  if (isListType(type)) return { type: 'array', items: schemaOf(type.ofType, depth) };
  if (isEnumType(type)) return { type: 'string', enum: type.getValues().map(({ name }) => name) };
  // A custom scalar, `JSON` for example, takes any value.
  if (isScalarType(type)) return scalars[type.name] ?? {};
  if (!isInputObjectType(type) || depth >= deepestInput) return { type: 'object' };
  return objectOf(Object.values(type.getFields()), depth + 1);
}

/** A playbook that the config makes a tool. */
export interface PlaybookTool {
  readonly path: string;
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonSchema;
}

/** Playbooks as tools, each for those who may execute it. */
export interface PlaybookTools {
  /** @param may asks about the caller. @throws ERR_UPSTREAM… */
  listedFor(may: (permission: Permission, path: string) => Promise<boolean>): Promise<readonly ToolView[]>;
  /** The catalog path of a tool. @returns undefined: no playbook is that tool */
  pathOf(name: string): Promise<string | undefined>;
}

export interface PlaybookToolsOptions {
  readonly config: ResolvedConfig['mcp'];
  readonly upstream: Upstream;
  /** Where NoETL lists its catalog; undefined: the table does not open it, and there are no such tools. */
  readonly route: string | undefined;
  readonly clock: Clock;
}

const anyInput: JsonSchema = { type: 'object', additionalProperties: true };

/**
 * Tools of the playbooks that `mcp.playbooks` matches. The catalog is read for the gateway; each caller's list is
 * decided one by one.
 */
export function createPlaybookTools({ config, upstream, route, clock }: PlaybookToolsOptions): PlaybookTools {
  const patterns = createPatternIndex(config.playbooks.map((pattern) => [pattern, pattern]));
  const catalog = new Cache<'tools', Promise<readonly PlaybookTool[]>>({ max: 1, clock });

  /** The catalog is the same for all: it is read once for a while, for every caller. */
  function tools(): Promise<readonly PlaybookTool[]> {
    if (route === undefined || config.playbooks.length === 0) return Promise.resolve([]);
    const read = () => readTools(upstream, route, (path) => findInIndex(patterns, path) !== undefined);
    return cached(catalog, 'tools', read, clock() + config.catalogMs);
  }

  return {
    async listedFor(may) {
      const listed: ToolView[] = [];
      for (const tool of await tools()) {
        // Each costs two decisions, and a model reads every description.
        if (listed.length >= config.maxPlaybooks) break;
        // The names of its inputs are a part of its source, which `execute` does not show.
        if (await may('execute', tool.path)) listed.push(viewOf(tool, await may('view', tool.path)));
      }
      return listed;
    },
    pathOf: async (name) => (await tools()).find((tool) => tool.name === name)?.path,
  };
}

function viewOf({ name, path, description, inputSchema }: PlaybookTool, showsInput: boolean): ToolView {
  const text = showsInput && description !== '' ? `${description} ` : '';
  return {
    name,
    title: path,
    description: `${text}Runs the playbook ${path} and waits for its result.`,
    inputSchema: showsInput ? inputSchema : anyInput,
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
  };
}

async function readTools(
  upstream: Upstream,
  route: string,
  isWanted: (path: string) => boolean,
): Promise<readonly PlaybookTool[]> {
  const call = { method: 'POST', path: route, route, body: { resource_type: 'playbook' }, idempotent: true } as const;
  // Read by the gateway for itself, so the answer is filtered by path here and by `may` for each caller.
  const body = answerOf(await upstream.request(call));
  const entries = isJsonObject(body) && Array.isArray(body['entries']) ? body['entries'].filter(isJsonObject) : [];
  const newest = new Map<string, JsonObject>();
  for (const entry of entries) {
    const path = textMember(entry, 'path');
    if (path === undefined || parsePlaybookPath(path) === undefined || !isWanted(path)) continue;
    // NoETL runs the newest version.
    if (versionOf(entry) >= versionOf(newest.get(path))) newest.set(path, entry);
  }
  return [...newest].sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, entry]) => toolOf(path, entry));
}

const versionOf = (entry: JsonObject | undefined): number =>
  typeof entry?.['version'] === 'number' ? entry['version'] : 0;

function toolOf(path: string, entry: JsonObject): PlaybookTool {
  const payload = isJsonObject(entry['payload']) ? entry['payload'] : {};
  const metadata = isJsonObject(payload['metadata']) ? payload['metadata'] : {};
  const workload = isJsonObject(payload['workload']) ? payload['workload'] : {};
  return {
    path,
    name: nameOf(path),
    description: (textMember(metadata, 'description') ?? '').slice(0, 500),
    inputSchema: {
      type: 'object',
      properties: Object.fromEntries(
        Object.entries(withoutControlNames(workload)).map(([name, value]) => [name, typeOf(value)]),
      ),
      additionalProperties: true,
    },
  };
}

/** Two paths that read the same as names differ in the hash. */
function nameOf(path: string): string {
  const plain = path.replaceAll(/[^A-Za-z0-9]+/g, '_').slice(0, 48);
  return `playbook_${plain}_${hash('sha256', path).slice(0, 6)}`;
}

/** The type of a default, never the default: it may be a secret. */
function typeOf(value: unknown): JsonSchema {
  if (Array.isArray(value)) return { type: 'array' };
  if (isJsonObject(value)) return { type: 'object' };
  if (typeof value === 'boolean') return { type: 'boolean' };
  return typeof value === 'number' ? { type: 'number' } : typeof value === 'string' ? { type: 'string' } : {};
}
