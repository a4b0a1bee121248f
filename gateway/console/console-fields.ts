import { type GraphQLOutputType, getNamedType, isLeafType, isObjectType, type OperationTypeNode } from 'graphql';
import type { RootField } from '../calls/root-fields.ts';
import type { ExecutableSchema } from '../operations/executable-schema.ts';
import type { ConsoleFields, ConsoleOperation, ConsoleOwnField, Selectable } from './console-answers.ts';

/** What the console does, and the name that the protocol and the shipped config give to the field for it. */
const usualNames: Readonly<Record<ConsoleOperation, string>> = {
  execute: 'executePlaybook',
  rerun: 'rerunExecution',
  execution: 'execution',
  events: 'executionEvents',
  executions: 'executions',
  cancel: 'cancelExecution',
  catalog: 'playbooks',
  catalogEntry: 'playbook',
};

/** What the gateway answers itself, and forms of playbooks, which are catalog entries with fields. */
const ownNames: Readonly<Record<ConsoleOwnField, string>> = {
  form: 'playbookForm',
  executionUpdates: 'executionUpdates',
  executionsUpdates: 'executionsUpdates',
  endSessions: 'endSessions',
};

/**
 * The fields that the console uses, by what they do. A row may have any name, rename arguments and hide members of an answer. Of
 * several rows of one kind the one with the usual name counts, else the one with the most arguments: others narrow a call by
 * constants. A kind that no row has is missing, and the console then shows what to add.
 */
export function consoleFields({ schema, rootFields }: Pick<ExecutableSchema, 'schema' | 'rootFields'>): ConsoleFields {
  const all = [...rootFields].flatMap(([name, { root, row, plan }]) => {
    const field = schema.getRootType(root as OperationTypeNode)?.getFields()[name];
    if (field === undefined) return [];
    const [key] = [...(plan?.executionIds ?? []), ...(plan?.catalogPaths ?? [])];
    const args = Object.fromEntries(field.args.map((argument) => [argument.name, String(argument.type)]));
    // Types of the schema can contain one another, so members are sent down to three levels and no further.
    const returns = selectable(field.type, 3);
    const kind = kindOf({ name, row, plan }, returns);
    return [{ kind, field: { field: name, root, args, returns, ...(key !== undefined && { key }) } }];
  });
  const chosen = Object.entries({ ...usualNames, ...ownNames }).flatMap(([kind, usual]) => {
    const ofKind = all.filter((one) => one.kind === kind).map(({ field }) => field);
    const byArguments = ofKind.toSorted((a, b) => Object.keys(b.args).length - Object.keys(a.args).length);
    const found = ofKind.find(({ field }) => field === usual) ?? byArguments[0];
    return found === undefined ? [] : [[kind, found] as const];
  });
  return Object.fromEntries(chosen);
}

/** A form of a playbook has members that describe its fields. */
function kindOf(
  { name, row, plan }: Pick<RootField, 'row' | 'plan'> & { readonly name: string },
  returns: Selectable | null,
): string {
  if ('watch' in row) return `${row.watch}Updates`;
  if (plan?.kind === 'catalogEntry' && returns?.['fields']?.['kind'] !== undefined) return 'form';
  return plan?.kind ?? name;
}

/**
 * Members of a type that a query may select. Only objects have members: of interfaces and unions the page selects
 * nothing.
 */
function selectable(type: GraphQLOutputType, depth: number): Selectable | null {
  const named = getNamedType(type);
  if (!isObjectType(named)) return null;
  const members = Object.values(named.getFields()).flatMap((field): (readonly [string, Selectable | null])[] => {
    if (isLeafType(getNamedType(field.type))) return [[field.name, null]];
    return depth === 0 ? [] : [[field.name, selectable(field.type, depth - 1)]];
  });
  return Object.fromEntries(members);
}
