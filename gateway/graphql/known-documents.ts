import type { DocumentNode } from 'graphql';
import type { DocumentCaches } from './document-caches.ts';

/** Documents that have passed every limit and all of validation, by their text. */
export interface KnownDocuments {
  /** @returns undefined: it has to be parsed and validated */
  of(text: string): DocumentNode | undefined;
  /** To be called when the document of a text has been validated without errors. */
  add(document: DocumentNode): void;
}

/** What is known is as old, and as much, as the cache of documents allows. */
export function createKnownDocuments({ documentCache }: DocumentCaches): KnownDocuments {
  // By the document and not by its text: a document that left the cache is validated again.
  const valid = new WeakSet<DocumentNode>();
  return {
    of(text) {
      const document = documentCache.get(text);
      return document !== undefined && valid.has(document) ? document : undefined;
    },
    add: (document) => void valid.add(document),
  };
}
