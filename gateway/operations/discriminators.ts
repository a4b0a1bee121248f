import {
  type ConstValueNode,
  type DocumentNode,
  Kind,
  type UnionTypeDefinitionNode,
  valueFromASTUntyped,
} from 'graphql';
import { isJsonObject } from '../../plugins/noetl/json-object.ts';

/** By union: which of its types a value is; undefined when its member names no type. */
export type Discriminators = ReadonlyMap<string, (value: unknown) => string | undefined>;

/**
 * Reads `@discriminator(field: "kind", mapping: [["cat", "Cat"]])`, which Mesh prints for a `discriminator` of the
 * document (OpenAPI, Discriminator Object). A value without a mapping is a type's own name.
 * @returns only the unions that have the directive; the type of a value of the others is found by its members
 */
export function discriminatorsOf(document: DocumentNode): Discriminators {
  return new Map(
    document.definitions.flatMap((definition) => {
      if (definition.kind !== Kind.UNION_TYPE_DEFINITION) return [];
      const discriminate = discriminatorOf(definition);
      return discriminate === undefined ? [] : [[definition.name.value, discriminate] as const];
    }),
  );
}

function discriminatorOf({ directives = [], types = [] }: UnionTypeDefinitionNode) {
  const directive = directives.find((each) => each.name.value === 'discriminator');
  const argument = (name: string): ConstValueNode | undefined =>
    directive?.arguments?.find((each) => each.name.value === name)?.value;
  const field = argument('field');
  if (field?.kind !== Kind.STRING) return undefined;
  const mapping = argument('mapping');
  // After the types' own names, so that a mapping wins over a type that has the same name.
  const pairs = (mapping === undefined ? [] : valueFromASTUntyped(mapping)) as readonly (readonly [string, string])[];
  const known = new Set(types.map((type) => type.name.value));
  const named = new Map([...[...known].map((name) => [name, name] as const), ...pairs]);
  return (value: unknown): string | undefined => {
    const tag = isJsonObject(value) && Object.hasOwn(value, field.value) ? value[field.value] : undefined;
    const type = typeof tag === 'string' ? named.get(tag) : undefined;
    // A mapping may name a type that is not in the union. graphql-js would fail on it; undefined lets the members
    // decide.
    return type !== undefined && known.has(type) ? type : undefined;
  };
}
