import { escapePointer, isRecord, lookUp, type OpenApiDocument } from '../openapi/open-api.ts';

/**
 * References of a document that lead nowhere or out of it, each with the place where it is. Nothing outside of a
 * document is ever read.
 * @returns one line each, `<JSON pointer>: <what is wrong>`, in order; an empty list for a document whose references can be
 * followed
 */
export function referenceProblems(document: OpenApiDocument): string[] {
  const problems: string[] = [];
  const seen = new Set<object>();
  const stack: { node: unknown; place: string }[] = [{ node: document, place: '#' }];
  for (let entry = stack.pop(); entry !== undefined; entry = stack.pop()) {
    const { node, place } = entry;
    if (typeof node !== 'object' || node === null || seen.has(node)) continue;
    seen.add(node);
    problems.push(...problemsAt(document, node, place));
    stack.push(...membersOf(node, place));
  }
  return problems.sort();
}

function problemsAt(document: OpenApiDocument, node: object, place: string): string[] {
  const ref = isRecord(node) ? node['$ref'] : undefined;
  const problem = typeof ref === 'string' ? referenceProblem(document, ref) : undefined;
  return problem === undefined ? [] : [`${place}: ${problem}`];
}

const membersOf = (node: object, place: string): { node: unknown; place: string }[] =>
  Object.entries(node)
    .filter(([key]) => !isLiteral(key, place))
    .map(([key, value]) => ({ node: value, place: `${place}/${escapePointer(key)}` }));

function referenceProblem(document: OpenApiDocument, ref: string): string | undefined {
  if (!ref.startsWith('#')) return `the reference “${ref}” leads out of the document`;
  if (ref === '#' || lookUp(document, ref) === undefined) return `the reference “${ref}” leads nowhere`;
  return undefined;
}

/** Values, not parts of the document; a property may still have such a name. */
const isLiteral = (key: string, place: string): boolean =>
  ['example', 'examples', 'default', 'enum', 'const'].includes(key) && !place.endsWith('/properties');
