import type { Operation } from '../../core/operation.ts';
import { nearest } from './suggest.ts';

/** Arguments by which NoETL finds a playbook; a rule on one of them says nothing about the others. */
const playbookSelectors = new Set(['path', 'catalog_id', 'playbook_path', 'playbook_id']);

/** What is wrong with an operation's access rule. */
export function checkAccess(operation: Operation, roles: readonly string[]): string[] {
  const place = `operations.${operation.field}.access`;
  const rule = operation.access;
  if (rule === undefined) return [`${place}: missing; say who may call it`];
  if (rule.kind === 'role') {
    if (rule.roles.length === 0) return [`${place}: names no role, so nobody may call it; say closed()`];
    return rule.roles
      .filter((role) => !roles.includes(role))
      .map((role) => `${place}: there is no role “${role}”${nearest(role, roles)}`);
  }
  if (rule.kind !== 'playbook' && rule.kind !== 'execution') return [];
  if (operation.source.kind === 'gateway') return [];
  const offered = operation.args.flatMap((arg) => (arg.name === undefined ? [] : [arg.name]));
  if (!offered.includes(rule.argument)) {
    return [
      `${place}: the rule is on the argument “${rule.argument}”, which is not offered${nearest(rule.argument, offered)}`,
    ];
  }
  return rule.kind === 'playbook' ? otherSelectors(place, operation, rule.argument) : [];
}

function otherSelectors(place: string, operation: Operation, argument: string): string[] {
  return operation.args
    .filter((arg) => arg.name !== undefined && arg.name !== argument && playbookSelectors.has(arg.wire))
    .map(
      (arg) =>
        `${place}: the rule is on “${argument}”, but “${arg.name}” chooses a playbook too; hide it (args: { ${arg.wire}: false })`,
    );
}
