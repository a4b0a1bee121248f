import type { ContractSchema } from './contract.ts';
import { refName } from './contract.ts';

const scalars: Readonly<Record<string, string>> = {
  string: 'string',
  integer: 'number',
  number: 'number',
  boolean: 'boolean',
  null: 'null',
};

/**
 * TypeScript for a schema. What the emitter does not understand is `unknown`, which no handler can return by accident.
 */
export function schemaType(schema: ContractSchema): string {
  const named = schema['x-typescript']?.name ?? refName(schema);
  if (named !== undefined) return named;
  if (schema.const !== undefined) return quote(schema.const);
  if (schema.enum !== undefined) return schema.enum.map(quote).join(' | ');
  if (schema.oneOf !== undefined) return schema.oneOf.map(schemaType).join(' | ');
  if (schema.type === 'array') {
    const item = schemaType(schema.items ?? {});
    return item.includes(' ') ? `readonly (${item})[]` : `readonly ${item}[]`;
  }
  const types = typesOf(schema).map((type) => scalars[type] ?? 'unknown');
  return types.length === 0 ? 'unknown' : types.join(' | ');
}

/** The schema's types as a list, `null` among them. */
export const typesOf = (schema: ContractSchema): readonly string[] =>
  typeof schema.type === 'string' ? [schema.type] : (schema.type ?? []);

/** The type without `null`: an optional member that is null counts as absent. */
export function typeWithoutNull(schema: ContractSchema): ContractSchema {
  return { ...schema, type: typesOf(schema).filter((type) => type !== 'null') };
}

/** A string literal in the style of the code base. */
export const quote = (text: string): string =>
  `'${JSON.stringify(text).slice(1, -1).replaceAll("'", "\\'").replaceAll('\\"', '"')}'`;
