import type { GraphQLField, GraphQLSchema } from 'graphql';
import type { CompiledGrants } from '../../core/access/decision.ts';
import { explainField } from '../../core/access/explain.ts';
import { isGatewayRow } from '../../core/config/operation-row.ts';
import { isProtocolStart } from '../../core/operation-kind.ts';
import type { RootField } from '../../executor/root-fields.ts';
import { inputSchema, type JsonSchema } from './input-schema.ts';
import { selectionOf } from './selection.ts';

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

/** Arguments that callers of tools do not have: a tool waits by itself, and has no stream. */
const ownArguments = new Set(['waitSeconds', 'clientId']);
/** Kinds whose tools are marked as destructive; a client can ask a person before it calls one. */
const destructiveKinds = new Set(['cancel', 'credentialWrite', 'bulk']);

/** The rows with `mcp: true`, as tools; made once. */
export function fieldTools(fields: ReadonlyMap<string, RootField>, schema: GraphQLSchema): readonly FieldTool[] {
  return [...fields].flatMap(([name, rootField]) => {
    const { row, root, plan } = rootField;
    if (isGatewayRow(row) || row.mcp !== true || plan === undefined) return [];
    const type = root === 'query' ? schema.getQueryType() : schema.getMutationType();
    const field = type?.getFields()[name];
    if (field === undefined) return [];
    // Only the protocol's own starts can wait for a result.
    const starts = isProtocolStart(plan.kind);
    const view: ToolView = {
      name,
      description: descriptionOf(field, row.description, starts),
      inputSchema: inputSchema(field.args.filter((arg) => !ownArguments.has(arg.name))),
      annotations: {
        readOnlyHint: root === 'query',
        destructiveHint: destructiveKinds.has(plan.kind),
        idempotentHint: root === 'query',
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

/** One document for all calls: all arguments as variables, so that no value is ever part of a document. */
function documentOf(field: GraphQLField<unknown, unknown>, root: RootField['root']): string {
  const variables = field.args.map((arg) => `$${arg.name}: ${arg.type.toString()}`).join(', ');
  const passed = field.args.map((arg) => `${arg.name}: $${arg.name}`).join(', ');
  const [declared, given] = field.args.length === 0 ? ['', ''] : [`(${variables})`, `(${passed})`];
  return `${root} ${declared} { ${field.name}${given}${selectionOf(field)} }`;
}

/**
 * Whether the grants give the roles anything of an operation; what they do not give is not listed.
 * @param grants undefined: NoETL decides, and only a call shows
 */
export function isListedFor(tool: FieldTool, roles: readonly string[], grants: CompiledGrants | undefined): boolean {
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
