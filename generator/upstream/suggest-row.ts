import type { AnyUpstreamRow } from '../../gateway/config/gateway-config.ts';
import type { AccessRule } from '../../plugins/noetl-auth/access/access-rule.ts';
import { isStart } from '../../plugins/operation-kind.ts';
import { isProtocolField } from '../../plugins/protocol-field.ts';
import type { DocumentedShape, ShapeArgument } from '../document/operation-shape.ts';
import { quoteText } from '../document/quote-text.ts';
import { camelCase } from '../openapi/identifiers.ts';
import { playbookSelectors } from '../table/check-access-rule.ts';
import type { OperationMeaning } from '../table/operation-meaning.ts';

/** A row that opens one operation, and the same as a line of the config. */
export interface SuggestedRow {
  readonly field: string;
  readonly row: AnyUpstreamRow;
  readonly text: string;
}

/**
 * The narrowest row that opens an operation: a grant on the playbook or the execution that the call names, else one
 * role. `buildTable` decides whether the row fits the document.
 * @param role who may call what names neither
 * @param taken names of fields that are in use; the new one is added
 */
export function suggestRow(
  shape: DocumentedShape,
  meaning: OperationMeaning,
  { role, taken }: { readonly role: string; readonly taken: Set<string> },
): SuggestedRow {
  const field = freeName(shape, taken);
  taken.add(field);
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
function freeName({ method, path }: DocumentedShape, taken: ReadonlySet<string>): string {
  const words = path.split('/').filter((segment) => segment !== '' && segment !== 'api' && !segment.startsWith('{'));
  const name = camelCase([...(method === 'GET' ? [] : [method]), ...words].join('_')) || 'operation';
  const isFree = (one: string) => !taken.has(one) && !isProtocolField(one);
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
