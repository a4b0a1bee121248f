import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLSchema,
  getNullableType,
  isInputObjectType,
  isObjectType,
  isRequiredArgument,
  Kind,
  parse,
} from 'graphql';
import type { Caller } from '../../plugins/call-context.ts';
import { parseJson } from '../../plugins/json/lossless-json.ts';
import { inputObjectSchema, type JsonSchema, presentSchema } from '../../plugins/json/type-schema.ts';
import { isJsonObject, type JsonObject } from '../../plugins/noetl/json-object.ts';
import type { CompiledGrants } from '../../plugins/noetl-auth/access/decision.ts';
import { explainField } from '../../plugins/noetl-auth/access/explain.ts';
import { questionsOf } from '../../plugins/noetl-auth/questions.ts';
import { isProtocolStart } from '../../plugins/operation-kind.ts';
import type { AccessChecker } from '../../plugins/ports.ts';
import type { RootField } from '../calls/root-fields.ts';
import { isGatewayRow } from '../config/gateway-config.ts';
import type { RunKnown } from '../graphql/create-graphql.ts';
import type { Exchange } from '../http/exchange.ts';
import { runFailure } from '../operations/action-run.ts';
import { deepestRun, documentOf } from '../operations/whole-document.ts';
import { anyInput, type PlaybookTools } from './playbook-tools.ts';
import type { CallerTools, ToolResult, ToolView } from './tool-server.ts';

/** A tool that is an operation of the table. */
export interface FieldTool {
  readonly view: ToolView;
  readonly field: string;
  readonly rootField: RootField;
  /** The GraphQL document that a call runs, with all arguments as variables. */
  readonly query: string;
  /** It starts a playbook, and a call waits for the result: so many seconds at most, where it has a bound of its own. */
  readonly starts: boolean;
  readonly maxWaitSeconds: number;
  /** It starts an action with an input: what callers send is the input. */
  readonly takesInput: boolean;
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

  async function run(tool: FieldTool, args: Readonly<Record<string, unknown>>): Promise<ToolResult> {
    const { starts, query, takesInput } = tool;
    // The tool waits for its result; callers cannot choose the time.
    const seconds = Math.min(waitSeconds, tool.maxWaitSeconds);
    const own = starts && seconds > 0 ? { waitSeconds: seconds } : {};
    const variables = { ...(takesInput ? { input: args } : args), ...own };
    const { body } = await given.run(exchange, caller, { query, variables });
    return resultOf(parseJson(String(body)), tool);
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
function resultOf(body: unknown, { field, view, rootField }: FieldTool): ToolResult {
  const answer = isJsonObject(body) ? body : {};
  const data = (isJsonObject(answer['data']) ? answer['data'][field] : undefined) ?? null;
  const sentences = sentencesOf(answer);
  const failure = rootField.row.action?.part === 'start' && isJsonObject(data) ? runFailure(data) : undefined;
  if (failure !== undefined) sentences.unshift(`${failure.code}: ${failure.message}`);
  // A tool with an output schema answers in that form or with an error.
  if (data === null && view.outputSchema !== undefined && sentences.length === 0)
    sentences.push('there is no such thing');
  const text = JSON.stringify(data);
  const structured = view.outputSchema !== undefined && data !== null ? { structured: data } : {};
  if (sentences.length === 0) return { text, isError: false, ...structured };
  const partial = data === null ? '' : `\n${text}`;
  return { text: `${[...new Set(sentences)].join('\n')}${partial}`, isError: true };
}

function sentencesOf({ errors }: JsonObject): string[] {
  return (Array.isArray(errors) ? errors.filter(isJsonObject) : []).map(({ message, extensions }) => {
    const code = isJsonObject(extensions) ? extensions['code'] : undefined;
    return typeof code === 'string' ? `${code}: ${String(message)}` : String(message);
  });
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
    const args = field.args.filter((arg) => !ownArguments.has(arg.name));
    const takesInput = row.action?.part === 'start' && args.length > 0;
    const query = documentOf(field, root, row.action && deepestRun);
    const view: ToolView = {
      name,
      description: descriptionOf(field, rootField, starts),
      inputSchema: takesInput ? inputOfAction(args) : toolInput(args, rootField),
      ...outputOf(field, query),
      annotations: {
        readOnlyHint: isRead,
        destructiveHint: destructiveKinds.has(plan.kind),
        idempotentHint: isRead,
        openWorldHint: starts,
      },
    };
    const maxWaitSeconds = row.action?.wait ?? Number.POSITIVE_INFINITY;
    return [{ view, field: name, rootField, query, starts, takesInput, maxWaitSeconds }];
  });
}

function descriptionOf(field: GraphQLField<unknown, unknown>, { row }: RootField, starts: boolean): string {
  const text = row.description ?? field.description ?? `The operation ${field.name} of NoETL.`;
  const reader = row.action === undefined ? 'execution' : `${field.name}Run`;
  return starts
    ? `${text} Waits for the result; a run that takes longer answers with status RUNNING and its id, for the tool ${reader}.`
    : text;
}

/** An argument that the access rule is on is required: without it the rule denies. */
function toolInput(args: readonly GraphQLArgument[], { row: { access }, plan }: RootField): JsonSchema {
  const ruled = 'argument' in access ? access.argument : undefined;
  return {
    ...inputObjectSchema(args, plan?.bounds),
    required: args.filter((arg) => isRequiredArgument(arg) || arg.name === ruled).map(({ name }) => name),
  };
}

function inputOfAction([input]: readonly GraphQLArgument[]): JsonSchema {
  const type = input && getNullableType(input.type);
  return isInputObjectType(type) ? inputObjectSchema(Object.values(type.getFields())) : anyInput;
}

/** Of what the document selects. Only objects have one: before 2026 a result of the protocol is an object. */
function outputOf({ type }: GraphQLField<unknown, unknown>, query: string): Pick<ToolView, 'outputSchema'> {
  if (!isObjectType(getNullableType(type))) return {};
  const [operation] = parse(query, { noLocation: true }).definitions;
  const [root] = operation?.kind === Kind.OPERATION_DEFINITION ? operation.selectionSet.selections : [];
  return { outputSchema: presentSchema(type, root?.kind === Kind.FIELD ? root.selectionSet : undefined) };
}
