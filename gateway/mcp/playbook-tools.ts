import { hash } from 'node:crypto';
import { Cache } from '../../plugins/cache.ts';
import type { Clock } from '../../plugins/clock.ts';
import type { JsonSchema } from '../../plugins/json/type-schema.ts';
import { withoutControlNames } from '../../plugins/noetl/control-names.ts';
import { isJsonObject, type JsonObject, textMember } from '../../plugins/noetl/json-object.ts';
import { answerOf } from '../../plugins/noetl/upstream-answer.ts';
import type { Permission } from '../../plugins/noetl-auth/access/grant.ts';
import { createPatternIndex, findInIndex } from '../../plugins/noetl-auth/access/pattern-index.ts';
import { parsePlaybookPath } from '../../plugins/noetl-auth/access/playbook-path.ts';
import type { Upstream } from '../../plugins/ports.ts';
import { cached } from '../../plugins/single-flight.ts';
import type { ResolvedConfig } from '../config/gateway-config.ts';
import type { ToolView } from './tool-server.ts';

/** A playbook that the config makes a tool. */
export interface PlaybookTool {
  readonly path: string;
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonSchema;
}

/** Playbooks as tools, each for those who may execute it. */
export interface PlaybookTools {
  /** @param may asks about the caller. @throws ERR_UPSTREAM… */
  listedFor(may: (permission: Permission, path: string) => Promise<boolean>): Promise<readonly ToolView[]>;
  /** The catalog path of a tool. @returns undefined: no playbook is that tool */
  pathOf(name: string): Promise<string | undefined>;
}

export interface PlaybookToolsOptions {
  readonly config: ResolvedConfig['mcp'];
  readonly upstream: Upstream;
  /** Where NoETL lists its catalog; undefined: the table does not open it, and there are no such tools. */
  readonly route: string | undefined;
  readonly clock: Clock;
}

/** Any object. */
export const anyInput: JsonSchema = { type: 'object', additionalProperties: true };

/**
 * Tools of the playbooks that `mcp.playbooks` matches. The catalog is read for the gateway; each caller's list is
 * decided one by one.
 */
export function createPlaybookTools({ config, upstream, route, clock }: PlaybookToolsOptions): PlaybookTools {
  const patterns = createPatternIndex(config.playbooks.map((pattern) => [pattern, pattern]));
  const catalog = new Cache<'tools', Promise<readonly PlaybookTool[]>>({ max: 1, clock });

  /** The catalog is the same for all: it is read once for a while, for every caller. */
  function tools(): Promise<readonly PlaybookTool[]> {
    if (route === undefined || config.playbooks.length === 0) return Promise.resolve([]);
    const read = () => readTools(upstream, route, (path) => findInIndex(patterns, path) !== undefined);
    return cached(catalog, 'tools', read, clock() + config.catalogMs);
  }

  return {
    async listedFor(may) {
      const listed: ToolView[] = [];
      for (const tool of await tools()) {
        // Each costs two decisions, and a model reads every description.
        if (listed.length >= config.maxPlaybooks) break;
        // The names of its inputs are a part of its source, which `execute` does not show.
        if (await may('execute', tool.path)) listed.push(viewOf(tool, await may('view', tool.path)));
      }
      return listed;
    },
    pathOf: async (name) => (await tools()).find((tool) => tool.name === name)?.path,
  };
}

function viewOf({ name, path, description, inputSchema }: PlaybookTool, showsInput: boolean): ToolView {
  const text = showsInput && description !== '' ? `${description} ` : '';
  return {
    name,
    title: path,
    description: `${text}Runs the playbook ${path} and waits for its result.`,
    inputSchema: showsInput ? inputSchema : anyInput,
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
  };
}

async function readTools(
  upstream: Upstream,
  route: string,
  isWanted: (path: string) => boolean,
): Promise<readonly PlaybookTool[]> {
  const call = { method: 'POST', path: route, route, body: { resource_type: 'playbook' }, idempotent: true } as const;
  // Read by the gateway for itself, so the answer is filtered by path here and by `may` for each caller.
  const body = answerOf(await upstream.request(call));
  const entries = isJsonObject(body) && Array.isArray(body['entries']) ? body['entries'].filter(isJsonObject) : [];
  const newest = new Map<string, JsonObject>();
  for (const entry of entries) {
    const path = textMember(entry, 'path');
    if (path === undefined || parsePlaybookPath(path) === undefined || !isWanted(path)) continue;
    // NoETL runs the newest version.
    if (versionOf(entry) >= versionOf(newest.get(path))) newest.set(path, entry);
  }
  return [...newest].sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, entry]) => toolOf(path, entry));
}

const versionOf = (entry: JsonObject | undefined): number =>
  typeof entry?.['version'] === 'number' ? entry['version'] : 0;

function toolOf(path: string, entry: JsonObject): PlaybookTool {
  const payload = isJsonObject(entry['payload']) ? entry['payload'] : {};
  const metadata = isJsonObject(payload['metadata']) ? payload['metadata'] : {};
  const workload = isJsonObject(payload['workload']) ? payload['workload'] : {};
  return {
    path,
    name: nameOf(path),
    description: (textMember(metadata, 'description') ?? '').slice(0, 500),
    inputSchema: {
      type: 'object',
      properties: Object.fromEntries(
        Object.entries(withoutControlNames(workload)).map(([name, value]) => [name, typeOf(value)]),
      ),
      additionalProperties: true,
    },
  };
}

/** Two paths that read the same as names differ in the hash. */
function nameOf(path: string): string {
  const plain = path.replaceAll(/[^A-Za-z0-9]+/g, '_').slice(0, 48);
  return `playbook_${plain}_${hash('sha256', path).slice(0, 6)}`;
}

/** The type of a default, never the default: it may be a secret. */
function typeOf(value: unknown): JsonSchema {
  if (Array.isArray(value)) return { type: 'array' };
  if (isJsonObject(value)) return { type: 'object' };
  if (typeof value === 'boolean') return { type: 'boolean' };
  return typeof value === 'number' ? { type: 'number' } : typeof value === 'string' ? { type: 'string' } : {};
}
