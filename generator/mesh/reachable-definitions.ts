import { type ASTNode, type DefinitionNode, type DocumentNode, Kind, visit } from 'graphql';

const roots = ['Query', 'Mutation', 'Subscription'];

/**
 * A document without the types and directives that no root field leads to. `pruneSchema` takes a schema, which has no
 * directives on its parts.
 */
export function keepReachable(document: DocumentNode): DocumentNode {
  const byName = Map.groupBy(
    document.definitions.filter((definition) => 'name' in definition && definition.name !== undefined),
    (definition) => keyOf(definition),
  );
  const kept = new Set<string>();
  // Names of directives are queued with their `@`: a type may have the same name.
  const queue = [...roots];
  for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
    if (kept.has(key)) continue;
    kept.add(key);
    for (const definition of byName.get(key) ?? []) queue.push(...namesIn(definition));
  }
  return { ...document, definitions: document.definitions.filter((definition) => kept.has(keyOf(definition))) };
}

function keyOf(definition: DefinitionNode): string {
  const name = 'name' in definition ? (definition.name?.value ?? '') : '';
  return definition.kind === Kind.DIRECTIVE_DEFINITION ? `@${name}` : name;
}

function namesIn(definition: ASTNode): string[] {
  const names: string[] = [];
  visit(definition, {
    // Interfaces and members of unions are named types, too.
    NamedType: (node) => {
      names.push(node.name.value);
    },
    Directive: (node) => {
      names.push(`@${node.name.value}`);
    },
  });
  return names;
}
