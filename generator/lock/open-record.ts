import type { Operation } from '../../plugins/operation.ts';
import { canonicalJson } from '../canonical-text.ts';
import { comparable, operationTemplate } from '../diff/operation-contract.ts';
import { dropProse } from '../document/prose.ts';
import { headerText } from '../emit/header.ts';
import { reachableSchemas } from '../openapi/map-schemas.ts';
import { isRecord, mapOperations, type OpenApiDocument } from '../openapi/open-api.ts';
import type { GatewayLock } from './gateway-lock.ts';

/** Where `generate` keeps what it saw of NoETL's API, so that the next run can report the changes. */
export const openRecordPath = 'openapi/noetl.open.json';

/**
 * The part of a document that open operations use, whole; of closed operations their keys. Without prose.
 * @param document as it was pulled
 * @param lock operations that were open count too: what became of them is reported in full.
 * @returns a document that `diff` compares like a pulled one
 */
export function openRecord(
  document: OpenApiDocument,
  operations: readonly Operation[],
  lock: Pick<GatewayLock, 'names'>,
): OpenApiDocument {
  const open = new Set([
    ...operations.flatMap(({ source }) => (source.kind === 'upstream' ? [operationTemplate(source.key)] : [])),
    ...Object.values(lock.names).map(({ operation }) => operationTemplate(operation)),
  ]);
  const whole = comparable(dropProse(document));
  const mapped = mapOperations(whole, ({ key, operation }) => (open.has(operationTemplate(key)) ? operation : {}));
  const paths = Object.fromEntries(
    Object.entries(mapped.paths).map(([path, item]) => [path, isRecord(item) ? item : {}]),
  );
  const { securitySchemes } = whole.components ?? {};
  return {
    openapi: document.openapi,
    info: whole.info ?? {},
    ...(whole['security'] === undefined ? {} : { security: whole['security'] }),
    ...(whole['servers'] === undefined ? {} : { servers: whole['servers'] }),
    paths,
    components: {
      schemas: reachableSchemas(whole, paths),
      ...(securitySchemes === undefined ? {} : { securitySchemes }),
    },
  };
}

/** JSON with the header as an extension, since a document has no other place for it. */
export const printOpenRecord = (record: OpenApiDocument): string =>
  canonicalJson({ 'x-generated': headerText, ...record });

/** @returns undefined when the file is missing or cannot be read: then nothing is compared. */
export function parseOpenRecord(text: string | undefined): OpenApiDocument | undefined {
  try {
    const value: unknown = text === undefined ? undefined : JSON.parse(text);
    if (!isRecord(value) || !isRecord(value['paths'])) return undefined;
    const { 'x-generated': _, ...record } = value;
    return record as OpenApiDocument;
  } catch {
    return undefined;
  }
}
