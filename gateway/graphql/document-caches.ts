import type { DocumentNode, Token } from 'graphql';
import { LRUCache } from 'lru-cache';

/** Parsed documents and errors of parsing, by the text of the query. */
export interface DocumentCaches {
  readonly documentCache: LRUCache<string, DocumentNode>;
  readonly errorCache: LRUCache<string, Error>;
}

/** Estimates: a token with the nodes that are made of it, and an error with its stack. */
const bytesOfToken = 512;
const bytesOfError = 4 * 1024;
/** An hour: operations of an app that is gone leave. */
const keptMs = 3_600_000;
/** How late an entry may leave, milliseconds: a cache sets a timer each time that it asks for the time anew. */
const lateMs = 1_000;
/** For how long what is made of operations is kept. */
export const keptFor = { ttl: keptMs, ttlResolution: lateMs } as const;

/**
 * Caches with a bound in bytes: 16 MiB of documents, 1 MiB of errors. A document above 256 KiB, which is about 500 tokens,
 * is parsed again each time. Without the bound a user could fill the heap with documents that differ in a comment.
 */
export function createDocumentCaches(): DocumentCaches {
  return {
    documentCache: new LRUCache<string, DocumentNode>({
      max: 1_024,
      ...keptFor,
      maxSize: 16 * 1024 * 1024,
      maxEntrySize: 256 * 1024,
      sizeCalculation: (document, text) => 2 * text.length + bytesOfToken * (1 + tokensOf(document, text.length)),
    }),
    errorCache: new LRUCache<string, Error>({
      max: 1_024,
      ...keptFor,
      maxSize: 1024 * 1024,
      maxEntrySize: 16 * 1024,
      sizeCalculation: (_error, text) => 4 * text.length + bytesOfError,
    }),
  };
}

/** Of a document whose text is not known. */
const assumedBytes = 64 * 1024;

/** About how many bytes a parsed document takes. */
export function bytesOfDocument(document: DocumentNode): number {
  if (document.loc === undefined) return assumedBytes;
  const { length } = document.loc.source.body;
  return 2 * length + bytesOfToken * (1 + tokensOf(document, length));
}

/** Comments are in the list of tokens as well. Without locations every second character may be a token. */
function tokensOf({ loc }: DocumentNode, length: number): number {
  if (loc === undefined) return length / 2;
  let count = 0;
  for (let token: Token | null = loc.startToken; token !== null; token = token.next) count += 1;
  return count;
}
