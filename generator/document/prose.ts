import { basePathOf, isRecord, type OpenApiDocument } from '../openapi/open-api.ts';

const prose = new Set(['description', 'summary', 'example', 'examples', 'externalDocs', 'title', 'tags']);

/** Keys whose members are names chosen by the document, not words of OpenAPI. */
const nameMaps = new Set([
  ...['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas', 'paths', 'webhooks', 'content'],
  ...['schemas', 'responses', 'parameters', 'requestBodies', 'headers', 'securitySchemes', 'links', 'callbacks'],
  ...['pathItems', 'variables', 'encoding'],
]);

/** Whether the members below a word of OpenAPI have names that the document chose. */
export const isNameMap = (word: string): boolean => nameMaps.has(word);

/** Words whose values are not looked into: values that are sent, and lists of names. */
const literals = new Set(['default', 'enum', 'const', 'required', 'security', 'mapping']);

/**
 * A document without what is written for people (descriptions, summaries, titles, examples) and without the hosts of
 * its servers: nothing of it is used, and all of it is noise in a review. The path that a server's paths are below
 * stays. Still a valid document.
 */
export function dropProse(document: OpenApiDocument): OpenApiDocument {
  // OpenAPI requires both (OpenAPI 3.1, §4.8.2).
  const { title = '', version = '' } = document.info ?? {};
  const used = referredExtensions(document);
  return { ...(stripWith(used)(withoutHosts(document), false) as OpenApiDocument), info: { title, version } };
}

/** Extensions that hold shared parts: references lead into them. */
function referredExtensions(document: OpenApiDocument): ReadonlySet<string> {
  const refs: string[] = [];
  const stack: object[] = [document];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if ('$ref' in node && typeof node.$ref === 'string') refs.push(node.$ref);
    stack.push(...Object.values(node).filter((value) => typeof value === 'object' && value !== null));
  }
  return new Set(refs.flatMap((ref) => ref.split('/')).filter((part) => part.startsWith('x-')));
}

/** `servers` with their paths only, and not at all when the first one has no path. */
function withoutHosts(node: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { servers, ...rest } = node;
  const basePath = basePathOf(servers);
  return basePath === '' ? rest : { ...rest, servers: [{ url: basePath }] };
}

type Strip = (node: unknown, isMap: boolean) => unknown;

function stripWith(used: ReadonlySet<string>): Strip {
  const isNoise = (key: string): boolean => prose.has(key) || (key.startsWith('x-') && !used.has(key));
  const strip: Strip = (node, isMap) => {
    if (Array.isArray(node)) return node.map((item) => strip(item, false));
    if (!isRecord(node)) return node;
    const bare = isMap || !Array.isArray(node['servers']) ? node : withoutHosts(node);
    const remaining = Object.entries(bare).filter(([key]) => isMap || !isNoise(key));
    return fromEntries(remaining.map(([key, value]) => [key, stripMember(key, value, isMap, strip)]));
  };
  return strip;
}

function stripMember(key: string, value: unknown, isMap: boolean, strip: Strip): unknown {
  if (isMap) return strip(value, false);
  if (literals.has(key)) return value;
  // OpenAPI wants a description of every answer.
  if (key === 'responses' && isRecord(value)) {
    return fromEntries(
      Object.entries(value).map(([status, answer]) => {
        const stripped = strip(answer, false);
        return [status, isRecord(stripped) && !('$ref' in stripped) ? { ...stripped, description: '' } : stripped];
      }),
    );
  }
  return strip(value, (nameMaps.has(key) || key.startsWith('x-')) && isRecord(value));
}

/** As `Object.fromEntries`; a member called `__proto__` stays a member. */
const fromEntries = (entries: readonly (readonly [string, unknown])[]): Record<string, unknown> =>
  Object.fromEntries(entries);

/** Of a description, characters: longer ones are cut, with an ellipsis. */
const maxLength = 500;

/** Sections of a docstring that are for programmers of the server. */
const programmersSection =
  /^\s*(?:args|arguments|parameters|params|returns?|raises|yields|notes?|examples?|todo|see also|attributes)\s*:?\s*$/i;

/**
 * Marks of a sentence about the inside of the upstream: addresses, file and module names, places of
 * data, names of programs behind it, and words for secrets.
 */
const internals: readonly RegExp[] = [
  /\w+:\/\//,
  /\b\d{1,3}(?:\.\d{1,3}){3}\b/,
  /\b[\w-]+\.(?:svc|cluster|local|internal)\b/i,
  /\b\w+(?:\.\w+){2,}\b/,
  /(?:^|\s)\/?(?:[\w.-]+\/)+[\w.-]+\.\w{1,5}\b/,
  /\b(?:postgres\w*|psycopg|nats|jetstream|clickhouse|redis|kubernetes|k8s|kubectl|pods?|docker|uvicorn|fastapi|pydantic|sqlalchemy)\b/i,
  /\b(?:select|insert|update|delete)\b.*\b(?:from|into|set)\b/i,
  /\b(?:tables?|columns?|schemas?|quer(?:y|ies)) (?:of|in) the database\b|\bdatabase (?:table|column|schema)\b/i,
  /\b(?:password|secret|credential|api[ _-]?key|private key|bearer)s?\b/i,
  /\b(?:todo|fixme|hack|xxx)\b/i,
];

/**
 * What callers may read of a description in the document: its first paragraph, without the sentences that are about the
 * inside of the upstream.
 * @returns undefined when nothing is left
 */
export function publicProse(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined;
  const sentences = firstParagraph(text).split(/(?<=[.!?])\s+/);
  const open = sentences.filter((sentence) => !internals.some((mark) => mark.test(sentence)));
  const prose = open.join(' ').replace(/\s+/g, ' ').trim();
  if (prose === '') return undefined;
  return prose.length > maxLength ? `${prose.slice(0, maxLength - 1).trimEnd()}…` : prose;
}

function firstParagraph(text: string): string {
  const lines: string[] = [];
  for (const line of text
    .replaceAll(/```[\s\S]*?(?:```|$)/g, '')
    .trim()
    .split('\n')) {
    if (line.trim() === '' || programmersSection.test(line)) break;
    lines.push(line.replace(/^#+\s*/, '').trim());
  }
  return lines.join(' ');
}
