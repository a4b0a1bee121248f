import type { AccessRule } from '../../plugins/noetl-auth/access/access-rule.ts';
import type { Operation } from '../../plugins/operation.ts';
import { isStart } from '../../plugins/operation-kind.ts';
import type { OperationMeaning } from './operation-meaning.ts';

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
