import { isRecord } from '../../openapi/open-api.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/** What the gateway's own contract contributes; a project without one gets what every call needs. */
export interface OwnParts {
  readonly info: unknown;
  readonly servers: unknown;
  readonly tags: readonly unknown[];
  readonly paths: JsonObject;
  readonly securitySchemes: JsonObject;
  readonly headers: JsonObject;
  readonly responses: JsonObject;
  readonly schemas: JsonObject;
}

const error = (description: string) => ({
  description,
  content: { 'application/json': { schema: { $ref: '#/components/schemas/ApiError' } } },
});

/** Answers that every call below `/noetl` may have. */
const responses = {
  ApiInvalid: error('The request is not accepted; `error` is the reason (ERR_REQUEST_INVALID)'),
  ApiNoSession: error('No valid session (ERR_TOKEN_MISSING, ERR_TOKEN_MALFORMED, ERR_SESSION_INVALID)'),
  ApiDenied: error(
    'The grants do not allow it (ERR_ACCESS_DENIED), or a cookie came from another site (ERR_ORIGIN_REFUSED)',
  ),
  ApiNotFound: error('There is no such thing, or the caller may not see it (ERR_NOT_FOUND)'),
  ApiRateLimited: error('Too many calls; `Retry-After` is the time to wait (ERR_RATE_LIMITED)'),
  ApiUnavailable: error(
    'NoETL or the gateway could not answer (ERR_UPSTREAM, ERR_UPSTREAM_TIMEOUT, ERR_OVERLOADED, ERR_STORE)',
  ),
};

/** The body of an error below `/noetl`. Clients of NoETL look for `detail`, so the sentence is there as well. */
const apiError = {
  type: 'object',
  required: ['error', 'code', 'detail', 'message'],
  properties: {
    error: { type: 'string', description: 'One sentence for people' },
    code: { type: 'string', description: 'A stable name that programs may branch on', pattern: '^ERR_[A-Z_]+$' },
    detail: { type: 'string', description: 'The same sentence, where clients of NoETL look for it' },
    message: { type: 'string', description: 'The same sentence' },
  },
};

/** The three ways to send a session token (the protocol, Session Token Delivery). */
const securitySchemes = {
  bearer: { type: 'http', scheme: 'bearer' },
  sessionHeader: { type: 'apiKey', in: 'header', name: 'X-Session-Token' },
  sessionCookie: { type: 'apiKey', in: 'cookie', name: 'session_token' },
};

/** @param contract `openapi/gateway.yaml`, parsed, without instructions; `{}` when the project has no contract */
export function ownParts(contract: JsonObject): OwnParts {
  const components = member(contract, 'components');
  return {
    info: contract['info'] ?? { title: 'NoETL Gateway', version: '1.0.0' },
    servers: contract['servers'],
    tags: Array.isArray(contract['tags']) ? contract['tags'] : [],
    paths: withPublicCalls(member(contract, 'paths')),
    securitySchemes: { ...securitySchemes, ...member(components, 'securitySchemes') },
    headers: member(components, 'headers'),
    responses: { ...member(components, 'responses'), ...responses },
    schemas: { ...member(components, 'schemas'), ApiError: apiError },
  };
}

const member = (object: JsonObject, name: string): JsonObject => {
  const value = object[name];
  return isRecord(value) ? value : {};
};

/** The contract's own default is no session, the whole document's is one. */
function withPublicCalls(paths: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(paths).map(([path, item]) => {
      const operations = isRecord(item) ? item : {};
      const named = Object.entries(operations).map(([method, operation]) => [
        method,
        isRecord(operation) ? { security: [], ...operation } : operation,
      ]);
      return [path, Object.fromEntries(named)];
    }),
  );
}
