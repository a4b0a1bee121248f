import { astFromValueUntyped } from '@graphql-tools/utils';
import { type ConstArgumentNode, type ConstDirectiveNode, type ConstValueNode, Kind } from 'graphql';
import type { OperationArgument } from '../../plugins/operation.ts';
import { isProtocolField } from '../../plugins/protocol-field.ts';
import { isPublicName } from '../openapi/names.ts';
import { wholeBody } from '../openapi/open-api.ts';
import type { TableRow } from './mesh-config.ts';

/**
 * `@httpOperation` of a row: the path with `{args.<public name>}`, its constants in place; the query as a map from wire
 * name to argument, constants in the path's own query string; the body as a map from wire name to `"{args.<name>}"` or
 * to a constant, or `"{args.<name>}"` alone when one argument is the body. The server compiles a call plan of it
 * (`gateway/operations/compile-call-plan.ts`), and Mesh's own tools can run it (ADR 0001).
 * @throws TypeError for a row of the gateway's own
 */
export function callDirective(operation: TableRow): ConstDirectiveNode {
  const { source, args, answer } = operation;
  if (source.kind !== 'upstream') throw new TypeError(`${operation.field} is not an upstream operation`);
  const query = args
    .filter((arg) => arg.in === 'query' && arg.name !== undefined)
    // By name: the order of the document makes no difference in the schema.
    .sort((a, b) => (a.wire < b.wire ? -1 : 1));
  const body = bodyOf(args);
  const headers = [
    // Without a body there is no media type to name.
    ...(body === undefined ? [] : [['Content-Type', 'application/json']]),
    ['accept', answer === undefined || answer === 'empty' ? 'application/json' : '*/*'],
  ];
  const styles = query.flatMap(({ wire, style }) => (style === undefined ? [] : [[wire, { style }] as const]));
  return directive('httpOperation', {
    subgraph: isProtocolField(operation.field) ? 'Protocol' : 'Noetl',
    path: pathOf(source.path, args),
    operationSpecificHeaders: headers,
    httpMethod: source.method,
    queryParamArgMap: query.length === 0 ? undefined : mapOf(query.map((arg) => [arg.wire, arg.name])),
    queryStringOptionsByParam: styles.length === 0 ? undefined : mapOf(styles),
    requestBaseBody: body,
  });
}

function pathOf(path: string, args: readonly OperationArgument[]): string {
  const filled = args
    .filter((arg) => arg.in === 'path')
    .reduce(
      (text, arg) =>
        text.replaceAll(`{${arg.wire}}`, arg.name === undefined ? String(arg.constant) : `{args.${arg.name}}`),
      path,
    );
  // Constants of a query are in the path's query string: the map names arguments only.
  const constants = args.filter((arg) => arg.in === 'query' && arg.constant !== undefined);
  const query = new URLSearchParams(constants.map((arg) => [arg.wire, String(arg.constant)])).toString();
  return query === '' ? filled : `${filled}?${query}`;
}

function bodyOf(args: readonly OperationArgument[]): unknown {
  const sent = args.filter((arg) => arg.in === 'body' && (arg.name !== undefined || arg.constant !== undefined));
  if (sent.length === 0) return undefined;
  const value = (arg: OperationArgument): unknown => (arg.name === undefined ? arg.constant : `{args.${arg.name}}`);
  // The whole body is one argument only where it has no members; a member may be called `input` as well.
  const only = args.filter((arg) => arg.in === 'body');
  const [first] = sent;
  if (first !== undefined && only.length === 1 && first.wire === wholeBody) return value(first);
  return mapOf(sent.map((arg) => [arg.wire, value(arg)]));
}

/** An object where GraphQL has names for its keys; the same as JSON text where it has no names. */
function mapOf(entries: readonly (readonly [string, unknown])[]): unknown {
  const map = Object.fromEntries(entries);
  return isLiteral(map) ? map : JSON.stringify(map);
}

/** Keys such as `content-type` are not names in GraphQL (GraphQL specification, Names). */
function isLiteral(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isLiteral);
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, member]) => isPublicName(key) && isLiteral(member));
}

/**
 * `@noetl` of a row: what its operation does, which arguments are catalog paths and which are ids of executions; for
 * what starts playbooks also what the parts of the call are named on the wire; what an answer is that is not JSON;
 * which members of the body are null when an argument is absent; which arguments have old names (`old:new`). Empty
 * lists are left out. What serves switches on it and never looks at a path (ADR 0001).
 */
export function kindDirective({ kind, catalogPaths, executionIds, start, answer, args }: TableRow): ConstDirectiveNode {
  const former = args.flatMap(({ name, formerNames = {} }) => Object.keys(formerNames).map((old) => `${old}:${name}`));
  const nulls = args.flatMap(({ wire, nullWhenAbsent }) => (nullWhenAbsent === true ? [wire] : []));
  const listed = (values: readonly string[]) => (values.length === 0 ? undefined : values);
  return directive('noetl', {
    kind,
    catalogPaths: listed(catalogPaths),
    executionIds: listed(executionIds),
    playbook: start?.playbook,
    workload: start?.workload,
    execution: start?.execution,
    answer,
    formerArguments: listed(former),
    nulls: listed(nulls),
  });
}

/** `@deprecated(reason:)` (GraphQL specification, @deprecated). */
export const deprecation = (reason: string): ConstDirectiveNode => directive('deprecated', { reason });

/** The name on the wire of a field that has another one in public. */
export const resolveRootField = (wire: string): ConstDirectiveNode =>
  directive('resolveRootField', { subgraph: 'Noetl', field: wire });

/** A directive with the arguments that are defined. */
function directive(name: string, args: Readonly<Record<string, unknown>>): ConstDirectiveNode {
  const nodes = Object.entries(args).flatMap(([key, given]): ConstArgumentNode[] => {
    // The one argument whose type is an enumeration; a value alone does not show it.
    const value = key === 'httpMethod' ? { kind: Kind.ENUM, value: given } : astFromValueUntyped(given);
    if (value === null) return [];
    return [{ kind: Kind.ARGUMENT, name: { kind: Kind.NAME, value: key }, value: value as ConstValueNode }];
  });
  return { kind: Kind.DIRECTIVE, name: { kind: Kind.NAME, value: name }, arguments: nodes };
}
