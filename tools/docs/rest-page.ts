import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { codeSpan, page, table } from '../../generator/emit/markdown.ts';

/**
 * What this page reads of an operation. `security: []` says that it needs no session (OpenAPI, Operation Object);
 * without it the document's own holds.
 */
interface Operation {
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly security?: readonly unknown[];
  readonly responses?: Readonly<Record<string, unknown>>;
}

interface Document {
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

const methods = ['get', 'post', 'put', 'patch', 'delete'];

/**
 * The paths of the public listener, from the OpenAPI document that `generate` writes: a section for each tag, in the
 * order of the document.
 * @returns Markdown of docs/reference/rest.md
 * @throws when the document has not been written
 */
export function restPage(): string {
  const document = parse(readFileSync('docs/generated/rest.yaml', 'utf8')) as Document;
  const calls = Object.entries(document.paths).flatMap(([path, item]) =>
    methods.flatMap((method) => (item[method] === undefined ? [] : [{ method, path, operation: item[method] }])),
  );
  const sections = document.tags.flatMap(({ name, description }) => [
    `## ${description}`,
    table(
      ['Call', 'Session', 'Answers', 'Meaning'],
      calls
        .filter(({ operation }) => operation.tags?.includes(name))
        .map(({ method, path, operation }) => [
          codeSpan(`${method.toUpperCase()} ${path}`),
          operation.security?.length === 0 ? 'no' : 'yes',
          Object.keys(operation.responses ?? {}).join(', '),
          operation.summary ?? '',
        ]),
    ),
  ]);
  return page('docs/generated/rest.yaml', [
    '# REST',
    'The paths of the public listener. Bodies, parameters and schemas are in the OpenAPI document [`rest.yaml`](../generated/rest.yaml), which the gateway serves at `GET /api/openapi.yaml` to callers with a session. A refused call has a body `{"error": "…", "code": "ERR_…"}`: see [Errors](errors.md).',
    ...sections,
  ]);
}
