import { GatewayError } from '../../plugins/errors.ts';
import { parseExecutionId } from '../../plugins/noetl/execution-state.ts';
import { isJsonObject, type JsonObject, textMember } from '../../plugins/noetl/json-object.ts';
import type { Upstream } from '../../plugins/ports.ts';
import type { Asking } from '../executions/execution-read.ts';
import { wireAnswer } from './wire-answer.ts';
import { unprocessable } from './wire-request.ts';

/** A catalog entry that a client names by its id. Neither changes: a new version is a new entry. */
export interface NamedEntry {
  /** Canonical digits. */
  readonly catalogId: string;
  readonly path: string;
  readonly version: unknown;
}

/**
 * The entry that a body names by `catalog_id`, which is resolved to its path before anything is decided.
 * @param route where NoETL reads one entry, for example `/api/catalog/resource`
 * @returns undefined: the body names no entry
 * @throws ERR_NOT_FOUND with the words `playbook not found`; ERR_REQUEST_INVALID for what is not an id, and when the body also
 *   names another path: NoETL would follow the id
 */
export async function entryNamedById(
  body: JsonObject,
  route: string,
  upstream: Upstream,
  asking: Asking,
): Promise<NamedEntry | undefined> {
  const given = body['catalog_id'];
  if (given === undefined || given === null) return undefined;
  const catalogId = parseExecutionId(given);
  if (catalogId === undefined) throw unprocessable('catalog_id must be the digits of an id');
  const reply = await upstream.request({
    method: 'POST',
    path: route,
    route,
    body: { catalog_id: catalogId },
    idempotent: true,
    ...asking,
  });
  const entry = wireAnswer(reply, 'playbook not found');
  const path = isJsonObject(entry) ? textMember(entry, 'path') : undefined;
  if (!isJsonObject(entry) || path === undefined) {
    throw new GatewayError('ERR_UPSTREAM', 'NoETL answered in a form that the gateway does not know');
  }
  if (isOther(body['path'], path))
    throw unprocessable('path and catalog_id name different playbooks; send one of them');
  return { catalogId, path, version: entry['version'] };
}

const isOther = (named: unknown, path: string): boolean => named !== undefined && named !== null && named !== path;
