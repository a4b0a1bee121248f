import { getOperationAST } from 'graphql';
import type { GraphQLParams, YogaServerInstance } from 'graphql-yoga';
import type { KnownDocuments } from './known-documents.ts';
import type { GraphqlServerContext, OperationOutcome } from './request-params.ts';

/** The part of Yoga that runs an operation. */
export interface Engine extends Pick<YogaServerInstance<GraphqlServerContext, object>, 'getEnveloped' | 'waitUntil'> {
  /** Receives what has been validated without errors. */
  readonly documents?: Pick<KnownDocuments, 'add'>;
}

/** Members of a request (GraphQL over HTTP, Request Parameters). With any other one Yoga has to decide. */
const known = new Set(['query', 'variables', 'operationName', 'extensions']);

/**
 * Runs one query or mutation with every hook of Envelop, as Yoga does between reading a request and writing its answer.
 * Batches, subscriptions, and parameters of unusual form are not run. Never throws: what is thrown is Yoga's to render.
 * @returns undefined when nothing was run
 */
export async function runOperation(
  { getEnveloped, waitUntil, documents }: Engine,
  params: GraphQLParams,
  request: Request,
  serverContext: GraphqlServerContext,
): Promise<OperationOutcome | undefined> {
  if (!isUsual(params)) return undefined;
  try {
    const context = { ...serverContext, waitUntil, request, params };
    const { schema, parse, validate, contextFactory, execute } = getEnveloped(context);
    const document = parse(params.query);
    const errors = validate(schema, document);
    if (errors.length > 0) return { result: { errors } };
    documents?.add(document);
    // Parsed and validated, and not run: Yoga streams subscriptions.
    if (getOperationAST(document, params.operationName)?.operation === 'subscription') return undefined;
    const { variables: variableValues, operationName } = params;
    const contextValue = await contextFactory();
    return { result: await execute({ schema, document, contextValue, variableValues, operationName }) };
  } catch (error) {
    return { error };
  }
}

/** Whether parameters are one operation whose members have the types of GraphQL over HTTP. */
export function isUsual(params: GraphQLParams): params is GraphQLParams & { readonly query: string } {
  const { query, variables, operationName, extensions } = params;
  return (
    typeof query === 'string' &&
    isAbsentOr('string', operationName) &&
    isAbsentOr('object', variables) &&
    isAbsentOr('object', extensions) &&
    Object.keys(params).every((key) => known.has(key))
  );
}

const isAbsentOr = (type: 'string' | 'object', value: unknown): boolean =>
  value === undefined || value === null || (typeof value === type && !Array.isArray(value));
