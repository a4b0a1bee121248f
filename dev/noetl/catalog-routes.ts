import { parse } from 'yaml';
import { idText } from '../../plugins/json/lossless-json.ts';
import { isJsonObject } from '../../plugins/noetl/json-object.ts';
import { catalogShape, uiSchema } from './catalog.ts';
import { detailError, ok, type SeenRequest, type StandInReply, validationError } from './exchange.ts';
import { refusal, type StandInState } from './execution-routes.ts';
import { end } from './samples/sample.ts';

type Body = Readonly<Record<string, unknown>>;

/** `POST /api/catalog/list`: every version of every path, of one path when given. */
export function catalogList(state: StandInState, { body }: SeenRequest): StandInReply {
  const path = (body as Body)['path'];
  const entries = state.catalog.list(typeof path === 'string' ? path : undefined).map(catalogShape);
  return ok({ entries });
}

/** No sample is an agent. */
export const catalogAgents = (): StandInReply => ok({ entries: [] });

/** `POST /api/catalog/resource`: one entry by its id, or by path and version; the id wins where both are given. */
export function catalogResource(state: StandInState, { body }: SeenRequest): StandInReply {
  const { path, version, catalog_id: catalogId } = body as Body;
  if (typeof path !== 'string' && catalogId === undefined) {
    const msg = 'Value error, At least one identifier must be provided: catalog_id or path';
    return validationError('value_error', ['body'], msg, body, { error: {} });
  }
  const wanted = version === undefined || version === null || version === 'latest' ? undefined : Number(version);
  const entry =
    catalogId === undefined && typeof path === 'string'
      ? state.catalog.find(path, wanted)
      : state.catalog.byId(idText(catalogId) ?? '');
  return entry === undefined ? refusal(state, 404, 'Catalog entry not found') : ok(catalogShape(entry));
}

/** `GET /api/catalog/{path}/ui_schema`. */
export function catalogSchema(state: StandInState, path: string): StandInReply {
  const entry = state.catalog.find(path);
  return entry === undefined ? detailError(404, 'Catalog entry not found') : ok(uiSchema(entry, state.clock()));
}

/** `POST /api/catalog/register`. Decodes whatever base64 there is in the content, as the Python server does. */
export function register(state: StandInState, { body }: SeenRequest): StandInReply {
  const { content } = body as Body;
  if (typeof content !== 'string') return validationError('missing', ['body', 'content'], 'Field required', body);
  const text = decoded(content);
  let document: unknown;
  try {
    // As the real server's reader: YAML 1.1, and of two members of one name the last one counts.
    document = parse(text, { version: '1.1', uniqueKeys: false });
  } catch {
    return detailError(500, 'Error registering resource: while parsing a block mapping');
  }
  const metadata = isJsonObject(document) && isJsonObject(document['metadata']) ? document['metadata'] : {};
  const path = String(metadata['path'] ?? metadata['name'] ?? 'unknown');
  const version = (state.catalog.find(path)?.playbook.version ?? 0) + 1;
  const workload = isJsonObject(document) && isJsonObject(document['workload']) ? document['workload'] : {};
  const entry = state.catalog.add(
    { path, version, description: '', workload, script: () => ({ steps: [end()] }) },
    text,
  );
  const message = `Resource '${path}' version '${version}' registered.`;
  return ok({ status: 'success', message, path, version, catalog_id: entry.catalogId, kind: 'playbook' });
}

/**
 * What the Python server makes of base64: characters of no digit are skipped, and text that does not decode is taken as
 * it is. This is why the gateway sends sources in base64 (ADR 0017).
 */
function decoded(content: string): string {
  const digits = content.replace(/[^A-Za-z0-9+/]/g, '');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(digits, 'base64'));
  } catch {
    return content;
  }
}
