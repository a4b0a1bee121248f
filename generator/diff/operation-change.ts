import type { Media, OpenApiDocument } from '../openapi/open-api.ts';
import { type ChangeKind, changeOf, type SchemaChange } from './change-rules.ts';

/** Two documents in which shared parts are inlined where they are used. */
export interface DocumentPair {
  readonly before: OpenApiDocument;
  readonly after: OpenApiDocument;
}

/** A change within an operation. `place`: `argument page (query)`, `answer items.status`, undefined for the whole. */
export interface OperationChange {
  readonly kind: ChangeKind;
  readonly severity: SchemaChange['severity'];
  readonly place: string | undefined;
  /** Wire name of the argument that it is about. */
  readonly argument: string | undefined;
  readonly message: string;
}

/** A change of a schema as a change of its operation: the path within the schema is put after the place. */
export const at = (
  place: string | undefined,
  argument: string | undefined,
  { kind, severity, path, message }: SchemaChange,
): OperationChange => ({
  kind,
  severity,
  place: path === '' || place === undefined ? place : `${place} ${path}`,
  argument,
  message,
});

/**
 * Media types that an operation takes or answers, one more or one less.
 * @param place `body` or `answer`
 */
export function mediaTypeChanges(
  place: string,
  was: ReadonlyMap<string, Media>,
  is: ReadonlyMap<string, Media>,
): readonly OperationChange[] {
  const gone = [...was.keys()].filter((type) => !is.has(type));
  const added = [...is.keys()].filter((type) => !was.has(type));
  // The gateway speaks JSON; a form that it does not use is missed by others only.
  const staysJson = was.has('application/json') && is.has('application/json');
  const kind = staysJson ? 'media-type-fewer' : 'media-type-gone';
  return [
    ...gone.map((type) => at(place, undefined, changeOf(kind, 'in', '', `${type} is gone`))),
    ...added.map((type) => at(place, undefined, changeOf('media-type-new', 'in', '', `${type} is new`))),
  ];
}
