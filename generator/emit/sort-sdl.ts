import {
  type DefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  Kind,
  print,
} from 'graphql';

/**
 * SDL text in a fixed order: `Query` and `Mutation`, other types by name, directives last; fields by name, required
 * arguments first. What Mesh or the document reorders makes no difference in a review.
 */
export function printSorted(document: DocumentNode): string {
  const definitions = document.definitions.map(sortDefinition).sort(byPlace);
  return `${definitions.map((definition) => print(definition)).join('\n\n')}\n`;
}

/** Root types that come first. */
const places = [['Query'], ['Mutation']] as const;

function byPlace(left: DefinitionNode, right: DefinitionNode): number {
  return placeOf(left) - placeOf(right) || compare(nameOf(left), nameOf(right));
}

function placeOf(definition: DefinitionNode): number {
  if (definition.kind === Kind.DIRECTIVE_DEFINITION) return places.length + 1;
  const root = places.findIndex(([name]) => name === nameOf(definition));
  return root < 0 ? places.length : root;
}

const nameOf = (definition: DefinitionNode): string => ('name' in definition ? (definition.name?.value ?? '') : '');

const compare = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

const byName = (
  left: { readonly name: { readonly value: string } },
  right: { readonly name: { readonly value: string } },
): number => compare(left.name.value, right.name.value);

function sortDefinition(definition: DefinitionNode): DefinitionNode {
  switch (definition.kind) {
    case Kind.OBJECT_TYPE_DEFINITION:
    case Kind.INTERFACE_TYPE_DEFINITION:
      return { ...definition, fields: (definition.fields ?? []).map(sortArguments).sort(byName) };
    case Kind.INPUT_OBJECT_TYPE_DEFINITION:
      return { ...definition, fields: [...(definition.fields ?? [])].sort(byName) };
    // Values of enumerations keep the document's order.
    default:
      return definition;
  }
}

function sortArguments(field: FieldDefinitionNode): FieldDefinitionNode {
  const isOptional = (argument: InputValueDefinitionNode): number =>
    argument.type.kind === Kind.NON_NULL_TYPE ? 0 : 1;
  const sorted = [...(field.arguments ?? [])].sort((a, b) => isOptional(a) - isOptional(b) || byName(a, b));
  return { ...field, arguments: sorted };
}
