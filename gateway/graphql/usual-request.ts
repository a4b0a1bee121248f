import type { Exchange } from '../http/exchange.ts';

const json = 'application/json; charset=utf-8';
const graphqlResponse = 'application/graphql-response+json; charset=utf-8';

/** The content type of Yoga's answer to an error-free result, by the values of `Accept` that clients of GraphQL send. */
const contentTypes: ReadonlyMap<string | undefined, string> = new Map([
  [undefined, json],
  ['*/*', json],
  ['application/json', json],
  ['application/json, */*', json],
  ['application/json, text/plain, */*', json],
  ['application/graphql-response+json', graphqlResponse],
  ['application/graphql-response+json, application/json', graphqlResponse],
  ['application/graphql-response+json,application/json;q=0.9', graphqlResponse],
  ['application/graphql-response+json, application/graphql+json, application/json', graphqlResponse],
]);

/** As clients send it. What is not here takes the longer way with the same answer. */
const jsonBodies = new Set(['application/json', 'application/json; charset=utf-8', 'application/json;charset=utf-8']);

/**
 * Whether a request is of the usual kind: a POST of JSON without parameters in its address, that accepts what clients of
 * GraphQL accept. Header values are compared exactly. Every other request takes the general path, which is slower.
 * @returns the content type of an answer without errors; undefined when the request is not usual
 */
export function contentTypeOfUsual({ method, search, request: { headers } }: Exchange): string | undefined {
  const isUsual = method === 'POST' && search === '' && jsonBodies.has(headers['content-type'] ?? '');
  return isUsual ? contentTypes.get(headers.accept) : undefined;
}
