import { once } from 'node:events';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, resolve } from 'node:path';
import process from 'node:process';
import type { GatewayConfig, ResolvedConfig } from '../../gateway/config/gateway-config.ts';
import { resolveConfig } from '../../gateway/config/resolve-config.ts';
import { createGateway, lookForDrift, takePorts } from '../../gateway/gateway.ts';
import { createIssuerDocuments } from '../../gateway/identity/issuer-documents.ts';
import { auditProblem } from '../../gateway/observe/line-sink.ts';
import { openStore } from '../../gateway/stores/store-adapters.ts';
import { createUpstream } from '../../gateway/upstream/upstream.ts';
import { GatewayError } from '../../plugins/errors.ts';
import type { Upstream, UpstreamReply } from '../../plugins/ports.ts';
import { gatewayOptionsOf, type Project } from '../commands/serve.ts';
import { examine, type Finding, hasProblem, renderFindings, type StartClaim } from './examine.ts';

/** What doctor found, for programs and as lines for a person. */
export interface Examined {
  readonly findings: readonly Finding[];
  readonly text: string;
  readonly hasProblem: boolean;
}

/**
 * Asks every dependency of a project one real question. The same adapters as those of `serve` ask it, so that an answer
 * here is one there.
 */
export async function examineProject(projectDir: string, declaration: GatewayConfig): Promise<Examined> {
  const findings = await examine({
    nodeVersion: process.version,
    resolve: () => resolveConfig(declaration, process.env),
    assemble: (config) => assemble(projectDir, { declaration, config, warnings: [] }),
    claim: claimStart,
    readUpstream: (config) => withUpstream(config, examineUpstream),
    discoverIssuer: (rules) => createIssuerDocuments(rules, globalThis.fetch, Date.now).keyCount(),
    authCalls: (config) => withUpstream(config, probeAuthCalls),
    askCallback: (internalUrl) => probeCallback(internalUrl, globalThis.fetch),
    pingStore,
    async lookForDrift(config) {
      const options = await gatewayOptionsOf(projectDir, { declaration, config, warnings: [] });
      return withUpstream(config, (upstream) => lookForDrift(options, upstream));
    },
    now: () => new Date(),
  });
  return { findings, text: renderFindings(findings), hasProblem: hasProblem(findings) };
}

async function withUpstream<T>(config: ResolvedConfig, ask: (upstream: Upstream) => Promise<T>): Promise<T> {
  const upstream = createUpstream(config.upstream);
  try {
    return await ask(upstream);
  } finally {
    await upstream.close();
  }
}

async function pingStore(config: ResolvedConfig): Promise<void> {
  await withUpstream(config, async (upstream) => {
    const given = { upstream, clock: Date.now, observe: () => {} };
    // A store of the project's own is made as the gateway makes it.
    const store = (await config.adapters.sessionStore?.(given)) ?? (await openStore(config, Date.now));
    try {
      await store.ping();
    } finally {
      await store.close();
    }
  });
}

/** Everything that `serve` makes before it listens. It writes no lines, and opens no audit file. */
async function assemble(projectDir: string, project: Project): Promise<void> {
  const { observability } = project.config;
  const config = {
    ...project.config,
    // A gateway that runs beside this command owns the file.
    observability: { ...observability, logLevel: 'silent', auditTo: 'stdout' } as const,
  };
  const gateway = await createGateway(await gatewayOptionsOf(projectDir, { ...project, config }));
  await gateway.stop();
}

/**
 * What `serve` would get of this machine: the audit file and its ports. Nothing is made, and nothing stays open.
 * @returns a problem for each thing that `serve` would not get; ports that a gateway holds are no problem but
 * `isRunning`
 */
async function claimStart(config: ResolvedConfig): Promise<StartClaim> {
  const { auditTo } = config.observability;
  const audit = auditTo === 'stdout' ? [] : await unwritable(auditTo);
  const ports = await portProblems(config);
  const isRunning = ports.length > 0 && (await isGatewayThere(config));
  // Ports that this gateway holds itself are as they should be.
  return { problems: [...audit, ...(isRunning ? [] : ports)], isRunning };
}

async function portProblems({ listen }: ResolvedConfig): Promise<readonly string[]> {
  const alone = { listen: listenOnce };
  try {
    await takePorts(listen, { public: alone, internal: alone });
    return [];
  } catch (error) {
    if (error instanceof GatewayError) return error.problems;
    throw error;
  }
}

async function isGatewayThere({ listen: { bind, port, internalPort } }: ResolvedConfig): Promise<boolean> {
  // The wildcard address cannot be asked; one of IPv6 needs brackets in a URL (RFC 3986, section 3.2.2).
  const host = ['0.0.0.0', '::'].includes(bind) ? 'localhost' : bind.includes(':') ? `[${bind}]` : bind;
  const isAt = (at: number, place: CallbackPlace) =>
    probeCallback(`http://${host}:${at}`, globalThis.fetch).then(
      (found) => found === place,
      () => false,
    );
  // Both: two programs of another kind may hold the ports, or one of them.
  return (await isAt(port, 'public')) && (await isAt(internalPort, 'internal'));
}

/** The file itself, or the nearest folder that is there, in which it would be made. */
async function unwritable(file: string): Promise<readonly string[]> {
  for (let path = resolve(file); ; path = dirname(path)) {
    const code = await access(path, constants.W_OK).then(
      () => undefined,
      (error: NodeJS.ErrnoException) => error.code ?? 'unknown',
    );
    if (code === undefined) return [];
    // What is there and cannot be written is the answer; what is missing is asked for one folder higher.
    if (code !== 'ENOENT' || path === dirname(path)) return [auditProblem(file, code)];
  }
}

/** Listens for a moment. */
async function listenOnce(port: number, host: string): Promise<number> {
  const server = createServer().listen(port, host);
  await once(server, 'listening');
  server.close();
  await once(server, 'close');
  return port;
}

/**
 * A read that only works when NoETL's database does; `/health` would only report that the process lives.
 * @throws ERR_UPSTREAM when the answer is not 200
 */
export async function examineUpstream(upstream: Upstream): Promise<{ readonly date: Date | undefined }> {
  const { status, date } = await get(upstream, '/api/executions', [['page_size', '1']]);
  if (status !== 200) throw new GatewayError('ERR_UPSTREAM', `it answers ${status}`);
  return { date };
}

/** Asked with GET, which such a call refuses with 405. */
export async function probeAuthCalls(upstream: Upstream): Promise<readonly ('login' | 'validator')[]> {
  const has = async (path: string) => (await get(upstream, path, [])).status === 405;
  const [login, validator] = await Promise.all(['/api/auth/login', '/api/auth/session/validate'].map(has));
  return [...(login ? (['login'] as const) : []), ...(validator ? (['validator'] as const) : [])];
}

const get = (upstream: Upstream, path: string, query: readonly [string, string][]): Promise<UpstreamReply> =>
  upstream.request({ method: 'GET', path, query, idempotent: true, timeoutMs: 10_000, route: path });

/** What answers at `GATEWAY_INTERNAL_URL`. */
type CallbackPlace = 'internal' | 'public' | 'other';

/**
 * Asks the address that playbooks call back, with a call that only the internal listener answers.
 * @param internalUrl without a slash at its end
 * @throws GatewayError ERR_AUTH_UNAVAILABLE with the system's code when nothing answers in time
 */
export async function probeCallback(internalUrl: string, fetch: typeof globalThis.fetch): Promise<CallbackPlace> {
  const get = (path: string) => fetch(internalUrl + path, { redirect: 'manual', signal: AbortSignal.timeout(5_000) });
  try {
    // Both listeners answer `/health`, and only the internal one `/ready`, so that is asked first.
    const ready = await get('/ready');
    const body: unknown = await ready.json().catch(() => undefined);
    if (typeof body === 'object' && body !== null && 'ready' in body) return 'internal';
    return (await (await get('/health')).text()) === 'ok' ? 'public' : 'other';
  } catch (error) {
    throw new GatewayError('ERR_AUTH_UNAVAILABLE', codeOf(error), { cause: error });
  }
}

/** The code of the system, which is in the cause of an error of `fetch`. */
function codeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof Error && 'code' in cause) return String(cause.code);
  return error instanceof Error ? error.name : 'unknown';
}
