import type { SchemaObject } from './open-api.ts';

const mark = '@deprecated ';

export const deprecatedUpstream = 'NoETL has deprecated it.';

/**
 * What callers read of a field travels through Mesh as its description: Mesh drops the reason of a deprecation, and the
 * whole of it for arguments.
 */
export function withNotes(
  schema: SchemaObject,
  description: string | undefined,
  deprecated: string | undefined,
): SchemaObject {
  const lines = [
    ...(description === undefined ? [] : [description]),
    ...(deprecated === undefined ? [] : [mark + deprecated]),
  ];
  return lines.length === 0 ? schema : { ...schema, description: lines.join('\n') };
}

/** What {@link withNotes} has written. */
export function readNotes(text: string | undefined): {
  readonly description: string | undefined;
  readonly deprecated: string | undefined;
} {
  const lines = (text ?? '').split('\n');
  const last = lines.at(-1) ?? '';
  const deprecated = last.startsWith(mark) ? last.slice(mark.length) : undefined;
  const description = (deprecated === undefined ? lines : lines.slice(0, -1)).join('\n');
  return { description: description === '' ? undefined : description, deprecated };
}
