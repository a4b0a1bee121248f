import { permissions } from '../../plugins/noetl-auth/access/permission.ts';
import type { Operation, OperationArgument } from '../../plugins/operation.ts';
import { gatewayArguments, isStart } from '../../plugins/operation-kind.ts';
import { nearest } from './suggest.ts';

/** Arguments by which NoETL finds a playbook; a rule on one of them does not cover the others. */
export const playbookSelectors: ReadonlySet<string> = new Set(['path', 'catalog_id', 'playbook_path', 'playbook_id']);

const kinds: readonly string[] = ['closed', 'authenticated', 'role', 'playbook', 'execution', 'source', 'custom'];

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
  // What starts a playbook has a check of its own (check-start.ts).
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
