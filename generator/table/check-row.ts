import { Kind, parse } from 'graphql';
import type { AnyGatewayRow } from '../../gateway/config/gateway-config.ts';
import type { AccessRule } from '../../plugins/noetl-auth/access/access-rule.ts';
import { permissions } from '../../plugins/noetl-auth/access/grant.ts';
import { hasOwnShape, type Operation, type OperationArgument } from '../../plugins/operation.ts';
import { gatewayArguments, isStart } from '../../plugins/operation-kind.ts';
import { nearest } from '../openapi/names.ts';
import type { OperationMeaning } from './operation-meaning.ts';
import type { JoinedRow } from './row-members.ts';

/** Arguments by which NoETL finds a playbook; a rule on one of them does not cover the others. */
export const playbookSelectors: ReadonlySet<string> = new Set(['path', 'catalog_id', 'playbook_path', 'playbook_id']);

const kinds: readonly string[] = [
  'closed',
  'authenticated',
  'role',
  'playbook',
  'path',
  'execution',
  'source',
  'custom',
];

/**
 * What is wrong with an operation's access rule. A row without a rule is a problem and no open operation (ADR 0003).
 * @returns one line each, with the place in the config; empty: the rule can be decided
 */
export function checkAccess(operation: Operation, roles: readonly string[]): string[] {
  const place = `operations.${operation.field}.access`;
  const rule = operation.access;
  if (rule === undefined) return [`${place}: missing; set the rule of who may call it`];
  if (!kinds.includes(rule.kind))
    return [`${place}: there is no rule “${rule.kind}”${nearest(String(rule.kind), kinds)}`];
  if (rule.kind === 'role') return checkRoles(place, rule.roles, roles);
  if (rule.kind === 'path') {
    return operation.action === undefined ? [`${place}: a rule on a fixed playbook is for actions only`] : [];
  }
  if (rule.kind === 'custom' || rule.kind === 'closed') return [];
  return rule.kind === 'authenticated' ? [] : checkArgument(place, operation, rule.permission, rule.argument);
}

function checkRoles(place: string, named: readonly string[], roles: readonly string[]): string[] {
  if (named.length === 0) return [`${place}: names no role, so no user may call it; write closed()`];
  return named
    .filter((role) => !roles.includes(role))
    .map((role) => `${place}: there is no role “${role}”${nearest(role, roles)}`);
}

function checkArgument(place: string, operation: Operation, permission: string, argument: string): string[] {
  if (!(permissions as readonly string[]).includes(permission)) {
    return [`${place}: there is no permission “${permission}”${nearest(permission, permissions)}`];
  }
  // Its arguments are in the SDL of the row, not in the table.
  if (operation.source.kind === 'gateway') return [];
  const own = operation.kind === 'rerun' ? Object.keys(gatewayArguments.rerun ?? {}) : [];
  const names = [...offered(operation).map((arg) => arg.name ?? ''), ...own];
  if (!names.includes(argument)) {
    return [`${place}: the rule is on the argument “${argument}”, which is not offered${nearest(argument, names)}`];
  }
  // What starts a playbook has a check of its own (`checkStart`).
  if (operation.access.kind !== 'playbook' || isStart(operation.kind)) return [];
  return offered(operation)
    .filter((arg) => arg.name !== argument && playbookSelectors.has(arg.wire))
    .map(
      (arg) =>
        `${place}: the rule is on “${argument}”, but “${arg.name}” chooses a playbook too; hide it (args: { ${arg.wire}: false })`,
    );
}

const offered = (operation: Operation): readonly OperationArgument[] =>
  operation.args.filter((arg) => arg.name !== undefined);

/**
 * What is wrong with the access rule of an operation that starts a playbook. Every argument by which a caller chooses
 * the playbook needs a rule that asks for `execute` on it; a custom rule or `acceptRisk` takes that over.
 */
export function checkStart(operation: Operation, { kind, selectors, executionIds }: OperationMeaning): string[] {
  const { access, acceptRisk, args, field } = operation;
  if (!isStart(kind)) return [];
  if (access === undefined || access.kind === 'closed' || access.kind === 'custom' || acceptRisk?.trim()) return [];
  const place = `operations.${field}.access`;
  if (operation.kind === 'rerun') {
    const isOnExecution = access.kind === 'execution' && access.permission === 'execute' && access.argument === 'id';
    return isOnExecution
      ? []
      : [`${place}: the operation starts the playbook of an execution; set onExecution('execute', 'id')`];
  }
  const isSelector = ({ wire, in: where }: Operation['args'][number]): boolean =>
    selectors.some((selector) => selector.wire === wire && selector.in === where);
  // It starts the playbook of something that it names otherwise, an execution for example.
  if (selectors.length === 0) {
    const isOfOneExecution = executionIds.some((arg) => arg.in === 'path') && asksForExecute(access, 'execution');
    return isOfOneExecution
      ? []
      : [
          `${place}: the operation starts a playbook, and no argument names it; write a custom rule, or give the reason in acceptRisk`,
        ];
  }
  return args.filter(isSelector).flatMap(({ name, wire }) => {
    if (name === undefined) return [];
    if (access.kind !== 'playbook' || access.argument !== name) {
      return [
        `${place}: “${name}” chooses a playbook to start, and no rule is on it; fix it with a constant (args: { ${wire}: { constant: … } }), hide it, or write a custom rule`,
      ];
    }
    return asksForExecute(access, 'playbook')
      ? []
      : [`${place}: “${name}” chooses a playbook to start, so the rule must ask for “execute”`];
  });
}

const asksForExecute = (access: AccessRule, kind: 'playbook' | 'execution'): boolean =>
  access.kind === kind && access.permission === 'execute';

const repair = 'or correct the document with an overlay (pull --overlay)';

/**
 * What of an operation's call or answer cannot be carried, with what to do about it. Without these checks a row could
 * be generated whose calls all fail.
 * @returns one line each, with the place in the config
 */
export function checkTransport(joined: JoinedRow, args: readonly OperationArgument[]): readonly string[] {
  const { place, shape } = joined;
  const body =
    shape.body === 'foreign' ? [`${place}: the body of ${shape.key} is not JSON; leave the row out, ${repair}`] : [];
  return [...body, ...checkBase(joined), ...checkAnswer(joined), ...checkHeaders(joined), ...checkForms(joined, args)];
}

/** The gateway has one base address, `upstream.baseUrl`. */
const checkBase = ({ place, shape: { elsewhere, key } }: JoinedRow): readonly string[] =>
  elsewhere === undefined
    ? []
    : [
        `${place}: ${key} is served below “${elsewhere}/”, and the rest of the document is not; leave the row out, ${repair}, which gives it a whole path`,
      ];

function checkAnswer({ field, place, row, shape }: JoinedRow): readonly string[] {
  const { answer, upstream } = row;
  const { foreign, key } = shape;
  // An answer without a body is `true`, under every setting of the row.
  if (foreign === undefined || foreign === 'empty') {
    return answer === undefined ? [] : [`${place}.answer: ${key} answers JSON; leave the option out`];
  }
  if (hasOwnShape({ field, ...row }))
    return [`${place}: the answer of ${upstream} is not JSON, which the protocol needs`];
  if (foreign === 'stream') {
    return [`${place}: ${key} answers a stream of events, which a field cannot hold; leave the row out, ${repair}`];
  }
  if (foreign === 'text') return [];
  if (answer === 'text') return [`${place}.answer: ${key} answers bytes, not text; set answer: 'link' or 'base64'`];
  return answer === undefined
    ? [`${place}: ${key} answers bytes, not JSON; set answer: 'link' (a data: link) or answer: 'base64'`]
    : [];
}

function checkHeaders({ place, row, shape: { headers, key } }: JoinedRow): readonly string[] {
  if (row.headers !== undefined && place === 'operations.execution') {
    return [`${place}.headers: what is read of an execution is shared between callers, so no row adds a header to it`];
  }
  const given = new Set(Object.keys(row.headers ?? {}).map((name) => name.toLowerCase()));
  return headers.flatMap(({ name, in: where, required }) => {
    // A header that the row gives, or that it passes on from the caller.
    if (!required || (where === 'header' && given.has(name.toLowerCase()))) return [];
    return where === 'cookie'
      ? [`${place}: ${key} requires the cookie ${name}, which the gateway does not send; leave the row out, ${repair}`]
      : [
          `${place}: ${key} requires the header ${name}; give it a value, headers: { '${name}': '…' }, or pass on the caller's, headers: { '${name}': { forward: true } }`,
        ];
  });
}

function checkForms({ place, shape }: JoinedRow, args: readonly OperationArgument[]): readonly string[] {
  return shape.args.flatMap(({ wire, in: where, required, unsendable }) => {
    const arg = args.find((one) => one.wire === wire && one.in === where);
    if (unsendable === undefined || arg?.name === undefined) return [];
    const out = required
      ? `give it a constant, args: { '${wire}': { constant: '…' } }`
      : `hide it, args: { '${wire}': false }`;
    return [`${place}.args.${wire}: ${shape.key} wants ${unsendable}, which cannot be sent; ${out}, ${repair}`];
  });
}

/** What a field does with an answer that is not JSON. */
export function answerFormOf({ row: { answer }, shape: { foreign } }: JoinedRow): Pick<Operation, 'answer'> {
  if (foreign === 'empty') return { answer: 'empty' };
  return foreign === undefined ? {} : { answer: answer ?? 'text' };
}

/**
 * What is wrong with the SDL of a row that the gateway answers itself. It is text of the config, joined to the schema
 * as it is.
 */
export function checkGatewayRow(field: string, row: AnyGatewayRow): string[] {
  const place = `operations.${field}`;
  return [...checkField(place, field, row.sdl), ...(row.typeDefs === undefined ? [] : checkTypes(place, row.typeDefs))];
}

function checkField(place: string, field: string, sdl: string): string[] {
  try {
    // Within a type, so that a text which closes it and declares more is found.
    const definition = parse(`type Query {\n${sdl}\n}`).definitions;
    const only = definition[0];
    const fields = only?.kind === Kind.OBJECT_TYPE_DEFINITION ? (only.fields ?? []) : [];
    if (definition.length === 1 && fields.length === 1 && fields[0]?.name.value === field) return [];
    return [`${place}.sdl: declare exactly the field ${field}`];
  } catch (error) {
    return [`${place}.sdl: ${reason(error)}`];
  }
}

function checkTypes(place: string, typeDefs: string): string[] {
  try {
    const roots = new Set(['Query', 'Mutation', 'Subscription']);
    return parse(typeDefs).definitions.flatMap((definition) => {
      const name = 'name' in definition ? (definition.name?.value ?? '') : '';
      if (roots.has(name)) return [`${place}.typeDefs: a root type is made from the rows; declare other types only`];
      // Only root fields have a resolver.
      return definition.kind.endsWith('Extension')
        ? [
            `${place}.typeDefs: “extend ${name || 'schema'}” adds what nothing would answer; declare a type and a field of your own`,
          ]
        : [];
    });
  } catch (error) {
    return [`${place}.typeDefs: ${reason(error)}`];
  }
}

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));
