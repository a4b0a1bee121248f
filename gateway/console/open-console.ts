import { hostname } from 'node:os';
import process from 'node:process';
import type { Answer } from '../http/answer.ts';
import { createBuiltPage } from '../http/built-page.ts';
import type { Exchange } from '../http/exchange.ts';
import type { LiveStore } from '../live/live-store.ts';
import type { Telemetry } from '../observe/telemetry.ts';
import type { WorkerLink } from '../workers/worker-link.ts';
import { createAuditLook } from './audit-look.ts';
import { type ConsoleOptions, createConsole } from './console.ts';
import { recentOf, reportReplica } from './health-section.ts';
import { createReplicas, type Replicas } from './replicas.ts';
import { createSections, type SectionsGiven } from './sections.ts';

/** Styles from here only; the page sets single properties by script, which the policy does not concern. */
const policy = ["style-src 'self'", "img-src 'self' data:"];

export interface OpenConsoleGiven
  extends Omit<
    SectionsGiven,
    'replica' | 'processName' | 'replicas' | 'openBreakers' | 'audit' | 'recent' | 'telemetry' | 'sessions'
  > {
  readonly telemetry: SectionsGiven['telemetry'] & Pick<Telemetry, 'auditRing' | 'recent'>;
  /** Set in one of several worker processes. */
  readonly link?: WorkerLink | undefined;
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
  const recent = recentOf(given.telemetry.recent, given.link, clock);
  // Workers share a host name, so the health of each names its place.
  const processName = given.link === undefined ? hostname() : `${hostname()}, worker ${given.link.place}`;
  const own = { ...given, recent, openBreakers: parts.upstream.openBreakers, replica: hostname(), processName };
  // Processes of one host differ in their ids.
  const name = `${hostname()}-${process.pid}`;
  const replicas = createReplicas({
    store: parts.liveStore,
    clock,
    name,
    report: (isAsked) => reportReplica(own, isAsked),
  });
  const audit = createAuditLook(given.telemetry.auditRing, given.link);
  const sections = createSections({ ...own, replicas, audit, sessions: parts.sessions });
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
