import { type ConstArgumentNode, type ConstDirectiveNode, type ConstValueNode, Kind } from 'graphql';
import type { TableRow } from './table-row.ts';

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

const argument = (name: string, value: ConstValueNode): ConstArgumentNode => ({
  kind: Kind.ARGUMENT,
  name: { kind: Kind.NAME, value: name },
  value,
});
