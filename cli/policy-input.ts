import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { type DocumentNode, parse } from 'graphql';
import { reservedPlaybooks } from '../gateway/config/defaults.ts';
import type { AnyRow, GatewayConfig } from '../gateway/config/gateway-config.ts';
import { pairRootFields, rootFieldNodes } from '../gateway/operations/root-fields.ts';
import { GatewayError } from '../plugins/errors.ts';
import type { AccessRule } from '../plugins/noetl-auth/access/access-rule.ts';
import { type CompiledGrants, compileGrants } from '../plugins/noetl-auth/access/decision.ts';
import type { Grant } from '../plugins/noetl-auth/access/grant.ts';
import type { PolicyCase } from '../plugins/noetl-auth/access/policy-cases.ts';
import { readPolicyCases } from '../plugins/noetl-auth/access/policy-cases-file.ts';
import { readPolicy } from '../plugins/noetl-auth/access/policy-file.ts';
import { decisionOf, type PastDecision } from '../plugins/noetl-auth/access/policy-replay.ts';
import { configFile, loadConfig, schemaFile } from './load-config.ts';

/** A policy with what is around it in the project's config. */
export interface LoadedPolicy {
  readonly grants: readonly Grant[];
  readonly roles: readonly string[];
  readonly compiled: CompiledGrants;
  readonly operations: Readonly<Record<string, AnyRow>>;
  readonly rules: ReadonlyMap<string, AccessRule>;
}

/**
 * The policy of the project, or of `file`: another config in TypeScript, or a policy file, which takes roles and rules
 * from the project's config. Without `file`, `GATEWAY_POLICY_FILE` counts as it does for the gateway.
 * @param file relative to the folder of the caller
 * @throws ERR_CONFIG_INVALID with every problem of the file or of the config
 */
export async function loadPolicy(dir: string, file?: string): Promise<LoadedPolicy> {
  // By its end: a policy file is YAML or JSON.
  const isConfig = file !== undefined && /\.[cm]?[jt]s$/.test(file);
  const config = isConfig ? await importConfig(file) : await loadConfig(dir);
  const fromFile = isConfig ? undefined : (file ?? (process.env['GATEWAY_POLICY_FILE']?.trim() || undefined));
  const grants = fromFile === undefined ? config.grants : await readGrants(fromFile, config.roles);
  const operations: Readonly<Record<string, AnyRow>> = config.operations;
  return {
    grants,
    roles: config.roles,
    // With the reserved playbooks of this environment, which no grant opens.
    compiled: compileGrants(grants, reservedPlaybooks(config, process.env)),
    operations,
    rules: new Map(Object.entries(operations).map(([field, { access }]) => [field, access])),
  };
}

async function importConfig(file: string): Promise<GatewayConfig> {
  // Not by `loadConfig`: the file may have any name, and be outside of the project.
  const module: { default?: GatewayConfig } = await import(pathToFileURL(resolve(file)).href).catch(
    (error: unknown) => {
      throw broken(`${file} does not load`, [error instanceof Error ? error.message : String(error)]);
    },
  );
  if (module.default === undefined)
    throw broken(`${file} must export default defineGateway({ … }), as ${configFile} does`);
  return module.default;
}

async function readGrants(file: string, roles: readonly string[]): Promise<readonly Grant[]> {
  const { grants, problems } = readPolicy(await textOf(file), basename(file), roles);
  if (problems.length > 0) throw broken(`${file} is refused`, problems);
  return grants;
}

/** The cases of a file, see {@link readPolicyCases}. @throws ERR_CONFIG_INVALID with every problem */
export async function readCases(file: string, roles: readonly string[]): Promise<readonly PolicyCase[]> {
  const { cases, problems } = readPolicyCases(await textOf(file), basename(file), roles);
  if (problems.length > 0) throw broken(`${file} has invalid cases`, problems);
  return cases;
}

/** Decisions on a path of an audit log; other lines, and those without roles, are counted. */
export async function readAuditLog(
  file: string,
): Promise<{ readonly decisions: readonly PastDecision[]; readonly skipped: number }> {
  const lines = (await textOf(file)).split('\n').filter((line) => line.trim() !== '');
  const decisions = lines.flatMap((line, index) => pastDecision(line, `${basename(file)}:${index + 1}`) ?? []);
  return { decisions, skipped: lines.length - decisions.length };
}

function pastDecision(line: string, source: string): PastDecision | undefined {
  let entry: Record<string, unknown>;
  try {
    // Logs are cut and mixed with other lines; a line that is not JSON is skipped.
    entry = JSON.parse(line);
  } catch {
    return undefined;
  }
  return decisionOf(entry ?? {}, source);
}

/**
 * Rules that do not fit what their fields do, as the start reports them: of the generated schema and the rows of a config.
 * Nothing when `generate` has not run.
 */
export async function ruleProblems(dir: string, { operations }: LoadedPolicy): Promise<readonly string[]> {
  const schema = await generatedSchema(dir);
  return schema === undefined ? [] : pairRootFields(schema, operations).problems;
}

/** The names of all root fields of the generated schema; undefined when `generate` has not run. */
export async function fieldsOfSchema(dir: string): Promise<ReadonlySet<string> | undefined> {
  const schema = await generatedSchema(dir);
  return schema && new Set(rootFieldNodes(schema).map(([, field]) => field.name.value));
}

async function generatedSchema(dir: string): Promise<DocumentNode | undefined> {
  const sdl = await readFile(schemaFile(dir), 'utf8').catch(() => undefined);
  return sdl === undefined ? undefined : parse(sdl, { noLocation: true });
}

/**
 * The paths of NoETL's catalog: by its `POST /api/catalog/list`, or of a file with that answer, a JSON list of paths, or a path
 * a line.
 * @param source of a URL without a path, the list's own is taken
 * @throws ERR_CONFIG_INVALID when it cannot be read or names no path: an empty catalog would make each pattern a finding
 */
export async function readCatalog(source: string): Promise<readonly string[]> {
  const isUrl = /^https?:\/\//i.test(source);
  const text = isUrl ? await catalogAnswer(source) : await textOf(source);
  const paths = pathsIn(text);
  if (paths.length === 0) throw broken(`${isUrl ? new URL(source).origin : source} names no catalog path`);
  return paths;
}

const maxCatalogBytes = 67_108_864;

async function catalogAnswer(source: string): Promise<string> {
  if (!URL.canParse(source)) throw broken(`${source} is not a URL`);
  const url = new URL(source);
  if (url.pathname === '/') url.pathname = '/api/catalog/list';
  const failed = (why: string): GatewayError => broken(`the catalog of ${url.origin} cannot be read`, [why]);
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
      redirect: 'error',
      signal: AbortSignal.timeout(30_000),
    });
    if (!response.ok) throw failed(`POST ${url.pathname} answered ${response.status}`);
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of response.body ?? []) {
      size += chunk.length;
      if (size > maxCatalogBytes) throw failed('it is larger than 64 MiB');
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    throw failed(error instanceof Error ? error.message : String(error));
  }
}

function pathsIn(text: string): readonly string[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return text.split('\n').flatMap((line) => line.trim() || []);
  }
  const { entries, items } = (value ?? {}) as { readonly entries?: unknown; readonly items?: unknown };
  const list = [value, entries, items].find(Array.isArray) ?? [];
  return list.flatMap((row: unknown) => {
    const path = typeof row === 'object' && row !== null && 'path' in row ? row.path : row;
    return typeof path === 'string' ? [path] : [];
  });
}

async function textOf(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: unknown) => {
    throw broken(`${file} cannot be read`, [error instanceof Error ? error.message : String(error)]);
  });
}

const broken = (message: string, problems: readonly string[] = []): GatewayError =>
  new GatewayError('ERR_CONFIG_INVALID', message, { problems });
