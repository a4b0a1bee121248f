import { validate } from '@readme/openapi-parser';
import { GatewayError } from '../../plugins/errors.ts';
import { normalise } from '../normalise/normalise.ts';
import { resolveReferences } from '../normalise/operation-rules.ts';
import { dropAnnotations } from '../normalise/structure-rules.ts';
import { componentNames } from '../normalise/type-rules.ts';
import {
  escapePointer,
  isRecord,
  listOperations,
  lookUp,
  mapOperations,
  type OpenApiDocument,
  pickMembers,
} from '../openapi/open-api.ts';

/**
 * References of a document that lead nowhere or out of it, each with the place where it is. Nothing outside of a
 * document is ever read.
 * @returns one line each, `<JSON pointer>: <what is wrong>`, in order; an empty list for a document whose references can be
 * followed
 */
function referenceProblems(document: OpenApiDocument): string[] {
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

/**
 * The JSON pointer of what begins on a line of `JSON.stringify(value, null, 2)`.
 * A library that maps any JSON is not needed: the text is of this one form.
 * @param line counted from 1.
 * @returns undefined when the text has no such line.
 */
export function placeOfLine(text: string, line: number): string | undefined {
  const lines = text.split('\n');
  if (!Number.isInteger(line) || line < 1 || line > lines.length) return undefined;
  const path: string[] = [];
  for (let index = line - 1; indentOf(lines[index]) > 0; index = parentOf(lines, index)) {
    path.unshift(keyOf(lines[index]) ?? String(siblingsBefore(lines, index)));
  }
  return ['#', ...path.map(escapePointer)].join('/');
}

/** Strings of JSON hold no line breaks, so that the indent of a line is its depth. */
const indentOf = (line = ''): number => line.length - line.trimStart().length;

function keyOf(line = ''): string | undefined {
  const key = /^ *("(?:[^"\\]|\\.)*"): /.exec(line)?.[1];
  return key === undefined ? undefined : String(JSON.parse(key));
}

function parentOf(lines: readonly string[], index: number): number {
  let above = index - 1;
  while (indentOf(lines[above]) >= indentOf(lines[index])) above -= 1;
  return above;
}

/** The number of an item in its list: lines of its own depth above it, but for those that end an item. */
function siblingsBefore(lines: readonly string[], index: number): number {
  const siblings = lines.slice(parentOf(lines, index) + 1, index);
  return siblings.filter((line) => indentOf(line) === indentOf(lines[index]) && !/^ *[\]}]/.test(line)).length;
}

/** Messages of the validator of documents, and their meaning. `$1` is the first group. */
const sentences: readonly (readonly [RegExp, string])[] = [
  [/^REQUIRED must have required property '([^']*)'/, 'the member $1 is missing'],
  [/^ADDITIONAL PROPERTY must NOT have additional properties/, 'OpenAPI has no member of this name here'],
  [/^UNEVALUATED PROPERTY must NOT have unevaluated properties/, 'OpenAPI has no member of this name here'],
  [/^UNEVALUATEDPROPERTIES .*/, 'OpenAPI has no member of this name here'],
  [/^TYPE must be (.+)$/, 'it must be of the type $1'],
  [/^ENUM must be equal to one of the allowed values:? ?(.*)$/, 'it must be one of $1'],
  [/^CONST must be equal to constant.*/, 'it has the wrong value'],
  [/^UNIQUEITEMS .*\(items ## (\d+) and (\d+) are identical\)/, 'the items $1 and $2 are the same'],
  [/^PATTERN must match pattern (.+)$/, 'it must match the pattern $1'],
  [/^FORMAT must match format "?([^"]+)"?$/, 'it must be a valid $1'],
  [/^MIN(?:ITEMS|PROPERTIES|LENGTH) must NOT have fewer than (\d+) (\w+)/, 'it must have $1 $2 or more'],
  [/^MAX(?:ITEMS|PROPERTIES|LENGTH) must NOT have more than (\d+) (\w+)/, 'it must have $1 $2 or fewer'],
  [/^(?:ONEOF|ANYOF) .*/, 'it matches no form that OpenAPI allows here, or several'],
  [/^NOT must NOT be valid/, 'it has members that exclude each other'],
  [/^IF must match .*/, 'it lacks what its other members need'],
  [/^DEPENDENT\w* .*/, 'it lacks what its other members need'],
];

const missingParameter = /^`?(\/paths\/.*)\/(\w+)`? is missing path parameter\(s\) for `?\{?([^}`]*)\}?`?/;

/**
 * A sentence of the validator in plain words; one that is not known stays as it is, so a new version of the library
 * costs words and no information.
 */
export function plainWords(sentence: string): string {
  const missing = missingParameter.exec(sentence);
  if (missing !== null) {
    return `#${missing[1]}/${missing[2]}: the path has {${missing[3]}}, and there is no parameter of that name`;
  }
  const [pattern, words] = sentences.find(([candidate]) => candidate.test(sentence)) ?? [];
  return pattern === undefined || words === undefined ? sentence : sentence.replace(pattern, words);
}

/** Problems of one document that are listed; the rest is a number. */
export const maxProblems = 20;

/** Parameters in places that OpenAPI 3 does not have; the validator reports them by another member. */
function placeProblems(document: OpenApiDocument): readonly string[] {
  return listOperations(document).flatMap(({ path, method, operation }) =>
    (Array.isArray(operation.parameters) ? operation.parameters : []).flatMap((parameter: unknown, index) => {
      const place = isRecord(parameter) ? parameter['in'] : undefined;
      if (typeof place !== 'string' || ['path', 'query', 'header', 'cookie'].includes(place)) return [];
      const at = `#/paths/${escapePointer(path)}/${method.toLowerCase()}/parameters/${index}/in`;
      return [`${at}: “${place}” is not a place of a parameter; it must be path, query, header or cookie`];
    }),
  );
}

/**
 * Checks a document against OpenAPI: the places of parameters, references, then everything else.
 * @throws ERR_SPEC_INVALID with the places of what is wrong
 */
export async function checkDocument(document: OpenApiDocument): Promise<void> {
  const places = placeProblems(document);
  if (places.length > 0) throw invalid(places);
  const references = referenceProblems(document);
  if (references.length > 0) throw invalid(references);
  // The library resolves in place, and refuses names that the rules put right; shared parts are checked where they are
  // used.
  const resolved = normalise(document, [resolveReferences, componentNames, dropAnnotations]).document;
  const copy = structuredClone(withoutSharedParts(withoutUnread(resolved)));
  const version = /^3\.[01]$/.test(document.openapi) ? `${document.openapi}.0` : document.openapi;
  const checked: Record<string, unknown> = { ...copy, openapi: version };
  const result = await validate(checked as unknown as Parameters<typeof validate>[0], {
    resolve: { external: false, file: false },
    timeoutMs: 30_000,
    validate: { rules: { openapi: { 'duplicate-operation-id': 'warning', 'array-without-items': 'warning' } } },
  }).catch((error: unknown) => {
    throw invalid([error instanceof Error ? error.message : 'the document cannot be checked'], error);
  });
  if (result.valid) return;
  const more = result.errors.length > maxProblems ? [`and ${result.errors.length - maxProblems} more`] : [];
  const text = printed(checked);
  throw invalid([...result.errors.slice(0, maxProblems).map(({ message }) => oneLine(message, text)), ...more]);
}

/**
 * Without what nothing here reads, and what may refer to shared parts: examples, headers and links of answers,
 * callbacks.
 */
function withoutUnread(document: OpenApiDocument): OpenApiDocument {
  const bodyOf = (body: unknown): unknown => {
    const rest = without(body, 'headers', 'links');
    if (!isRecord(rest) || !('content' in rest)) return rest;
    return {
      ...rest,
      content: mapValues(rest['content'], (media) => without(media, 'example', 'examples', 'encoding')),
    };
  };
  return mapOperations(without(document, 'webhooks', 'x-webhooks'), ({ operation }) => {
    const rest = pickMembers(operation, (name) => name !== 'callbacks' && !name.startsWith('x-'));
    const parts: Record<string, unknown> = { ...rest };
    if (Array.isArray(rest.parameters)) {
      parts['parameters'] = rest.parameters.map((one) => without(one, 'example', 'examples'));
    }
    if (rest.requestBody !== undefined) parts['requestBody'] = bodyOf(rest.requestBody);
    if (rest.responses !== undefined) parts['responses'] = mapValues(rest.responses, bodyOf);
    return parts;
  });
}

const without = <Part>(part: Part, ...names: readonly string[]): Part =>
  isRecord(part) ? (pickMembers(part, (name) => !names.includes(name)) as Part) : part;

const mapValues = (part: unknown, change: (value: unknown) => unknown): unknown =>
  isRecord(part) ? Object.fromEntries(Object.entries(part).map(([name, value]) => [name, change(value)])) : part;

/** Answers, parameters and bodies that operations refer to are in the operations by now. */
function withoutSharedParts(document: OpenApiDocument): OpenApiDocument {
  if (document.components === undefined) return document;
  const { schemas = {}, securitySchemes } = document.components;
  return { ...document, components: { schemas, ...(securitySchemes === undefined ? {} : { securitySchemes }) } };
}

/** The document as the library's line numbers count it: resolved in place. Empty when it goes in circles. */
function printed(checked: Readonly<Record<string, unknown>>): string {
  try {
    return JSON.stringify(checked, null, 2);
  } catch {
    return '';
  }
}

/** The place, the sentence, and the line that it is about. */
function oneLine(message: string, text: string): string {
  const [sentence = '', ...frame] = message.split('\n');
  const [, number, line] = frame.map((row) => /^>\s*(\d+)\s*\|\s*(.*)$/.exec(row)).find((row) => row !== null) ?? [];
  if (line === undefined) return plainWords(sentence);
  const place = placeOfLine(text, Number(number));
  return `${place === undefined ? '' : `${place}: `}${plainWords(sentence)}, at ${line.trim()}`;
}

export const invalid = (problems: readonly string[], cause?: unknown): GatewayError =>
  new GatewayError('ERR_SPEC_INVALID', 'The document is not a valid OpenAPI document.', {
    cause,
    problems:
      problems.length > maxProblems
        ? [...problems.slice(0, maxProblems), `and ${problems.length - maxProblems} more`]
        : problems,
  });
