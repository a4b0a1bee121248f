import {
  type DocumentNode,
  type FieldDefinitionNode,
  type InputObjectTypeDefinitionNode,
  type InputValueDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  print,
} from 'graphql';
import type { Operation } from '../../plugins/operation.ts';
import { canonicalJson, sha256 } from '../document/canonical.ts';
import { namedTypeOf } from '../mesh/shape-definition.ts';
import type { GatewayLock, LockedName } from './gateway-lock.ts';

type Field = FieldDefinitionNode | InputValueDefinitionNode;
type Shaped = ObjectTypeDefinitionNode | InputObjectTypeDefinitionNode;

/**
 * What every public name of a shaped schema means. Fields of the protocol and of the gateway itself are among them.
 * @param sdl with call instructions: the names on the wire are read from them
 * @returns by field of a root type, and by type; a row whose field the schema lacks is left out
 */
export function lockNames(sdl: DocumentNode, operations: readonly Operation[]): Pick<GatewayLock, 'names' | 'types'> {
  const objects = new Map(
    sdl.definitions.filter(isShaped).map((definition) => [definition.name.value, definition] as const),
  );
  const roots = new Map(
    ['Query', 'Mutation', 'Subscription'].flatMap((root) =>
      (objects.get(root)?.fields ?? []).flatMap((field) =>
        field.kind === Kind.FIELD_DEFINITION ? [[field.name.value, field] as const] : [],
      ),
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

function lockName(operation: Operation, field: FieldDefinitionNode, reached: ReadonlyMap<string, Shaped>): LockedName {
  const wires = new Map(
    operation.args.flatMap((arg) =>
      // A former name of an argument means the same on the wire.
      [arg.name, ...Object.keys(arg.formerNames ?? {})].map((name) => [name, `${arg.in} ${arg.wire}`] as const),
    ),
  );
  const args = Object.fromEntries(
    (field.arguments ?? []).map((arg) => [
      arg.name.value,
      // An argument without a place on the wire is answered by the gateway itself, `waitSeconds` for example.
      `${wires.get(arg.name.value) ?? 'gateway'}: ${print(arg.type)}`,
    ]),
  );
  const promised = {
    ...(operation.until === undefined ? {} : { '': operation.until }),
    ...Object.assign({}, ...operation.args.map(({ formerNames = {} }) => formerNames)),
  } as Readonly<Record<string, string>>;
  const answer = print(field.type);
  // The hash is over types too, so that a change below an answer changes the lock's line of the field.
  const closure = Object.fromEntries([...reached].map(([name, type]) => [name, fieldsOf(type)]));
  return {
    operation: operation.source.kind === 'upstream' ? operation.source.key : 'gateway',
    kind: operation.kind,
    args,
    answer,
    ...(Object.keys(promised).length === 0 ? {} : { until: promised }),
    shape: sha256(canonicalJson({ args, answer, closure })),
  };
}

const isShaped = (definition: DocumentNode['definitions'][number]): definition is Shaped =>
  definition.kind === Kind.OBJECT_TYPE_DEFINITION || definition.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION;

/** Every type that a root field answers with or takes. */
function reach(objects: ReadonlyMap<string, Shaped>, root: FieldDefinitionNode): ReadonlyMap<string, Shaped> {
  const found = new Map<string, Shaped>();
  const queue: Field[] = [root, ...(root.arguments ?? [])];
  for (let field = queue.pop(); field !== undefined; field = queue.pop()) {
    const name = namedTypeOf(field.type);
    const type = objects.get(name);
    if (type === undefined || found.has(name)) continue;
    found.set(name, type);
    queue.push(...(type.fields ?? []));
  }
  return found;
}

/** Types are shared, and printing is slow. */
const printed = new WeakMap<Shaped, Record<string, string>>();

function fieldsOf(type: Shaped): Record<string, string> {
  const known = printed.get(type);
  if (known !== undefined) return known;
  const fields = (type.fields ?? []).map(
    (field) => [field.name.value, `${wireOf(field)}: ${print(field.type)}`] as const,
  );
  const made: Record<string, string> = Object.fromEntries(fields);
  printed.set(type, made);
  return made;
}

/** The name on the wire, which `shape-schema.ts` has written into the directive; else the field's own. */
function wireOf(field: Field): string {
  const directive = field.directives?.find(({ name }) => name.value === 'resolveRootField');
  const argument = directive?.arguments?.find(({ name }) => name.value === 'field');
  return argument?.value.kind === Kind.STRING ? argument.value.value : field.name.value;
}
