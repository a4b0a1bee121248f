import process from 'node:process';
import type { GatewayConfig, ResolvedConfig } from '../gateway/config/gateway-config.ts';
import { resolveConfig } from '../gateway/config/resolve-config.ts';
import { createGateway } from '../gateway/gateway.ts';
import { createIssuerDocuments } from '../gateway/identity/issuer-documents.ts';
import { openStore } from '../gateway/stores/store-adapters.ts';
import { createUpstream } from '../gateway/upstream/undici-upstream.ts';
import { readLock } from '../generator/pull/pulled-files.ts';
import type { Upstream } from '../plugins/ports.ts';
import { claimStart } from './claim-start.ts';
import { examine, hasProblem } from './doctor/examine.ts';
import { examineUpstream, probeDocument } from './doctor/examine-upstream.ts';
import type { Finding } from './doctor/finding.ts';
import { probeCallback } from './doctor/probe-callback.ts';
import { renderFindings } from './doctor/render-findings.ts';
import { gatewayOptionsOf, type Project } from './serve/project-gateway.ts';

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
    askCallback: (internalUrl) => probeCallback(internalUrl, globalThis.fetch),
    pingStore,
    liveDocumentHash: (config) => withUpstream(config, probeDocument),
    lockedDocumentHash: async () => (await readLock(projectDir))?.apiSha256,
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
