import type { AccessRule } from '../../core/access/access-rule.ts';
import type { Permission } from '../../core/access/permission.ts';
import type { GatewayConfig } from '../../core/config/gateway-config.ts';
import type { Operation } from '../../core/operation.ts';
import { kindWords, type OperationKind } from '../../core/operation-kind.ts';
import { isProtocolField } from '../../core/protocol-field.ts';
import { closedKinds, neverPublic } from '../table/never-public.ts';
import type { ExposureChange, Severity, UpstreamChange } from './diff-report.ts';
import { operationTemplate } from './operation-template.ts';

/** The operations table of one document: rows that fit it, and by field why others do not. */
export interface FittedTable {
  readonly operations: readonly Operation[];
  readonly unfit: ReadonlyMap<string, string>;
  /** What every operation of the document does, by its template. */
  readonly kinds: ReadonlyMap<string, OperationKind>;
}

/** What the change does to what is open. `upstream` says which fields each of its changes touches. */
export function exposureDiff(
  config: GatewayConfig,
  before: FittedTable,
  after: FittedTable,
  upstream: readonly UpstreamChange[],
): readonly ExposureChange[] {
  return [
    ...Object.keys(config.operations).flatMap((field) => fieldChanges(field, before, after, upstream)),
    ...ownCalls(upstream, before),
    ...idleGrants(config, before, after),
    ...newlyClosed(upstream, after),
  ];
}

function fieldChanges(
  field: string,
  before: FittedTable,
  after: FittedTable,
  upstream: readonly UpstreamChange[],
): readonly ExposureChange[] {
  const [was, is] = [find(before, field), find(after, field)];
  const unfit = after.unfit.get(field);
  if (unfit !== undefined) {
    const isNew = before.unfit.get(field) === undefined;
    return [{ kind: 'unfit', severity: isNew ? 'breaking' : 'dangerous', subject: field, message: unfit }];
  }
  if (was === undefined && is === undefined) return [];
  if (is === undefined) {
    return [{ kind: 'vanishes', severity: 'breaking', subject: field, message: `${keyOf(was)} is gone` }];
  }
  if (was === undefined) {
    return [
      { kind: 'opens', severity: 'dangerous', subject: field, message: `${keyOf(is)} is new, and this row opens it` },
    ];
  }
  return [...offered(field, was, is), ...reshaped(is, upstream)];
}

/** Arguments that appear by themselves; what a field answers more is in the GraphQL part. */
function offered(field: string, was: Operation, is: Operation): readonly ExposureChange[] {
  const known = new Set(was.args.map(({ name }) => name));
  return is.args.flatMap(({ name, wire }): ExposureChange[] =>
    name === undefined || known.has(name)
      ? []
      : [{ kind: 'offers', severity: 'dangerous', subject: field, message: `offers the argument ${name} (${wire})` }],
  );
}

/** Changes of what an open operation takes or answers. Where the document shapes the field, GraphQL says what breaks. */
function reshaped(operation: Operation, upstream: readonly UpstreamChange[]): readonly ExposureChange[] {
  const { field } = operation;
  return upstream.flatMap((change): ExposureChange[] => {
    if (!change.fields.includes(field) || change.severity === 'safe') return [];
    const message = [change.operation, change.place, change.message].filter(Boolean).join(': ');
    const severity = change.severity === 'breaking' && breaksProtocol(operation, change) ? 'breaking' : 'dangerous';
    return [{ kind: 'reshaped', severity, subject: field, message }];
  });
}

/** The protocol's fields keep their GraphQL shape whatever NoETL does, so that what they use is looked at here. */
function breaksProtocol({ field, args }: Operation, { argument, message }: UpstreamChange): boolean {
  if (!isProtocolField(field)) return false;
  return argument === undefined || args.some(({ wire }) => wire === argument) || message === 'is new and required';
}

/** Operations that the gateway calls by itself, and what becomes of it without them. */
const ownKinds: Partial<Record<OperationKind, { readonly severity: Severity; readonly without: string }>> = {
  status: { severity: 'breaking', without: 'results of executions are read there' },
  events: { severity: 'dangerous', without: 'results are read there when the status lacks them' },
  cancel: { severity: 'dangerous', without: 'abandoned auth playbooks are cancelled there' },
};

function ownCalls(upstream: readonly UpstreamChange[], { kinds }: FittedTable): readonly ExposureChange[] {
  return upstream.flatMap(({ operation, place, severity, message }): ExposureChange[] => {
    const kind = kinds.get(operationTemplate(operation));
    const call = kind === undefined ? undefined : ownKinds[kind];
    if (call === undefined || place !== undefined || severity !== 'breaking') return [];
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
  return upstream.flatMap(({ operation, place, message, fields }): ExposureChange[] => {
    if (place !== undefined || message !== 'is new' || fields.length > 0) return [];
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
  if (access.kind === 'playbook') return [access.permission];
  if (access.kind === 'execution') return access.permission === 'view' ? ['view', 'execute'] : [access.permission];
  if (access.kind === 'authenticated' && access.rows !== undefined) return ['view'];
  // What a function asks for cannot be seen from outside.
  return access.kind === 'custom' ? ['execute', 'view', 'edit', 'delete'] : [];
}

/** GraphQL fields by the template of the operation that answers them. */
export function fieldsByOperation(...tables: readonly FittedTable[]): (operation: string) => readonly string[] {
  const pairs = tables.flatMap(({ operations }) =>
    operations.flatMap(({ field, source }) =>
      source.kind === 'upstream' ? [[operationTemplate(source.key), field] as const] : [],
    ),
  );
  return (operation) => [
    ...new Set(pairs.flatMap(([key, field]) => (key === operationTemplate(operation) ? [field] : []))),
  ];
}

const find = (table: FittedTable, field: string): Operation | undefined =>
  table.operations.find((operation) => operation.field === field);

const keyOf = (operation: Operation | undefined): string =>
  operation?.source.kind === 'upstream' ? operation.source.key : 'the operation';
