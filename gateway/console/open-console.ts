import { hostname } from 'node:os';
import process from 'node:process';
import type { Answer } from '../http/answer.ts';
import { createBuiltPage } from '../http/built-page.ts';
import type { Exchange } from '../http/exchange.ts';
import type { LiveStore } from '../live/live-store.ts';
import type { Telemetry } from '../observe/telemetry.ts';
import type { AuditRing } from './audit-ring.ts';
import { type ConsoleOptions, createConsole } from './console.ts';
import { reportReplica } from './health-section.ts';
import { createRecentNumbers } from './recent-numbers.ts';
import { createReplicas, type Replicas } from './replicas.ts';
import { createSections, type SectionsGiven } from './sections.ts';

/** Styles from here only; the page sets single properties by script, which the policy does not concern. */
const policy = ["style-src 'self'", "img-src 'self' data:"];

export interface OpenConsoleGiven
  extends Omit<
    SectionsGiven,
    'replica' | 'processName' | 'replicas' | 'openBreakers' | 'audit' | 'recent' | 'telemetry' | 'sessions'
  > {
  readonly telemetry: Pick<Telemetry, 'dependencies' | 'metricsJson'>;
  /** The newest audit lines of this process. */
  readonly auditRing: AuditRing;
  readonly parts: {
    readonly upstream: { readonly openBreakers: SectionsGiven['openBreakers'] };
    readonly liveStore: LiveStore;
    readonly sessions: SectionsGiven['sessions'];
  };
}

/** The console of one process, and what it knows of the others. */
export function openConsole(
  given: OpenConsoleGiven,
  ways: Omit<ConsoleOptions, 'page' | 'roles' | 'sections'>,
): { readonly handle: (exchange: Exchange) => Promise<Answer>; readonly replicas: Replicas } {
  const { config, clock, parts } = given;
  const own = {
    ...given,
    recent: createRecentNumbers(given.telemetry.metricsJson, clock),
    openBreakers: parts.upstream.openBreakers,
    replica: hostname(),
    processName: hostname(),
  };
  // Processes of one host differ in their ids.
  const name = `${hostname()}-${process.pid}`;
  const replicas = createReplicas({
    store: parts.liveStore,
    clock,
    name,
    report: (isAsked) => reportReplica(own, isAsked),
  });
  const sections = createSections({ ...own, replicas, audit: given.auditRing, sessions: parts.sessions });
  return {
    replicas,
    handle: createConsole({
      ...ways,
      roles: config.console.roles,
      page: createBuiltPage({ name: 'console', title: 'The console', policy }),
      sections,
    }),
  };
}
