import { type GraphQLOutputType, getNamedType, isLeafType, isObjectType } from 'graphql';
import type { OperationKind } from '../../core/operation-kind.ts';
import type { ExecutableSchema } from '../../executor/executable-schema.ts';

/** Members that a query may select: null for a value, an object for a member with members of its own. */
export interface Selectable {
  readonly [field: string]: Selectable | null;
}

/** A root field as the console asks for it, under the names that this config gives. */
export interface ConsoleField {
  readonly field: string;
  readonly root: 'query' | 'mutation';
  /** Types in SDL, by name. */
  readonly args: Readonly<Record<string, string>>;
  /** The argument with the id of an execution, or with a catalog path. */
  readonly key?: string;
  readonly returns: Selectable | null;
}

/**
 * The fields that the console uses, by what they do. A row may have any name, rename arguments and hide members of an answer;
 * kinds that no row has are missing, and the console then shows what to add.
 */
export function consoleFields({
  schema,
  rootFields,
}: Pick<ExecutableSchema, 'schema' | 'rootFields'>): Partial<Record<OperationKind | 'endSessions', ConsoleField>> {
  const found = [...rootFields].flatMap(([name, { root, plan, row }]) => {
    const type = root === 'query' ? schema.getQueryType() : schema.getMutationType();
    const field = type?.getFields()[name];
    const kind = plan?.kind ?? ('gateway' in row && name === 'endSessions' ? name : undefined);
    if (field === undefined || kind === undefined || kind === 'plain') return [];
    const [key] = [...(plan?.executionIds ?? []), ...(plan?.catalogPaths ?? [])];
    const returns = selectable(field.type, 3);
    const args = Object.fromEntries(field.args.map((argument) => [argument.name, String(argument.type)]));
    return [[kind, { field: name, root, args, returns, ...(key !== undefined && { key }) }] as const];
  });
  // Of several rows of one kind the first one counts.
  return Object.fromEntries(found.reverse());
}

function selectable(type: GraphQLOutputType, depth: number): Selectable | null {
  const named = getNamedType(type);
  if (!isObjectType(named)) return null;
  const members = Object.values(named.getFields()).flatMap((field): (readonly [string, Selectable | null])[] => {
    if (isLeafType(getNamedType(field.type))) return [[field.name, null]];
    return depth === 0 ? [] : [[field.name, selectable(field.type, depth - 1)]];
  });
  return Object.fromEntries(members);
}
