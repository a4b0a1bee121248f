import { GraphQLError, type GraphQLErrorExtensions } from 'graphql';
import { type ErrorCode, GatewayError, limitHeaders } from '../errors.ts';

/**
 * Codes whose status is the status of the HTTP answer whatever the caller accepts: without a session, without a GraphQL
 * request, or without an answer. With the others `application/json` stays 200.
 */
const realStatus: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ERR_QUERY_REFUSED',
  'ERR_METHOD',
  'ERR_BODY_TOO_LARGE',
  'ERR_MEDIA_TYPE',
  'ERR_RATE_LIMITED',
  'ERR_TOKEN_MISSING',
  'ERR_TOKEN_MALFORMED',
  'ERR_SESSION_INVALID',
  'ERR_ORIGIN_REFUSED',
  'ERR_INTERNAL',
  'ERR_AUTH_UNAVAILABLE',
  'ERR_STORE',
  'ERR_OVERLOADED',
]);

const internal = new GatewayError('ERR_INTERNAL', 'something went wrong in the gateway');

/**
 * Turns an error that was thrown while answering a GraphQL request into the error that a caller sees: code and public message
 * of a GatewayError, the text of errors about the caller's own document, and for everything else ERR_INTERNAL without a
 * word about it. The original stays `originalError`, for the log. Errors of a field leave the HTTP status alone.
 */
export function renderError(error: unknown): GraphQLError {
  const at = error instanceof GraphQLError ? error : undefined;
  const root = rootOf(error);
  if (root instanceof GatewayError) return rendered(root, at, root);
  if (!(root instanceof GraphQLError)) return rendered(internal, at, root);
  if (typeof root.extensions['code'] === 'string') return renderedGraphQL(root, at ?? root);
  // Past validation graphql-js makes errors from what a resolver returned; their text may be the upstream's.
  return at?.path === undefined ? renderedGraphQL(root, root) : rendered(internal, at, root);
}

/** The value that a plugin, a resolver or the executor threw: graphql-js wraps it, once for each level. */
function rootOf(error: unknown): unknown {
  let root = error;
  while (root instanceof GraphQLError && root.originalError != null) root = root.originalError;
  return root;
}

function rendered(error: GatewayError, at: GraphQLError | undefined, original: unknown): GraphQLError {
  return new GraphQLError(error.message, {
    ...placeOf(at),
    originalError: original instanceof Error ? original : new Error('a value that is not an Error was thrown'),
    extensions: { code: error.code, ...(at?.path === undefined ? { http: httpOf(error) } : {}) },
  });
}

/** `spec: false` makes Yoga use the status for `application/json`, too; else GraphQL over HTTP answers 200 there. */
function httpOf(error: GatewayError) {
  const headers = limitHeaders(error);
  const http = { status: error.status, spec: !realStatus.has(error.code) };
  return Object.keys(headers).length === 0 ? http : { ...http, headers };
}

/** Errors that graphql-js or Yoga made about the request, and those that a platform's own resolvers made public. */
function renderedGraphQL(root: GraphQLError, at: GraphQLError): GraphQLError {
  const { code, ...rest } = root.extensions;
  const isMethod = at.path === undefined && rest['http']?.status === 405;
  const extensions: GraphQLErrorExtensions = { ...rest, code: isMethod ? 'ERR_METHOD' : publicCode(code) };
  if (at.path === undefined) extensions['http'] = httpOfRequestError(root.extensions);
  else delete extensions['http'];
  return new GraphQLError(withoutSuggestion(root.message), { ...placeOf(at), extensions });
}

/** Yoga's BAD_REQUEST is not a GraphQL request at all, and is 4xx for every `Accept`. */
function httpOfRequestError({ code, http }: GraphQLErrorExtensions) {
  const given = http ?? { status: 400, spec: true };
  return code === 'BAD_REQUEST' ? { ...given, spec: false } : given;
}

const yogaCodes: Readonly<Record<string, ErrorCode>> = {
  REQUEST_ENTITY_TOO_LARGE: 'ERR_BODY_TOO_LARGE',
  INTERNAL_SERVER_ERROR: 'ERR_INTERNAL',
};
/** Codes of Yoga and of GraphQL over HTTP for errors of the request. */
const graphqlCodes = new Set(['BAD_REQUEST', 'GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED']);

function publicCode(code: unknown): unknown {
  if (typeof code !== 'string' || graphqlCodes.has(code) || code === 'OPERATION_RESOLUTION_FAILURE') {
    return 'ERR_REQUEST_INVALID';
  }
  return yogaCodes[code] ?? code;
}

/** Suggestions name what the caller did not ask for. graphql-js puts them at the end. */
function withoutSuggestion(message: string): string {
  const start = message.lastIndexOf(' Did you mean ');
  return start < 0 ? message : message.slice(0, start);
}

/** Where in the document and in the answer the error is. */
function placeOf(at: GraphQLError | undefined) {
  return { nodes: at?.nodes ?? null, source: at?.source, positions: at?.positions, path: at?.path };
}
