import { type DocumentNode, type FieldDefinitionNode, Kind, type ObjectTypeDefinitionNode, print } from 'graphql';
import type { Operation } from '../../core/operation.ts';
import { namedTypeOf } from '../../mesh/sources/shape-schema.ts';
import { canonicalJson, sha256 } from '../document/canonical.ts';
import type { GatewayLock, LockedName } from './gateway-lock.ts';

/** What every public name of a shaped schema means. */
export function lockNames(sdl: DocumentNode, operations: readonly Operation[]): Pick<GatewayLock, 'names' | 'types'> {
  const objects = new Map(
    sdl.definitions
      .filter((definition) => definition.kind === Kind.OBJECT_TYPE_DEFINITION)
      .map((definition) => [definition.name.value, definition] as const),
  );
  const roots = new Map(
    ['Query', 'Mutation'].flatMap((root) =>
      (objects.get(root)?.fields ?? []).map((field) => [field.name.value, field]),
    ),
  );
  const types: Record<string, Record<string, string>> = {};
  const names: Record<string, LockedName> = {};
  for (const operation of operations) {
    const field = roots.get(operation.field);
    if (field === undefined) continue;
    const reached = reach(objects, field);
    for (const [name, type] of reached) types[name] = fieldsOf(type);
    names[operation.field] = lockName(operation, field, reached);
  }
  return { names, types };
}

function lockName(
  operation: Operation,
  field: FieldDefinitionNode,
  reached: ReadonlyMap<string, ObjectTypeDefinitionNode>,
): LockedName {
  const wires = new Map(operation.args.map((arg) => [arg.name, `${arg.in} ${arg.wire}`]));
  const args = Object.fromEntries(
    (field.arguments ?? []).map((arg) => [
      arg.name.value,
      `${wires.get(arg.name.value) ?? 'gateway'}: ${print(arg.type)}`,
    ]),
  );
  const answer = print(field.type);
  const closure = Object.fromEntries([...reached].map(([name, type]) => [name, fieldsOf(type)]));
  return {
    operation: operation.source.kind === 'upstream' ? operation.source.key : 'gateway',
    args,
    answer,
    shape: sha256(canonicalJson({ args, answer, closure })),
  };
}

function reach(
  objects: ReadonlyMap<string, ObjectTypeDefinitionNode>,
  root: FieldDefinitionNode,
): ReadonlyMap<string, ObjectTypeDefinitionNode> {
  const found = new Map<string, ObjectTypeDefinitionNode>();
  const queue = [root];
  for (let field = queue.pop(); field !== undefined; field = queue.pop()) {
    const name = namedTypeOf(field.type);
    const type = objects.get(name);
    if (type === undefined || found.has(name)) continue;
    found.set(name, type);
    queue.push(...(type.fields ?? []));
  }
  return found;
}

const fieldsOf = (type: ObjectTypeDefinitionNode): Record<string, string> =>
  Object.fromEntries((type.fields ?? []).map((field) => [field.name.value, `${wireOf(field)}: ${print(field.type)}`]));

function wireOf(field: FieldDefinitionNode): string {
  const directive = field.directives?.find(({ name }) => name.value === 'resolveRootField');
  const argument = directive?.arguments?.find(({ name }) => name.value === 'field');
  return argument?.value.kind === Kind.STRING ? argument.value.value : field.name.value;
}
