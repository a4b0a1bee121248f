import { fileURLToPath } from 'node:url';
import { openApiOperations, type TableRow } from './mesh-document.ts';
import { protocolSdl } from './protocol-sdl.ts';

/** Names of the files that Mesh reads, in the folder of generated files. `.meshrc.ts` of a project refers to them. */
export const meshFiles = { document: 'noetl.openapi.json', protocol: 'protocol.graphql' } as const;

/** Any address: the schema is made without a call, and the server knows its upstream from its own configuration. */
const endpoint = 'http://noetl.invalid';

interface MeshSource {
  name: string;
  handler: Record<string, Record<string, unknown>>;
}

/** Mesh's configuration, as `.meshrc.ts` exports it. */
export interface MeshConfig {
  sources: MeshSource[];
  transforms?: Record<string, unknown>[];
}

/**
 * The config of Mesh: one source made from the pulled document, one from the protocol's SDL.
 * @param folder where {@link meshFiles} are, relative to the folder that Mesh works in.
 */
export function meshConfig(operations: readonly TableRow[], folder: string): MeshConfig {
  const upstream = openApiOperations(operations);
  const roots = new Map(operations.map(({ field, root }) => [field, root]));
  const noetl: MeshSource = {
    name: 'Noetl',
    handler: {
      openapi: {
        source: `${folder}/${meshFiles.document}`,
        endpoint,
        // The gateway words errors itself.
        ignoreErrorResponses: true,
        // Mesh decides by the method; a row can mark a POST as a read.
        selectQueryOrMutationField: upstream.map(({ field }) => ({
          type: roots.get(field) === 'query' ? 'query' : 'mutation',
          fieldName: field,
        })),
      },
    },
  };
  const protocol: MeshSource = {
    name: 'Protocol',
    handler: { jsonSchema: { source: `${folder}/${meshFiles.protocol}`, endpoint } },
  };
  return {
    sources: [...(upstream.length === 0 ? [] : [noetl]), ...(protocolSdl(operations) === undefined ? [] : [protocol])],
  };
}

/** The configuration with the schema shaped by the table, for Mesh's own commands. */
export const withTransform = (config: MeshConfig, operations: readonly TableRow[]): MeshConfig => ({
  ...config,
  transforms: [{ [transformPath()]: { operations } }],
});

/** Beside this file, in the language that this file is in: Mesh loads a transform by its path. */
function transformPath(): string {
  const name = import.meta.url.endsWith('.ts') ? './shape-transform.ts' : './shape-transform.js';
  return fileURLToPath(new URL(name, import.meta.url));
}
