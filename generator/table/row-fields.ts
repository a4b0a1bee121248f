import type { AnyUpstreamRow } from '../../core/config/operation-row.ts';
import type { OperationShape } from '../document/operation-shape.ts';
import { isPublicName } from '../openapi/identifiers.ts';
import { rowOf } from '../openapi/object-schema.ts';
import type { OpenApiDocument } from '../openapi/open-api.ts';
import { nearest } from './suggest.ts';

/** What a row says of its answer's fields: wire name (`items.name` for nested ones) → public names, none when hidden. */
export function rowFields(
  place: string,
  row: AnyUpstreamRow,
  document: OpenApiDocument,
  shape: OperationShape,
  problems: string[],
): Readonly<Record<string, readonly string[]>> {
  const fields: Record<string, readonly string[]> = {};
  const rows: Readonly<Record<string, FieldRow>> = row.fields ?? {};
  for (const [wire, said] of Object.entries(rows)) {
    if (said === undefined) continue;
    if (shape.fields.includes(wire)) fields[wire] = publicNames(`${place}.fields.${wire}`, said, problems);
    else
      problems.push(
        `${place}.fields.${wire}: the answer of ${shape.key} has no such field${nearest(wire, shape.fields)}`,
      );
  }
  const own = Object.keys(rowOf(document, shape.answer)?.properties ?? {});
  if (own.length > 0 && own.every((name) => fields[name]?.length === 0)) {
    problems.push(`${place}.fields: nothing is left of the answer of ${shape.key}`);
  }
  return fields;
}

type FieldRow = string | readonly string[] | false | undefined;

function publicNames(at: string, said: string | readonly string[] | false, problems: string[]): readonly string[] {
  const names = said === false ? [] : typeof said === 'string' ? [said] : said;
  for (const name of names.filter((candidate) => !isPublicName(candidate))) {
    problems.push(`${at}: GraphQL cannot have a field named “${name}”`);
  }
  return names;
}
