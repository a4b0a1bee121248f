import type { Operation } from '../../core/operation.ts';
import { quoteText } from '../document/quote-text.ts';
import type { OutputFile } from './emitter.ts';
import { slashHeader } from './header.ts';

/** The operations table as TypeScript. A custom rule is a function of the config and is here by its kind only. */
export function emitOperations({ operations }: { readonly operations: readonly Operation[] }): readonly OutputFile[] {
  const rows = operations.map((operation) => ({
    ...operation,
    access: operation.access.kind === 'custom' ? { kind: 'custom' } : operation.access,
  }));
  return [
    {
      path: 'mesh/generated/operations.ts',
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
