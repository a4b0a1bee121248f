import { type GraphQLField, getNamedType, isLeafType, isObjectType, isRequiredArgument } from 'graphql';
import type { RootField } from '../calls/root-fields.ts';

/** One document for all calls: all arguments as variables, so that no value is ever part of a document. */
export function documentOf(
  field: GraphQLField<unknown, unknown>,
  root: RootField['root'],
  deepest = deepestAnswer,
): string {
  const variables = field.args.map((arg) => `$${arg.name}: ${arg.type.toString()}`).join(', ');
  const passed = field.args.map((arg) => `${arg.name}: $${arg.name}`).join(', ');
  const [declared, given] = field.args.length === 0 ? ['', ''] : [`(${variables})`, `(${passed})`];
  const selected = selection(field, { without: leftOut[field.name] ?? new Set(), deepest }, new Set(), 0);
  return `${root} ${declared} { ${field.name}${given}${selected} }`;
}

/** Levels of an answer that a tool selects. */
const deepestAnswer = 3;
/** Of a run of an action: all that the types declare, as deep as a query may be. */
export const deepestRun = 14;
/** Large, and a tool of their own: sources of playbooks in a list, results of all steps beside the result. Of a step nothing shows its result. */
const entries = new Set(['content', 'payload', 'layout', 'meta']);
const started = new Set(['execution', 'clientId', 'requestId']);
const leftOut: Readonly<Record<string, ReadonlySet<string>>> = {
  playbooks: entries,
  agents: entries,
  execution: new Set(['steps']),
  executePlaybook: started,
  rerunExecution: started,
};

/** The selection of a tool in a field's answer: all of its leaves, some levels deep; empty for a leaf. */
function selection(
  field: GraphQLField<unknown, unknown>,
  options: { readonly without: ReadonlySet<string>; readonly deepest: number },
  above: ReadonlySet<string>,
  depth: number,
): string {
  const type = getNamedType(field.type);
  if (isLeafType(type)) return '';
  if (!isObjectType(type)) return ' { __typename }';
  // A type within itself would select without an end.
  const inside = new Set([...above, type.name]);
  const parts = Object.values(type.getFields()).flatMap((member) => {
    if (type.name === 'ExecutionStep' && member.name === 'result') return [];
    if (options.without.has(member.name) || member.deprecationReason != null || member.args.some(isRequiredArgument))
      return [];
    const named = getNamedType(member.type);
    if (isLeafType(named)) return [member.name];
    if (depth + 1 >= options.deepest || inside.has(named.name)) return [];
    return [`${member.name}${selection(member, options, inside, depth + 1)}`];
  });
  return ` { ${parts.length === 0 ? '__typename' : parts.join(' ')} }`;
}
