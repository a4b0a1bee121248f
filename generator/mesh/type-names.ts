import { type DefinitionNode, type DocumentNode, Kind, parse, type ScalarTypeDefinitionNode, visit } from 'graphql';
import { scalarMarks } from '../openapi/scalar-marks.ts';

/**
 * Mesh's schema with the names that types have in public: a scalar that Mesh made of a length that marks one is that
 * one, and `Filter_Input` is `FilterInput`.
 */
export function withTypeNames(document: DocumentNode): DocumentNode {
  const taken = new Set(document.definitions.map(nameOf));
  const marks = new Map<string, string>();
  const names = new Map<string, string>();
  for (const definition of document.definitions) {
    const mark = definition.kind === Kind.SCALAR_TYPE_DEFINITION ? markedScalar(definition) : undefined;
    if (mark !== undefined) marks.set(nameOf(definition), mark);
    const input = definition.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION ? inputName(nameOf(definition)) : undefined;
    // A type of that name may be an answer's; then Mesh's name stays.
    if (input === undefined || taken.has(input)) continue;
    taken.add(input);
    names.set(nameOf(definition), input);
  }
  const others = document.definitions.filter((definition) => !marks.has(nameOf(definition)));
  const hasDecimals = [...marks.values()].includes('Decimal');
  return visit(
    { ...document, definitions: hasDecimals ? [...others, ...decimalScalar] : others },
    {
      NamedType: (node) => renamed(node, marks.get(node.name.value) ?? names.get(node.name.value)),
      InputObjectTypeDefinition: (node) => renamed(node, names.get(node.name.value)),
    },
  );
}

const renamed = <Node extends object>(node: Node, value: string | undefined): Node | undefined =>
  value === undefined ? undefined : { ...node, name: { kind: Kind.NAME, value } };

const nameOf = (definition: DefinitionNode): string => ('name' in definition ? (definition.name?.value ?? '') : '');

const inputName = (name: string): string | undefined => {
  const bare = /^(.+)_Input(\d*)$/.exec(name);
  return bare === null ? undefined : `${bare[1]}Input${bare[2]}`;
};

function markedScalar({ directives = [] }: ScalarTypeDefinitionNode): string | undefined {
  // Mesh writes a length as `@length(max:)` on the scalar that it makes for it.
  const length = directives.find((directive) => directive.name.value === 'length');
  const max = length?.arguments?.find((one) => one.name.value === 'max')?.value;
  return max?.kind === Kind.INT ? scalarMarks[Number(max.value)] : undefined;
}

const decimalScalar = parse('"A decimal number: text or a number, as NoETL writes it." scalar Decimal', {
  noLocation: true,
}).definitions;
