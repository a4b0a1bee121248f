/** What `pull` writes, relative to the project. */
export const pulledFiles = {
  document: 'openapi/noetl.json',
  types: 'openapi/noetl.types.ts',
  lock: 'openapi/noetl.lock.json',
} as const;
