import { type GraphQLField, getNamedType, isAbstractType, isLeafType, isObjectType, isRequiredArgument } from 'graphql';

/** Levels of an answer that a tool selects. */
const deepest = 3;
/** Large, and a tool of their own: sources of playbooks in a list, results of all steps beside the result. */
const leftOut: Readonly<Record<string, ReadonlySet<string>>> = {
  playbooks: new Set(['content', 'payload', 'layout', 'meta']),
  agents: new Set(['content', 'payload', 'layout', 'meta']),
  execution: new Set(['steps']),
  executePlaybook: new Set(['execution', 'clientId', 'requestId']),
  rerunExecution: new Set(['execution', 'clientId', 'requestId']),
};

/** The selection of a tool in a field's answer: all of its leaves, some levels deep; empty for a leaf. */
export function selectionOf(field: GraphQLField<unknown, unknown>): string {
  return selection(field, leftOut[field.name] ?? new Set(), new Set(), 0);
}

function selection(
  field: GraphQLField<unknown, unknown>,
  without: ReadonlySet<string>,
  above: ReadonlySet<string>,
  depth: number,
): string {
  const type = getNamedType(field.type);
  if (isLeafType(type)) return '';
  if (isAbstractType(type) || !isObjectType(type)) return ' { __typename }';
  // A type within itself would select without an end.
  const inside = new Set([...above, type.name]);
  const parts = Object.values(type.getFields()).flatMap((member) => {
    if (without.has(member.name) || member.deprecationReason != null || member.args.some(isRequiredArgument)) return [];
    const named = getNamedType(member.type);
    if (isLeafType(named)) return [member.name];
    if (depth + 1 >= deepest || inside.has(named.name)) return [];
    return [`${member.name}${selection(member, without, inside, depth + 1)}`];
  });
  return parts.length === 0 ? ' { __typename }' : ` { ${parts.join(' ')} }`;
}
