import { setImmediate as nextTurn } from 'node:timers/promises';
import { isEnvRef } from '../../gateway/config/environment.ts';
import { type AnyRow, type GatewayConfig, isGatewayRow } from '../../gateway/config/gateway-config.ts';
import type { AccessRule } from '../../plugins/noetl-auth/access/access-rule.ts';
import type { Permission } from '../../plugins/noetl-auth/access/grant.ts';
import { hasOwnShape, type Operation } from '../../plugins/operation.ts';
import { kindWords, type OperationKind } from '../../plugins/operation-kind.ts';
import { memberWords, type NewMember } from '../lock/new-members.ts';
import { normalise } from '../normalise/normalise.ts';
import { structureRules } from '../normalise/structure-rules.ts';
import type { OpenApiDocument } from '../openapi/open-api.ts';
import { buildTable } from '../table/build-table.ts';
import { closedKinds, neverPublic } from '../table/never-public.ts';
import { operationMeaning } from '../table/operation-meaning.ts';
import {
  type ChangeKind,
  changeRules,
  type ExposureChange,
  type Severity,
  type UpstreamChange,
} from './diff-report.ts';
import { operationTemplate } from './operation-contract.ts';
import { upstreamDiff } from './upstream-diff.ts';

/** The operations table of one document: rows that fit it, and by field why others do not. */
export interface FittedTable {
  /** After the structure rules. */
  readonly document: OpenApiDocument;
  readonly operations: readonly Operation[];
  readonly unfit: ReadonlyMap<string, string>;
  /** What every operation of the document does, by its template. */
  readonly kinds: ReadonlyMap<string, OperationKind>;
}

/**
 * The table without the rows that have a problem; a problem names its row as `operations.<field>`. A row is named once,
 * with its first problem. Problems that name no row, for example of grants, are not part of a comparison.
 * @param pulled a document as it was pulled
 */
export function fitTable(pulled: OpenApiDocument, config: GatewayConfig): FittedTable {
  const { document } = normalise(pulled, structureRules);
  const { operations, problems, shapes } = buildTable(document, config);
  const kinds = new Map(shapes.map((shape) => [operationTemplate(shape.key), operationMeaning(shape).kind] as const));
  const unfit = new Map<string, string>();
  for (const problem of problems) {
    const [place, field] = /^operations\.(\w+)[.:]? */.exec(problem) ?? [];
    if (place !== undefined && field !== undefined && !unfit.has(field)) unfit.set(field, problem.slice(place.length));
  }
  return { document, operations: operations.filter(({ field }) => !unfit.has(field)), unfit, kinds };
}

/** Two documents under one config. */
export interface ComparedDocuments {
  readonly before: FittedTable;
  readonly after: FittedTable;
  /** Changes of NoETL's API, each with the fields that it touches. */
  readonly upstream: readonly UpstreamChange[];
}

/** Other work of the process has its turn between the parts. @param before as it was pulled, and so is `after` */
export async function compareDocuments(
  config: GatewayConfig,
  { before, after }: { readonly before: OpenApiDocument; readonly after: OpenApiDocument },
): Promise<ComparedDocuments> {
  const old = fitTable(before, config);
  await nextTurn();
  const now = fitTable(after, config);
  await nextTurn();
  const sources = [...old.operations, ...now.operations].flatMap(({ field, source }) =>
    source.kind === 'upstream' ? [{ field, template: operationTemplate(source.key) }] : [],
  );
  const byTemplate = Map.groupBy(sources, ({ template }) => template);
  const upstream = upstreamDiff({ before, after }).map((change): UpstreamChange => {
    const touched = byTemplate.get(operationTemplate(change.operation)) ?? [];
    return { ...change, fields: [...new Set(touched.map(({ field }) => field))] };
  });
  await nextTurn();
  return { before: old, after: now, upstream };
}

/**
 * What the change does to what is open: by row of the config, then calls that the gateway makes itself, grants without
 * a use, and new operations.
 * @param pending new members of what is open, closed until they are accepted
 * @returns in the order of the config; not sorted by severity
 */
export function exposureDiff(
  config: GatewayConfig,
  compared: ComparedDocuments,
  pending: readonly NewMember[],
): readonly ExposureChange[] {
  const { before, after, upstream } = compared;
  const closed = new Set(pending.map(({ name }) => name));
  return [
    ...Object.keys(config.operations).flatMap((field) => fieldChanges(field, compared, closed, config)),
    ...pending.map(
      (member): ExposureChange => ({
        kind: 'new-member',
        severity: 'safe',
        subject: member.name,
        message: `new, closed (${memberWords(member)})`,
      }),
    ),
    ...ownCalls(upstream, before),
    ...idleGrants(config, before, after),
    ...newlyClosed(upstream, after),
  ];
}

function fieldChanges(
  field: string,
  { before, after, upstream }: ComparedDocuments,
  closed: ReadonlySet<string>,
  config: GatewayConfig,
): readonly ExposureChange[] {
  const [was, is] = [find(before, field), find(after, field)];
  const unfit = after.unfit.get(field);
  if (unfit !== undefined) {
    // A row that did not fit before is broken already; this change does not break it.
    const isNew = before.unfit.get(field) === undefined;
    return [{ kind: 'unfit', severity: isNew ? 'breaking' : 'dangerous', subject: field, message: unfit }];
  }
  if (was === undefined && is === undefined) return [];
  if (is === undefined) {
    return [{ kind: 'vanishes', severity: 'breaking', subject: field, message: `${keyOf(was)} is gone` }];
  }
  if (was === undefined) {
    // A row that was repaired opens no operation that is new.
    const misfit = before.unfit.get(field);
    const message =
      misfit === undefined
        ? `${keyOf(is)} is new, and this row opens it`
        : `the row fits, and did not fit before: ${misfit}`;
    return [{ kind: 'opens', severity: 'dangerous', subject: field, message }];
  }
  return [...offered(field, was, is, closed), ...reshaped(is, upstream, config)];
}

/** Arguments that appear: a row names them or opens all. What a field answers more is in the GraphQL part. */
function offered(field: string, was: Operation, is: Operation, closed: ReadonlySet<string>): readonly ExposureChange[] {
  const known = new Set(was.args.map(({ name }) => name));
  return is.args.flatMap(({ name, wire }): ExposureChange[] =>
    name === undefined || known.has(name) || closed.has(`${field}.args.${name}`)
      ? []
      : [{ kind: 'offers', severity: 'dangerous', subject: field, message: `offers the argument ${name} (${wire})` }],
  );
}

/** Changes of what an open operation takes or answers. */
function reshaped(
  operation: Operation,
  upstream: readonly UpstreamChange[],
  { operations }: GatewayConfig,
): readonly ExposureChange[] {
  const { field } = operation;
  const row = operations[field];
  return upstream.flatMap((change): ExposureChange[] => {
    if (!change.fields.includes(field) || change.severity === 'safe' || !isUsed(operation, change)) return [];
    // An app sees a field or an argument that is gone in the schema, or never saw it.
    if (!hasOwnShape(operation) && goneInSchema.has(change.kind)) return [];
    const message = [change.operation, change.place, change.message].filter(Boolean).join(': ');
    if (insisting.has(change.kind) && isGiven(operation, row, change)) {
      return [{ kind: 'reshaped', severity: 'safe', subject: field, message: `${message}; the row gives it` }];
    }
    return [{ kind: 'reshaped', severity: severityForApps(operation, change), subject: field, message }];
  });
}

/** The severity for apps: for the parts in the schema by the comparison of the schemas, for the rest by the rules. */
function severityForApps(operation: Operation, change: UpstreamChange): Severity {
  if (change.severity !== 'breaking') return change.severity;
  const breaks = hasOwnShape(operation) ? breaksProtocol(operation, change) : changeRules[change.kind].seen === 'wire';
  return breaks ? 'breaking' : 'dangerous';
}

/** An argument that the row neither offers nor fixes matters only when the upstream insists on it. */
function isUsed(operation: Operation, { kind, argument }: UpstreamChange): boolean {
  const { args } = operation;
  if (argument === undefined || hasOwnShape(operation) || insisting.has(kind)) return true;
  const found = args.find(({ wire }) => wire === argument);
  return found === undefined || found.name !== undefined || found.constant !== undefined;
}

/** Whether each call has what the upstream insists on: a constant of the row, in a header or in an argument. */
function isGiven({ args }: Operation, row: AnyRow | undefined, { argument, place }: UpstreamChange): boolean {
  if (row === undefined || isGatewayRow(row)) return false;
  if (place === `argument ${argument} (header)`) {
    return Object.entries(row.headers ?? {}).some(
      ([name, value]) => (typeof value === 'string' || isEnvRef(value)) && name.toLowerCase() === argument,
    );
  }
  return args.some(
    (arg) => arg.wire === argument && arg.constant !== undefined && place === `argument ${argument} (${arg.in})`,
  );
}

/** Kinds that the comparison of the schemas reports for apps. */
const goneInSchema: ReadonlySet<ChangeKind> = new Set(['argument-gone', 'argument-moved', 'member-gone']);
/** Kinds by which the upstream asks for something that calls did not need before. */
const insisting: ReadonlySet<ChangeKind> = new Set(['argument-new-required', 'member-required']);

/** The protocol's fields keep their GraphQL shape whatever NoETL does, so that what they use is looked at here. */
function breaksProtocol({ args }: Operation, { kind, argument }: UpstreamChange): boolean {
  return argument === undefined || insisting.has(kind) || args.some(({ wire }) => wire === argument);
}

/** Operations that the gateway calls by itself, and what becomes of it without them. */
const ownKinds: Partial<Record<OperationKind, { readonly severity: Severity; readonly without: string }>> = {
  status: { severity: 'breaking', without: 'results of executions are read there' },
  events: { severity: 'dangerous', without: 'results are read there when the status lacks them' },
  cancel: { severity: 'dangerous', without: 'abandoned auth playbooks are cancelled there' },
};

function ownCalls(upstream: readonly UpstreamChange[], { kinds }: FittedTable): readonly ExposureChange[] {
  return upstream.flatMap(({ kind: change, operation, message }): ExposureChange[] => {
    const kind = kinds.get(operationTemplate(operation));
    const call = kind === undefined ? undefined : ownKinds[kind];
    if (call === undefined || change !== 'operation-gone') return [];
    return [
      {
        kind: 'vanishes',
        severity: call.severity,
        subject: 'the gateway itself',
        message: `${operation} ${message}: ${call.without}`,
      },
    ];
  });
}

function idleGrants(config: GatewayConfig, before: FittedTable, after: FittedTable): readonly ExposureChange[] {
  const [was, is] = [askedFor(before), askedFor(after)];
  return config.grants.flatMap((grant) => {
    const idle = grant.permissions.filter((permission) => was.has(permission) && !is.has(permission));
    if (idle.length === 0) return [];
    const subject = `${grant.effect} ${grant.role} ${grant.patterns.join(', ')}`;
    const message = `no open operation asks for ${idle.join(', ')} any more`;
    return [{ kind: 'idle-grant', severity: 'dangerous', subject, message }];
  });
}

function newlyClosed(upstream: readonly UpstreamChange[], { kinds }: FittedTable): readonly ExposureChange[] {
  return upstream.flatMap(({ kind: change, operation, fields }): ExposureChange[] => {
    if (change !== 'operation-new' || fields.length > 0) return [];
    const [method = '', path = ''] = operation.split(' ');
    const kind = kinds.get(operationTemplate(operation)) ?? 'plain';
    const danger = neverPublic(method, path) ?? closedKinds[kind];
    const does = kind === 'plain' ? 'new, closed' : `new, closed; ${kindWords[kind]}`;
    const hint = danger === undefined ? does : `new, closed, and not to be opened: ${danger}`;
    return [{ kind: 'new-closed', severity: 'safe', subject: operation, message: hint }];
  });
}

/** Permissions that some access rule asks for; who may execute may view executions. */
function askedFor({ operations }: FittedTable): ReadonlySet<Permission> {
  return new Set(operations.flatMap(({ access }) => permissionsOf(access)));
}

function permissionsOf(access: AccessRule): readonly Permission[] {
  if (access.kind === 'playbook' || access.kind === 'source' || access.kind === 'path') return [access.permission];
  if (access.kind === 'execution') return access.permission === 'view' ? ['view', 'execute'] : [access.permission];
  if (access.kind === 'authenticated' && access.rows !== undefined) return ['view'];
  // What a function asks for cannot be seen from outside.
  return access.kind === 'custom' ? ['execute', 'view', 'edit', 'delete'] : [];
}

const find = (table: FittedTable, field: string): Operation | undefined =>
  table.operations.find((operation) => operation.field === field);

const keyOf = (operation: Operation | undefined): string =>
  operation?.source.kind === 'upstream' ? operation.source.key : 'the operation';
