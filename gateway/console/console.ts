import { hostname } from 'node:os';
import process from 'node:process';
import type { Caller } from '../../plugins/call-context.ts';
import { GatewayError } from '../../plugins/errors.ts';
import { type DecisionOptions, decideCall } from '../../plugins/noetl-auth/decide-call.ts';
import { type Answer, errorAnswer, json, notAllowed, toGatewayError } from '../http/answer.ts';
import type { Exchange } from '../http/exchange.ts';
import { consolePath } from '../http/exchange.ts';
import { parseBody, readBody, requireJson } from '../http/read-body.ts';
import { type BuiltPage, createBuiltPage } from '../http/static-files.ts';
import type { Telemetry } from '../observe/telemetry.ts';
import type { RequireCaller } from '../rest/rest-routes.ts';
import type { SharedStore } from '../stores/shared-store.ts';
import type { AuditRing } from './audit-ring.ts';
import type { ConsoleAnswers } from './console-answers.ts';
import { createReplicas, type Replicas, reportReplica } from './health.ts';
import { createRecentNumbers } from './recent-numbers.ts';
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
    readonly liveStore: SharedStore;
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

type Handle = (exchange: Exchange) => Promise<Answer>;

/** One question that the console asks about the gateway itself. */
export interface ConsoleSection<Answer = unknown> {
  /** `session`: every caller with a session; `operator`: callers with one of the roles of the config. */
  readonly to: 'session' | 'operator';
  /**
   * @param input the JSON body; undefined for a GET.
   * @returns what the answer's JSON body is.
   * @throws ERR_REQUEST_INVALID
   */
  readonly answer: (input: unknown, caller: Caller, exchange: Exchange) => Answer | Promise<Answer>;
}

/** A section for each answer that the page knows. */
export type ConsoleSections = { readonly [Name in keyof ConsoleAnswers]: ConsoleSection<ConsoleAnswers[Name]> };

export interface ConsoleOptions {
  readonly page: BuiltPage;
  readonly graphql: Handle;
  /** The REST routes; undefined for a path that is not theirs. */
  readonly rest: (exchange: Exchange) => Promise<Answer> | undefined;
  /** @throws ERR_TOKEN_MISSING, ERR_SESSION_INVALID and others of the session look-up */
  readonly requireCaller: RequireCaller;
  readonly deciding: DecisionOptions;
  readonly roles: readonly string[];
  /** By name: `GET` or `POST /console/api/<name>`. */
  readonly sections: ConsoleSections;
  readonly maxBodyBytes: number;
  /** Receives failures of the gateway (5xx). Refusals are answers. */
  readonly onError: (error: unknown, exchange: Exchange) => void;
}

/** Routes of the gateway that the page needs where only the console is served: the internal listener. */
const passedOn = new Set(
  ['logout', 'exchange', 'validate', 'check-access', 'providers'].map((name) => `/api/auth/${name}`),
);

/**
 * `/console`: the page, the GraphQL endpoint and the few auth routes under its own prefix, and what it shows of the gateway
 * itself. There is no other way in: a call has the session, the decision and the audit that it has on the public listener.
 */
export function createConsole(options: ConsoleOptions): Handle {
  // One rule beside those of the schema, so that the look at a section is decided and reported as every call is. It has
  // no arguments that could hold templates.
  const rules = new Map([
    ['console', { root: 'query', access: { kind: 'role', roles: options.roles }, allowTemplates: true }] as const,
  ]);
  const deciding: DecisionOptions = { ...options.deciding, rules };
  return async (exchange) => {
    // The handlers know the paths of the public listener, without the prefix.
    const path = exchange.path.slice(consolePath.length);
    if (path === '/graphql' && exchange.method === 'POST') return options.graphql({ ...exchange, path });
    if (passedOn.has(path)) return (await options.rest({ ...exchange, path })) ?? notFound();
    if (path.startsWith('/api/')) return section(path.slice('/api/'.length), exchange, options, deciding);
    if (exchange.method !== 'GET' && exchange.method !== 'HEAD') return notAllowed('GET, HEAD');
    return file(path, exchange, options.page);
  };
}

async function section(
  name: string,
  exchange: Exchange,
  { sections, requireCaller, maxBodyBytes, onError }: ConsoleOptions,
  deciding: DecisionOptions,
): Promise<Answer> {
  try {
    const found: ConsoleSection | undefined = Object.hasOwn(sections, name)
      ? sections[name as keyof ConsoleSections]
      : undefined;
    if (found === undefined) return notFound();
    if (exchange.method !== 'GET' && exchange.method !== 'POST') return notAllowed('GET, POST');
    const caller = await requireCaller(exchange);
    // Before the body is read: a caller who may not look sends nothing that is parsed.
    if (found.to === 'operator') await assertOperator(caller, exchange, deciding);
    return json(200, await found.answer(await inputOf(exchange, maxBodyBytes), caller, exchange));
  } catch (error) {
    if (toGatewayError(error).status >= 500) onError(error, exchange);
    return errorAnswer(error);
  }
}

/** @throws ERR_ACCESS_DENIED; the denial is in the audit log as one of the operation `console` */
async function assertOperator(caller: Caller, { requestId }: Exchange, deciding: DecisionOptions): Promise<void> {
  const decision = await decideCall({ name: 'console', root: 'query', args: {} }, { caller, requestId }, deciding);
  if (decision.outcome === 'denied') throw decision.error;
}

async function inputOf({ method, request, bodyLease }: Exchange, maxBodyBytes: number): Promise<unknown> {
  if (method !== 'POST') return undefined;
  requireJson(request);
  return parseBody(await readBody(request, { maxBytes: maxBodyBytes, lease: bodyLease }));
}

/** The page has views at addresses of their own; all of them are the same page. */
function file(path: string, { request }: Exchange, page: BuiltPage): Answer {
  const encoding = request.headers['accept-encoding'];
  const accepted = Array.isArray(encoding) ? encoding.join() : encoding;
  if (!path.startsWith('/assets/') && path !== '/licences.txt') return page.page(accepted);
  return page.asset(path.slice(1), accepted, request.headers['if-none-match']) ?? notFound();
}

const notFound = (): Answer => errorAnswer(new GatewayError('ERR_NOT_FOUND', 'there is nothing at this path'));
