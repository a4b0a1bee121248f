import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AnyUpstreamRow, GatewayConfig } from '../../gateway/config/gateway-config.ts';
import type { ClosedOperation, UpstreamLine, UpstreamReport } from '../../plugins/noetl/upstream-answer.ts';
import type { AccessRule } from '../../plugins/noetl-auth/access/access-rule.ts';
import { hasOwnShape } from '../../plugins/operation.ts';
import { isProtocolField, isStart, kindWords } from '../../plugins/operation-kind.ts';
import { quoteText } from '../canonical-text.ts';
import type { ExposureChange, UpstreamChange } from '../diff/diff-report.ts';
import {
  type ComparedDocuments,
  compareDocuments,
  exposureDiff,
  type FittedTable,
  fitTable,
} from '../diff/exposure-diff.ts';
import { operationTemplate } from '../diff/operation-contract.ts';
import { type DocumentedShape, type ShapeArgument, shapesOf } from '../document/operation-shape.ts';
import { type NewMember, opensArgument } from '../lock/new-members.ts';
import { camelCase } from '../openapi/names.ts';
import { listOperations, type OpenApiDocument } from '../openapi/open-api.ts';
import { buildTable } from '../table/build-table.ts';
import { playbookSelectors } from '../table/check-row.ts';
import { closedKinds, neverPublic } from '../table/never-public.ts';
import { type OperationMeaning, operationMeaning } from '../table/operation-meaning.ts';

export interface UpstreamReportInput {
  readonly config: GatewayConfig;
  /** Undefined: there is no pulled document, so only what is closed is listed. */
  readonly pulled: OpenApiDocument | undefined;
  /** Undefined: it is the pulled one. */
  readonly live: OpenApiDocument | undefined;
  /** Who may call what has no grant of its own, in the rows to copy. */
  readonly role: string;
}

/**
 * Compares the pulled document with the live one under a config, without what needs Mesh: the schema itself is not
 * built. Other work of the process has its turn between the parts.
 * @returns empty without any document; with one, only what is closed
 */
export async function upstreamReport({ config, pulled, live, role }: UpstreamReportInput): Promise<UpstreamReport> {
  const newest = live ?? pulled;
  if (newest === undefined) return empty;
  if (pulled === undefined || live === undefined) {
    const table = fitTable(newest, config);
    await nextTurn();
    return { ...empty, closed: closedRows(table, config, { role }) };
  }
  const compared = await compareDocuments(config, { before: pulled, after: live });
  const changed = changes(config, compared);
  await nextTurn();
  const known = new Set(listOperations(pulled).map(({ key }) => operationTemplate(key)));
  return { ...changed, closed: closedRows(compared.after, config, { role, before: known }) };
}

const empty: UpstreamReport = {
  ...{ breaks: [], decide: [], added: [], harmless: [], closedGone: [], closedChanged: [], closed: [] },
};

function changes(config: GatewayConfig, compared: ComparedDocuments): Omit<UpstreamReport, 'closed'> {
  const { before, after, upstream } = compared;
  const exposure = exposureDiff(config, compared, newArguments(config, before, after));
  const open = upstream.filter(({ fields }) => fields.length > 0);
  const added = open.filter(({ kind, fields }) => additions.has(kind) && !fields.every(isProtocolField));
  const rest = open.filter((one) => one.severity === 'safe' && one.kind !== 'operation-new' && !added.includes(one));
  const ofClosed = (isGone: boolean) => [
    ...new Set(
      upstream.flatMap(({ fields, kind, operation }) =>
        fields.length === 0 && kind !== 'operation-new' && (kind === 'operation-gone') === isGone ? [operation] : [],
      ),
    ),
  ];
  return {
    breaks: linesOf(exposure, 'breaking'),
    decide: linesOf(exposure, 'dangerous'),
    added: added.map((change) => ({ ...openLine(change), accept: change.fields[0] ?? '' })),
    harmless: rest.map(openLine),
    closedGone: ofClosed(true),
    closedChanged: ofClosed(false),
  };
}

/** Kinds of changes that are closed until `generate --accept` names them. */
const additions: ReadonlySet<string> = new Set(['argument-new', 'member-new', 'body-new']);

const linesOf = (exposure: readonly ExposureChange[], wanted: ExposureChange['severity']): readonly UpstreamLine[] =>
  exposure.flatMap(({ severity, subject, message }) => (severity === wanted ? [{ subject, message }] : []));

const openLine = ({ fields, operation, place, message }: UpstreamChange): UpstreamLine => ({
  subject: fields.join(', '),
  message: [operation, place, message].filter((part) => part !== undefined && part !== '').join(': '),
});

/** Arguments that the live document adds to open operations, and that no row opens: `generate` keeps them closed. */
function newArguments(config: GatewayConfig, before: FittedTable, after: FittedTable): readonly NewMember[] {
  const known = new Map(before.operations.map(({ field, args }) => [field, new Set(args.map(({ wire }) => wire))]));
  return after.operations.flatMap((operation) => {
    const { field, args } = operation;
    const row = config.operations[field];
    if (row === undefined || hasOwnShape(operation)) return [];
    return args.flatMap((argument): NewMember[] => {
      const isNew = known.get(field)?.has(argument.wire) === false;
      if (!isNew || argument.name === undefined || opensArgument(row, operation, argument)) return [];
      const { wire, name } = argument;
      return [{ kind: 'argument', name: `${field}.args.${name}`, also: [], type: undefined, wire, is: '' }];
    });
  });
}

interface ClosedRowsOptions {
  /** Who may call what has no grant of its own. */
  readonly role: string;
  /** Templates of the operations of the pulled document; undefined: the document is the pulled one. */
  readonly before?: ReadonlySet<string>;
}

/**
 * What is closed, by path, with the row that would open each. A row is shown only when the table takes it as it is.
 */
function closedRows(
  { document, operations }: FittedTable,
  config: GatewayConfig,
  { role, before }: ClosedRowsOptions,
): readonly ClosedOperation[] {
  const opened = new Set(
    operations.flatMap(({ source }) => (source.kind === 'upstream' ? [operationTemplate(source.key)] : [])),
  );
  const usedNames = new Set(Object.keys(config.operations));
  const found = shapesOf(document)
    .filter(({ key }) => !opened.has(operationTemplate(key)))
    .toSorted((a, b) => (a.path === b.path ? (a.method < b.method ? -1 : 1) : a.path < b.path ? -1 : 1))
    .map((shape) => {
      const meaning = operationMeaning(shape);
      const why = neverPublic(shape.method, shape.path) ?? closedKinds[meaning.kind];
      return {
        shape,
        meaning,
        why,
        suggested: why === undefined ? suggestRow(shape, meaning, { role, usedNames }) : undefined,
      };
    });
  // All rows at once: a table for each would be built hundreds of times.
  const problems = problemsOf(
    document,
    config,
    found.flatMap(({ suggested }) => suggested ?? []),
  );
  return found.map(({ shape, meaning, why, suggested }): ClosedOperation => {
    const against = why ?? (suggested && problems.get(suggested.field));
    return {
      operation: shape.key,
      ...(meaning.kind !== 'plain' && { does: kindWords[meaning.kind] }),
      ...(against === undefined ? { row: suggested?.text ?? '' } : { why: against }),
      isNew: before !== undefined && !before.has(operationTemplate(shape.key)),
    };
  });
}

/** What the table has against a row, by its field. */
function problemsOf(
  document: OpenApiDocument,
  config: GatewayConfig,
  rows: readonly SuggestedRow[],
): ReadonlyMap<string, string> {
  const operations = Object.fromEntries(rows.map(({ field, row }) => [field, row]));
  const { problems } = buildTable(document, { ...config, operations });
  const byField = new Map<string, string>();
  for (const problem of problems) {
    const [, field, text] = /^operations\.(\w+)[\w.]*: (.*)$/s.exec(problem) ?? [];
    if (field !== undefined && text !== undefined && !byField.has(field)) byField.set(field, text);
  }
  return byField;
}

/** A row that opens one operation, and the same as a line of the config. */
interface SuggestedRow {
  readonly field: string;
  readonly row: AnyUpstreamRow;
  readonly text: string;
}

/**
 * The narrowest row that opens an operation: a grant on the playbook or the execution that the call names, else one
 * role. `buildTable` decides whether the row fits the document.
 * @param role who may call what names neither
 * @param usedNames names of fields that are in use; the new one is added
 */
function suggestRow(
  shape: DocumentedShape,
  meaning: OperationMeaning,
  { role, usedNames }: { readonly role: string; readonly usedNames: Set<string> },
): SuggestedRow {
  const field = freeName(shape, usedNames);
  usedNames.add(field);
  const access = accessOf(shape, meaning, role);
  const hidden = access.kind === 'playbook' ? otherSelectors(shape, access.argument) : [];
  // NoETL reads its catalog by POST, which would else be a mutation.
  const isRead = shape.method !== 'GET' && (meaning.kind === 'catalog' || meaning.kind === 'catalogEntry');
  const row: AnyUpstreamRow = {
    upstream: shape.key,
    ...(isRead && { type: 'query' as const }),
    access,
    ...(hidden.length > 0 && { args: Object.fromEntries(hidden.map((wire) => [wire, false])) }),
  };
  return { field, row, text: `${field}: { ${rowText(row, hidden)} },` };
}

function accessOf({ method }: DocumentedShape, meaning: OperationMeaning, role: string): AccessRule {
  const { kind, catalogPaths, executionIds, selectors } = meaning;
  const isRead = method === 'GET';
  if (kind === 'executions') return { kind: 'authenticated', rows: 'executions' };
  if (kind === 'catalog') return { kind: 'authenticated', rows: 'playbooks' };
  if (kind === 'catalogEntry') return onPath('view', catalogPaths) ?? onRole(role);
  if (isStart(kind)) return onPath('execute', selectors) ?? onId('execute', executionIds) ?? onRole(role);
  return (
    onId(isRead ? 'view' : 'execute', executionIds) ?? onPath(isRead ? 'view' : 'edit', catalogPaths) ?? onRole(role)
  );
}

const onRole = (role: string): AccessRule => ({ kind: 'role', roles: [role] });

function onPath(permission: 'view' | 'edit' | 'execute', args: readonly ShapeArgument[]): AccessRule | undefined {
  const [first] = args;
  return first && { kind: 'playbook', permission, argument: camelCase(first.wire) };
}

function onId(permission: 'view' | 'execute', args: readonly ShapeArgument[]): AccessRule | undefined {
  const found = args.find((arg) => arg.in === 'path') ?? args[0];
  return found && { kind: 'execution', permission, argument: camelCase(found.wire) };
}

/** Arguments that choose a playbook beside the one that the rule is on. */
const otherSelectors = ({ args }: DocumentedShape, ruled: string): readonly string[] =>
  args.flatMap(({ wire, required }) =>
    !required && playbookSelectors.has(wire) && camelCase(wire) !== ruled ? [wire] : [],
  );

/** `GET /api/dashboard/widgets` is `dashboardWidgets`, and `POST` of the same `postDashboardWidgets`. */
function freeName({ method, path }: DocumentedShape, usedNames: ReadonlySet<string>): string {
  const words = path.split('/').filter((segment) => segment !== '' && segment !== 'api' && !segment.startsWith('{'));
  const name = camelCase([...(method === 'GET' ? [] : [method]), ...words].join('_')) || 'operation';
  const isFree = (one: string) => !usedNames.has(one) && !isProtocolField(one);
  if (isFree(name)) return name;
  let count = 2;
  while (!isFree(`${name}${count}`)) count += 1;
  return `${name}${count}`;
}

function rowText({ upstream, type, access }: AnyUpstreamRow, hidden: readonly string[]): string {
  return [
    `upstream: ${quoteText(upstream)}`,
    ...(type === undefined ? [] : [`type: ${quoteText(type)}`]),
    `access: ${accessText(access)}`,
    ...(hidden.length === 0 ? [] : [`args: { ${hidden.map((wire) => `${quoteText(wire)}: false`).join(', ')} }`]),
  ].join(', ');
}

function accessText(access: AccessRule): string {
  switch (access.kind) {
    case 'playbook':
      return `onPlaybook(${quoteText(access.permission)}, ${quoteText(access.argument)})`;
    case 'execution':
      return `onExecution(${quoteText(access.permission)}, ${quoteText(access.argument)})`;
    case 'authenticated':
      return `authenticated({ rows: ${quoteText(access.rows ?? '')} })`;
    default:
      return `role(${'roles' in access ? access.roles.map(quoteText).join(', ') : ''})`;
  }
}
