import type { DocumentNode, GraphQLSchema, OperationDefinitionNode } from 'graphql';
import { LRUCache } from 'lru-cache';
import { guardedResolver } from '../../plugins/noetl-auth/guard-root-resolvers.ts';
import { type CompiledOperation, compileOperation } from '../operations/compiled/compile-operation.ts';
import { asksNoetl } from '../operations/executable-schema.ts';
import { bytesOfDocument, keptFor } from './document-caches.ts';

/** @returns undefined for an operation that is left to the stock executor */
export type CompiledOperations = (
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
) => CompiledOperation | undefined;

interface Entry {
  readonly schema: GraphQLSchema;
  readonly compiled: CompiledOperation | undefined;
}

/** Estimate: the functions that write a field, with what they hold, in bytes. */
const bytesOfField = 1024;

/**
 * Compiles each operation once. The operations that are kept have a bound in bytes, 16 MiB with the documents that they
 * hold; one above 512 KiB is compiled again each time.
 */
export function createCompiledOperations(): CompiledOperations {
  const kept = new LRUCache<OperationDefinitionNode, Entry, DocumentNode>({
    max: 1_024,
    ...keptFor,
    maxSize: 16 * 1024 * 1024,
    maxEntrySize: 512 * 1024,
  });
  return (schema, document, operation) => {
    const known = kept.get(operation);
    // An operation is kept with the schema it was compiled for; there is one schema for the life of a process.
    if (known !== undefined && known.schema === schema) return known.compiled;
    const compiled = compileOperation({ schema, document, operation }, isOwn);
    const size = bytesOfDocument(document) + bytesOfField * (1 + (compiled?.fieldCount ?? 0));
    kept.set(operation, { schema, compiled }, { size });
    return compiled;
  };
}

/** A plugin may wrap resolvers; only the gateway's own do not look at the whole of what the executor gives them. */
const isOwn: Parameters<typeof compileOperation>[1] = ({ resolve }) => asksNoetl(guardedResolver(resolve));
