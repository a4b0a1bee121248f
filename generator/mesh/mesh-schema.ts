import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DocumentNode } from 'graphql';
import { GatewayError } from '../../plugins/errors.ts';
import type { Operation } from '../../plugins/operation.ts';
import { sha256 } from '../canonical-text.ts';
import { type MeshConfig, meshConfig } from './mesh-config.ts';

/** What Mesh has made of sources that it was given before. A key is the hash of everything that Mesh is given. */
export interface MeshCache {
  /** @returns undefined: not known */
  read(key: string): Promise<DocumentNode | undefined>;
  write(key: string, made: DocumentNode): Promise<void>;
}

type Sources = Readonly<Record<string, string>>;

/**
 * Mesh's schema, before it is shaped. Loading Mesh is most of a run that changes nothing, so it is loaded only when its
 * sources are other ones than before.
 * @throws ERR_SPEC_UNSUPPORTED when Mesh gives up
 */
export async function meshSchema(
  operations: readonly Operation[],
  sources: Sources,
  cache?: MeshCache,
): Promise<DocumentNode> {
  const config = meshConfig(operations, '.');
  // No operation is open, so there is nothing to ask Mesh about.
  if (config.sources.length === 0) return { kind: 'Document', definitions: [] } as unknown as DocumentNode;
  // With the config beside the sources: rows that change an option of a source change what Mesh makes.
  const key = cache === undefined ? '' : sha256(JSON.stringify([config, sources]));
  const known = await cache?.read(key);
  if (known !== undefined) return known;
  const made = await askMesh(config, sources);
  await cache?.write(key, made);
  return made;
}

/** Mesh reads files only, so its sources are in a temporary folder meanwhile. */
async function askMesh(config: MeshConfig, sources: Sources): Promise<DocumentNode> {
  // Imported here and not above: `serve` and runs that change nothing do not load Mesh (ADR 0001).
  const [{ processConfig }, { getMesh }, { getDocumentNodeFromSchema }] = await Promise.all([
    import('@graphql-mesh/config'),
    import('@graphql-mesh/runtime'),
    import('@graphql-tools/utils'),
  ]);
  const folder = await mkdtemp(join(tmpdir(), 'noetl-gateway-'));
  const logged: string[] = [];
  try {
    await Promise.all(Object.entries(sources).map(([name, text]) => writeFile(join(folder, name), text)));
    const options = await processConfig({ ...config, logger: loggerName } as Parameters<typeof processConfig>[0], {
      dir: folder,
      importFn: (id: string) => importModule(id, createLogger(logged)),
    });
    const mesh = await getMesh(options);
    const made = getDocumentNodeFromSchema(mesh.schema);
    mesh.destroy();
    return made;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new GatewayError('ERR_SPEC_UNSUPPORTED', 'Mesh could not make a schema of the document.', {
      cause: error,
      problems: [why, ...logged],
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Mesh's config names its logger as a module. */
const loggerName = 'noetl-gateway-logger';

/** Mesh loads its parts by name; the one name that is ours is a logger that keeps errors only. */
async function importModule<T>(id: string, logger: unknown): Promise<T> {
  if (id === loggerName) return logger as T;
  const module = (await import(id)) as T & { default?: T };
  return module.default ?? module;
}

function createLogger(errors: string[]): object {
  const silent = (): void => {};
  const logger = {
    name: '',
    log: silent,
    debug: silent,
    info: silent,
    warn: silent,
    error: (...words: unknown[]) => {
      errors.push(words.map((word) => (word instanceof Error ? word.message : String(word))).join(' '));
    },
    child: () => logger,
    addPrefix: () => logger,
  };
  return logger;
}
