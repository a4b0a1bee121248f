import { type AnyUpstreamRow, readMembers } from '../../gateway/config/gateway-config.ts';
import type { DocumentedShape } from '../document/operation-shape.ts';
import { escapeName } from '../openapi/escaped-name.ts';
import { camelCase, isPublicName } from '../openapi/identifiers.ts';
import { rowOf } from '../openapi/object-schema.ts';
import type { OpenApiDocument } from '../openapi/open-api.ts';
import { nearest } from './suggest.ts';

/**
 * The names of response fields in a row: wire name (`items.name` for nested ones) → public names, an empty list when hidden.
 * Fields that are not in the result keep their default name.
 */
export function rowFields(
  place: string,
  row: AnyUpstreamRow,
  document: OpenApiDocument,
  shape: DocumentedShape,
  problems: string[],
): Readonly<Record<string, readonly string[]>> {
  const { rest, named } = readMembers<string | readonly string[]>(row.fields);
  const fields: Record<string, readonly string[]> = rest === 'closed' ? hidden(shape.fields, Object.keys(named)) : {};
  for (const [wire, setting] of Object.entries(named)) {
    if (shape.fields.includes(wire)) fields[wire] = publicNames(`${place}.fields.${wire}`, setting, wire, problems);
    else
      problems.push(
        `${place}.fields.${wire}: the answer of ${shape.key} has no such field${nearest(wire, shape.fields)}`,
      );
  }
  const own = Object.keys(rowOf(document, shape.answer)?.properties ?? {});
  // GraphQL has no type without fields.
  if (own.length > 0 && own.every((name) => fields[name]?.length === 0)) {
    problems.push(`${place}.fields: nothing is left of the answer of ${shape.key}`);
  }
  return fields;
}

/**
 * What a list of fields leaves out. `items.name` opens `items`, and of its fields only those that are listed; `items`
 * alone opens all of them.
 */
function hidden(fields: readonly string[], listed: readonly string[]): Record<string, readonly string[]> {
  const outer = new Set(listed.filter((name) => name.includes('.')).map(outerOf));
  const isOpen = (field: string): boolean => {
    if (listed.includes(field) || outer.has(field)) return true;
    return field.includes('.') && listed.includes(outerOf(field)) && !outer.has(outerOf(field));
  };
  return Object.fromEntries(
    fields.filter((field) => !isOpen(field) && !isBelowHidden(field, isOpen)).map((field) => [field, []]),
  );
}

const outerOf = (field: string): string => field.slice(0, field.indexOf('.'));

/** A field of a type that the row does not show at all does not concern this row. */
const isBelowHidden = (field: string, isOpen: (field: string) => boolean): boolean =>
  field.includes('.') && !isOpen(outerOf(field));

function publicNames(
  at: string,
  setting: string | readonly string[] | boolean,
  wire: string,
  problems: string[],
): readonly string[] {
  if (typeof setting === 'boolean') return setting ? [defaultName(wire)] : [];
  const names = typeof setting === 'string' ? [setting] : setting;
  for (const name of names.filter((candidate) => !isPublicName(candidate))) {
    problems.push(`${at}: GraphQL cannot have a field named “${name}”`);
  }
  return names;
}

function defaultName(wire: string): string {
  const own = wire.slice(wire.indexOf('.') + 1);
  const name = camelCase(own);
  return isPublicName(name) ? name : escapeName(own);
}
