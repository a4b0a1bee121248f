import type { JsonObject } from './json-object.ts';

/** A variable of a playbook, as NoETL's `ui_schema` has it: a member of the workload with what its comment says. */
export interface FormField {
  readonly name: string;
  /** `string`, `integer`, `number`, `boolean`, `object`, `array`, `null` or `enum`. */
  readonly kind: string;
  /** What the playbook runs with when a caller gives nothing. */
  readonly default?: unknown;
  readonly description?: string;
  readonly secret?: boolean;
  /** Names of credentials that it may have, for example `pg_*`. */
  readonly credentialGlob?: string;
  /** Of an `enum`. */
  readonly options?: readonly unknown[];
  /** The playbook does not run without it. */
  readonly required?: boolean;
  /** A format of JSON Schema, for example `date`. */
  readonly format?: string;
}

/** What is known of a version of a playbook without the playbook itself. */
export interface PlaybookForm {
  readonly path: string;
  readonly version: number;
  readonly description?: string;
  /** In the order of the workload. */
  readonly fields: readonly FormField[];
  /** Names of the steps; absent: they could not be read. */
  readonly steps?: readonly string[];
}

/**
 * The fields of a form, from NoETL's answer (`credential_glob`) or from the gateway's (`credentialGlob`). What is no field
 * is left out.
 */
export const readFormFields = (fields: unknown): readonly FormField[] =>
  (Array.isArray(fields) ? fields : []).filter((field) => typeof field === 'object' && field !== null).flatMap(fieldOf);

function fieldOf(given: JsonObject): readonly FormField[] {
  const name = textMember(given, 'name');
  if (name === undefined) return [];
  const { default: value, options } = given;
  const description = textMember(given, 'description');
  const credentialGlob = textMember(given, 'credential_glob') ?? textMember(given, 'credentialGlob');
  const format = textMember(given, 'format');
  return [
    {
      name,
      kind: textMember(given, 'kind') ?? 'null',
      ...(value !== undefined && value !== null && { default: value }),
      ...(description !== undefined && { description }),
      ...(given['secret'] === true && { secret: true }),
      ...(credentialGlob !== undefined && { credentialGlob }),
      ...(Array.isArray(options) && options.length > 0 && { options }),
      ...(given['required'] === true && { required: true }),
      ...(format !== undefined && { format }),
    },
  ];
}

/** A member that is text and not empty. The page reads forms too, and has no parser that keeps long numbers. */
function textMember(field: JsonObject, name: string): string | undefined {
  const value = Object.hasOwn(field, name) ? field[name] : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The kind of a value, in the words of `ui_schema`. */
export function kindOfValue(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}
