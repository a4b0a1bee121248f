import { canonicalJson, sha256 } from '../canonical-text.ts';
import { reachableSchemas } from '../openapi/map-schemas.ts';
import { isRecord, mapOperations, type OpenApiDocument, type OperationObject } from '../openapi/open-api.ts';
import { dropProse, isNameMap } from './prose.ts';

/**
 * The hash of a document's API. Prose, order, release number and members that repeat
 * a default do not change it.
 */
export const documentHash = (document: OpenApiDocument): string => sha256(canonicalJson(apiMeaning(document)));

/**
 * Members that mean nothing with these values, or at all: OpenAPI 3.1 §4.8, JSON Schema 2020-12 §10. A document with
 * them and one without describe the same API.
 */
const defaults: Readonly<Record<string, (value: unknown) => boolean>> = {
  additionalProperties: (value) => value === true || isEmpty(value),
  required: (value) => value === false || (Array.isArray(value) && value.length === 0),
  deprecated: (value) => value === false,
  nullable: (value) => value === false,
  readOnly: (value) => value === false,
  writeOnly: (value) => value === false,
  uniqueItems: (value) => value === false,
  allowEmptyValue: (value) => value === false,
  allowReserved: (value) => value === false,
  default: (value) => value === null,
  title: () => true,
  operationId: () => true,
};

/** Lists whose order means nothing. */
const sets = new Set(['required', 'enum', 'type']);

/**
 * A document as far as its API goes: without prose, release numbers, shapes of errors (the gateway words errors
 * itself), schemas that nothing refers to, and members that repeat a default; with sets in order. Two servers of one
 * release have the same, although the libraries that write their documents differ.
 * @returns JSON, for a hash or a comparison; it is not a document that could be generated from
 */
function apiMeaning(document: OpenApiDocument): unknown {
  const bare = dropProse(document);
  const {
    info: _,
    openapi: __,
    components = {},
    ...rest
  } = mapOperations(bare, ({ operation }) => withoutErrors(operation));
  const { schemas: ___, ...shared } = components;
  return meaningOf({ ...rest, components: { ...shared, schemas: reachableSchemas(bare, [rest, shared]) } }, '', false);
}

function withoutErrors(operation: OperationObject): OperationObject {
  if (operation.responses === undefined) return operation;
  const remaining = Object.entries(operation.responses).filter(([status]) => !/^[45]/.test(status));
  return { ...operation, responses: Object.fromEntries(remaining) };
}

function meaningOf(node: unknown, key: string, isMap: boolean): unknown {
  if (Array.isArray(node)) {
    const items = node.map((item) => meaningOf(item, '', false));
    return sets.has(key) ? items.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : items;
  }
  if (!isRecord(node)) return node;
  // In a map the names are the document's own: a property may be called `default` or `title`.
  const remaining = Object.entries(node).filter(([name, value]) => isMap || defaults[name]?.(value) !== true);
  return Object.fromEntries(
    remaining.map(([name, value]) => [
      name,
      isLiteral(name, isMap) ? value : meaningOf(value, isMap ? '' : name, !isMap && isNameMap(name)),
    ]),
  );
}

/** Values that are sent, not words of OpenAPI; sets of them are sorted anyway. */
const isLiteral = (name: string, isMap: boolean): boolean => !isMap && (name === 'default' || name === 'const');

const isEmpty = (value: unknown): boolean => isRecord(value) && Object.keys(value).length === 0;
