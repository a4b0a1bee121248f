import type { DocumentNode } from 'graphql';
import type { Operation } from '../../plugins/operation.ts';
import { quoteText } from '../canonical-text.ts';
import { meshFiles } from '../mesh/mesh-config.ts';
import type { OutputFile } from './emitter.ts';
import { hashHeader, headerText, slashHeader } from './header.ts';
import { printSorted } from './sort-sdl.ts';

const folder = 'mesh/generated';

/** What Mesh's own commands read: the open part of the document in its normal form, and the protocol's SDL. */
export function emitMeshSources(sources: Readonly<Record<string, string>>): readonly OutputFile[] {
  return Object.entries(sources).map(([name, text]) => ({
    path: `${folder}/${name}`,
    content: name === meshFiles.document ? withComment(text) : `${hashHeader}\n${text}`,
  }));
}

export const schemaPath = `${folder}/schema.graphql`;

/** The schema that the server serves, with its call instructions, in a fixed order. */
export const emitSchema = (sdl: DocumentNode): readonly OutputFile[] => [
  { path: schemaPath, content: `${hashHeader}\n${printSorted(sdl)}` },
];

/** The operations table as TypeScript. A custom rule is a function of the config and is here by its kind only. */
export function emitOperations({ operations }: { readonly operations: readonly Operation[] }): readonly OutputFile[] {
  const rows = operations.map((operation) => ({
    ...operation,
    access: operation.access.kind === 'custom' ? { kind: 'custom' } : operation.access,
  }));
  return [
    {
      path: `${folder}/operations.ts`,
      content: `${slashHeader}\n/** What of NoETL is open: by field, with what it calls and where its arguments go. */\nexport const operations = ${literal(rows, 0)} as const;\n`,
    },
  ];
}

/** A value as a TypeScript literal over several lines, so that a review shows a line for each change. */
function literal(value: unknown, depth: number): string {
  if (value === undefined) return 'undefined';
  if (typeof value !== 'object' || value === null) return quote(value);
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  const members = Array.isArray(value)
    ? value.map((item) => literal(item, depth + 1))
    : Object.entries(value).map(([key, member]) => `${keyText(key)}: ${literal(member, depth + 1)}`);
  if (members.length === 0) return `${open}${close}`;
  const pad = '  '.repeat(depth + 1);
  return `${open}\n${members.map((member) => `${pad}${member},`).join('\n')}\n${'  '.repeat(depth)}${close}`;
}

const quote = (value: unknown): string => (typeof value === 'string' ? quoteText(value) : JSON.stringify(value));

const keyText = (key: string): string => (/^[A-Za-z_$][\w$]*$/.test(key) ? key : quote(key));

/** JSON has no comments; OpenAPI has `x-` members. */
const withComment = (text: string): string =>
  `${JSON.stringify({ 'x-generated': headerText, ...JSON.parse(text) }, undefined, 2)}\n`;
