import { type ConstArgumentNode, type ConstDirectiveNode, type ConstValueNode, Kind } from 'graphql';
import type { OperationArgument } from '../../plugins/operation.ts';
import { isProtocolField } from '../../plugins/protocol-field.ts';
import { isPublicName } from '../openapi/names.ts';
import { wholeBody } from '../openapi/open-api.ts';
import type { TableRow } from './mesh-document.ts';

/**
 * `@httpOperation` of a row: the path with `{args.<public name>}`, its constants in place; the query as a map from wire
 * name to argument, constants in the path's own query string; the body as a map from wire name to `"{args.<name>}"` or
 * to a constant, or `"{args.<name>}"` alone when one argument is the body. The server compiles a call plan of it
 * (`gateway/operations/call-plan/compile-call-plan.ts`), and Mesh's own tools can run it (ADR 0001).
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
  return {
    kind: Kind.DIRECTIVE,
    name: { kind: Kind.NAME, value: 'httpOperation' },
    arguments: [
      argument('subgraph', literal(isProtocolField(operation.field) ? 'Protocol' : 'Noetl')),
      argument('path', literal(pathOf(source.path, args))),
      argument('operationSpecificHeaders', literal(headers)),
      argument('httpMethod', { kind: Kind.ENUM, value: source.method }),
      ...(query.length === 0
        ? []
        : [argument('queryParamArgMap', mapLiteral(query.map((arg) => [arg.wire, arg.name])))]),
      ...(styles.length === 0 ? [] : [argument('queryStringOptionsByParam', mapLiteral(styles))]),
      ...(body === undefined ? [] : [argument('requestBaseBody', body)]),
    ],
  };
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

function bodyOf(args: readonly OperationArgument[]): ConstValueNode | undefined {
  const sent = args.filter((arg) => arg.in === 'body' && (arg.name !== undefined || arg.constant !== undefined));
  if (sent.length === 0) return undefined;
  const value = (arg: OperationArgument): unknown => (arg.name === undefined ? arg.constant : `{args.${arg.name}}`);
  // The whole body is one argument only where it has no members; a member may be called `input` as well.
  const only = args.filter((arg) => arg.in === 'body');
  const [first] = sent;
  if (first !== undefined && only.length === 1 && first.wire === wholeBody) return literal(value(first));
  return mapLiteral(sent.map((arg) => [arg.wire, value(arg)]));
}

/** An object literal where GraphQL has names for its keys; the same as JSON text where it has no names. */
function mapLiteral(entries: readonly (readonly [string, unknown])[]): ConstValueNode {
  const map = Object.fromEntries(entries);
  return isLiteral(map) ? literal(map) : literal(JSON.stringify(map));
}

/** Keys such as `content-type` are not names in GraphQL (GraphQL specification, Names). */
function isLiteral(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isLiteral);
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, member]) => isPublicName(key) && isLiteral(member));
}

function literal(value: unknown): ConstValueNode {
  if (value === null || value === undefined) return { kind: Kind.NULL };
  if (Array.isArray(value)) return { kind: Kind.LIST, values: value.map(literal) };
  switch (typeof value) {
    case 'boolean':
      return { kind: Kind.BOOLEAN, value };
    case 'number':
      return { kind: Number.isInteger(value) ? Kind.INT : Kind.FLOAT, value: String(value) };
    case 'object':
      return {
        kind: Kind.OBJECT,
        fields: Object.entries(value).map(([name, member]) => ({
          kind: Kind.OBJECT_FIELD,
          name: { kind: Kind.NAME, value: name },
          value: literal(member),
        })),
      };
    default:
      return { kind: Kind.STRING, value: String(value) };
  }
}

const argument = (name: string, value: ConstValueNode): ConstArgumentNode => ({
  kind: Kind.ARGUMENT,
  name: { kind: Kind.NAME, value: name },
  value,
});

/**
 * `@noetl` of a row: what its operation does, which arguments are catalog paths and which are ids of executions; for
 * what starts playbooks also what the parts of the call are named on the wire; what an answer is that is not JSON;
 * which members of the body are null when an argument is absent; which arguments have old names (`old:new`). Empty
 * lists are left out. What serves switches on it and never looks at a path (ADR 0001).
 */
export function kindDirective(row: TableRow): ConstDirectiveNode {
  const { kind, catalogPaths, executionIds, start, answer, args } = row;
  const former = args.flatMap(({ name, formerNames = {} }) => Object.keys(formerNames).map((old) => `${old}:${name}`));
  const nulls = args.flatMap(({ wire, nullWhenAbsent }) => (nullWhenAbsent === true ? [wire] : []));
  return {
    kind: Kind.DIRECTIVE,
    name: { kind: Kind.NAME, value: 'noetl' },
    arguments: [
      argument('kind', text(kind)),
      ...(catalogPaths.length === 0 ? [] : [argument('catalogPaths', texts(catalogPaths))]),
      ...(executionIds.length === 0 ? [] : [argument('executionIds', texts(executionIds))]),
      ...(start === undefined
        ? []
        : [
            argument('playbook', text(start.playbook)),
            argument('workload', text(start.workload)),
            argument('execution', text(start.execution)),
          ]),
      ...(answer === undefined ? [] : [argument('answer', text(answer))]),
      ...(former.length === 0 ? [] : [argument('formerArguments', texts(former))]),
      ...(nulls.length === 0 ? [] : [argument('nulls', texts(nulls))]),
    ],
  };
}

const text = (value: string): ConstValueNode => ({ kind: Kind.STRING, value });
const texts = (values: readonly string[]): ConstValueNode => ({ kind: Kind.LIST, values: values.map(text) });
