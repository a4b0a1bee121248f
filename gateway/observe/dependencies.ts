import type { Clock } from '../../plugins/clock.ts';
import type { GatewayEvent } from '../../plugins/observe.ts';
import { storePort } from '../config/addresses.ts';
import type { ResolvedConfig } from '../config/gateway-config.ts';
import type { Logger } from './logger.ts';

/** Dependencies of the gateway: NoETL by class of calls, the session store, each identity provider, callbacks of auth playbooks. */
export interface Dependency {
  readonly name: 'noetl' | 'store' | 'identity' | 'callbacks';
  /** Which of that name: a class of calls, an issuer of the config, or a playbook of the config. */
  readonly of: string;
}

/** A dependency as it was last seen. */
export interface DependencyState extends Dependency {
  readonly isUp: boolean;
  /** Set while `isUp` is false. */
  readonly failingSinceMs?: number;
}

/** How a dependency was seen in one event. */
interface Sight extends Dependency {
  /** Undefined: it answers. */
  readonly problem: string | undefined;
}

interface State {
  readonly dependency: Dependency;
  failingSinceMs: number | undefined;
  failures: number;
  /** Whether the failure that lasts has its line. */
  isSaid: boolean;
  lastLineMs: number;
}

/** Follows by events what the gateway needs. It asks nothing itself. */
export interface DependencyLog {
  record(event: GatewayEvent): void;
  /** Every dependency that was seen so far, and whether it answers. */
  states(): readonly DependencyState[];
}

/** A dependency that fails and recovers all the time has one pair of lines in this time. */
const quietMs = 10_000;

/** Issuers and playbooks come from the config; a bound for adapters that name more. */
const maxDependencies = 100;

/**
 * One line at the first failure of a dependency, with the cause and what to do next, and one when it answers again, with how
 * long it was down. Failures between them are counted, and have no lines.
 */
export function createDependencyLog(log: Logger, clock: Clock, steps: NextSteps): DependencyLog {
  const states = new Map<string, State>();

  /** @returns undefined: there is no room for another dependency */
  function stateOf({ name, of }: Dependency): State | undefined {
    const key = `${name} ${of}`;
    const known = states.get(key);
    if (known !== undefined || states.size >= maxDependencies) return known;
    const lastLineMs = Number.NEGATIVE_INFINITY;
    const state: State = {
      dependency: { name, of },
      failingSinceMs: undefined,
      failures: 0,
      isSaid: false,
      lastLineMs,
    };
    states.set(key, state);
    return state;
  }

  function failed(state: State, sight: Sight, problem: string): void {
    const now = clock();
    state.failingSinceMs ??= now;
    state.failures += 1;
    // A new failure soon after the last line waits for its line: the next failure after the pause writes it.
    if (state.isSaid || now - state.lastLineMs < quietMs) return;
    state.isSaid = true;
    state.lastLineMs = now;
    const { name, of } = sight;
    const { what, next } = nextStep(sight, problem, steps);
    log.error({ dependency: name, of, problem, failures: state.failures, next }, what);
  }

  function recovered(state: State): void {
    const { dependency, failures, isSaid, failingSinceMs = clock() } = state;
    state.failingSinceMs = undefined;
    state.isSaid = false;
    // A failure without a line recovers without one.
    if (!isSaid) return;
    state.failures = 0;
    const downMs = clock() - failingSinceMs;
    log.info({ dependency: dependency.name, of: dependency.of, failures, downMs }, 'a dependency answers again');
  }

  return {
    record(event) {
      const sight = sightIn(event);
      const state = sight && stateOf(sight);
      if (sight === undefined || state === undefined) return;
      if (sight.problem !== undefined) failed(state, sight, sight.problem);
      else if (state.failingSinceMs !== undefined) recovered(state);
    },
    states: () =>
      [...states.values()].map(({ dependency, failingSinceMs }) => ({
        ...dependency,
        isUp: failingSinceMs === undefined,
        ...(failingSinceMs !== undefined && { failingSinceMs }),
      })),
  };
}

/** The statuses that a proxy sends in the place of NoETL (RFC 9110, sections 15.6.3 to 15.6.5). */
const gatewayStatuses = new Set<unknown>([502, 503, 504]);

function sightIn(event: GatewayEvent): Sight | undefined {
  switch (event.type) {
    case 'upstream_call': {
      const { class: of, status, problem } = event;
      // Errors without a problem do not speak of NoETL's health: a caller that left, an answer that is too large.
      if (status === 'error' && problem === undefined) return undefined;
      return { name: 'noetl', of, problem: problem ?? (gatewayStatuses.has(status) ? `HTTP_${status}` : undefined) };
    }
    case 'store_call':
      return { name: 'store', of: 'sessions', problem: event.problem };
    case 'provider_call':
      return { name: 'identity', of: event.issuer, problem: event.problem };
    case 'auth_playbook':
      return { name: 'callbacks', of: event.path, problem: event.outcome === 'answered' ? undefined : event.outcome };
    default:
      return undefined;
  }
}

/** Addresses that an operator has configured; without credentials. */
export interface NextSteps {
  readonly noetlUrl: string;
  readonly noetlTimeoutSecs: number;
  readonly storeUrl: string;
  readonly internalUrl: string;
  readonly playbooks: { readonly login: string; readonly validateSession: string; readonly checkAccess: string };
}

/** @returns what sentences for operators name, of this config; addresses without user and password */
export function nextStepsOf({ upstream, sessions, listen, auth }: ResolvedConfig): NextSteps {
  return {
    noetlUrl: withoutCredentials(upstream.baseUrl.href),
    noetlTimeoutSecs: upstream.timeoutMs / 1_000,
    storeUrl: withoutCredentials(sessions.store),
    internalUrl: listen.internalUrl,
    playbooks: auth.playbooks,
  };
}

/** The problem, in a sentence, and the repair. */
export interface NextStep {
  readonly what: string;
  readonly next: string;
}

/** The meaning of a problem, for every dependency. */
type Meaning =
  | 'refused'
  | 'name'
  | 'unreachable'
  | 'certificate'
  | 'slow'
  | 'broken'
  | 'proxy'
  | 'denied'
  | 'full'
  | 'other';

/**
 * By the codes of Node, undici, NATS and Redis, in this order: `CONNECT_TIMEOUT` is unreachable before `TIMEOUT` is
 * slow.
 */
const meanings: readonly (readonly [problem: RegExp, meaning: Meaning])[] = [
  [/ECONNREFUSED|CONNECTION_REFUSED/, 'refused'],
  [/ENOTFOUND|EAI_AGAIN/, 'name'],
  [/ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT|EHOSTUNREACH|ENETUNREACH/, 'unreachable'],
  [/CERT|ERR_TLS|ERR_SSL|EPROTO|UNABLE_TO_VERIFY/, 'certificate'],
  [/TIMEOUT|in time/, 'slow'],
  [/ECONNRESET|EPIPE|UND_ERR_SOCKET|CONNECTION_CLOSED/, 'broken'],
  [/^HTTP_/, 'proxy'],
  [/AUTHENTICATION|PERMISSION/, 'denied'],
  [/OUT_OF_MEMORY|READONLY/, 'full'],
];

const meaningOf = (problem: string): Meaning => meanings.find(([pattern]) => pattern.test(problem))?.[1] ?? 'other';

/** @param problem a code of the system or of a client, or the outcome of an auth playbook; no text of the upstream */
export function nextStep({ name, of }: Dependency, problem: string, steps: NextSteps): NextStep {
  switch (name) {
    case 'noetl':
      return ofNoetl(of, problem, steps);
    case 'store':
      return ofStore(problem, steps);
    case 'identity':
      return ofProvider(of, problem);
    case 'callbacks':
      return ofCallbacks(of, problem, steps);
  }
}

/** By what the problem means; the sentence names the variable or the policy that an operator changes. */
function ofNoetl(of: string, problem: string, { noetlUrl, noetlTimeoutSecs }: NextSteps): NextStep {
  const { hostname, port } = placeOf(noetlUrl);
  const next: Readonly<Record<Meaning, string>> = {
    refused: `nothing listens on port ${port} of ${hostname}: start NoETL, or correct NOETL_BASE_URL`,
    name: `the name ${hostname} does not resolve: correct NOETL_BASE_URL, and let the NetworkPolicy noetl-gateway open DNS (port 53)`,
    unreachable: `no connection to ${hostname}, port ${port}: the NetworkPolicy noetl-gateway must open it outwards, and policies of NoETL's namespace inwards`,
    certificate: `the certificate of ${hostname} is not accepted: correct it, or give Node its issuer by NODE_EXTRA_CA_CERTS`,
    slow: `NoETL took the call and did not answer in time (NOETL_TIMEOUT_SECS is ${noetlTimeoutSecs}): look at NoETL's load and its database`,
    broken: 'NoETL closes connections before it answers: look at its log and for restarts',
    proxy: 'a proxy before NoETL answers instead of it: look at the proxy and at NoETL',
    denied: 'look at NoETL',
    full: 'look at NoETL',
    other: `look at NoETL's log; NOETL_BASE_URL is ${noetlUrl}`,
  };
  return { what: `NoETL does not answer calls of the class ${of}: ${problem}`, next: next[meaningOf(problem)] };
}

function ofStore(problem: string, { storeUrl }: NextSteps): NextStep {
  const { hostname, port } = placeOf(storeUrl);
  const next: Readonly<Record<Meaning, string>> = {
    refused: `nothing listens on port ${port} of ${hostname}: start the store, or correct GATEWAY_SESSION_STORE`,
    name: `the name ${hostname} does not resolve: correct GATEWAY_SESSION_STORE, and let the NetworkPolicy noetl-gateway open DNS (port 53)`,
    unreachable: `no connection to ${hostname}, port ${port}: the NetworkPolicy noetl-gateway-session-store must open it`,
    certificate: `the certificate of ${hostname} is not accepted: correct it, or give Node its issuer by NODE_EXTRA_CA_CERTS`,
    slow: `${hostname} does not answer within a second: look at its load and its memory`,
    broken: `${hostname} closes connections: look at its log and for restarts`,
    proxy: `look at ${hostname}`,
    denied:
      'the store refuses the user or the password in GATEWAY_SESSION_STORE, or a command: docs/sessions.md lists those that are needed',
    full: `${hostname} takes no writes: give it memory or disk, or set GATEWAY_SESSION_STORE to the server that takes them`,
    other: `look at the log of ${hostname}`,
  };
  const isWithoutStreams = problem === 'JETSTREAM_OFF';
  return {
    what: `the session store does not answer: ${problem}`,
    next: isWithoutStreams ? `start NATS at ${hostname} with JetStream (-js)` : next[meaningOf(problem)],
  };
}

function ofProvider(issuer: string, problem: string): NextStep {
  const { hostname, port } = placeOf(issuer);
  const reach = `the NetworkPolicy noetl-gateway must open port ${port} to ${hostname}, and a proxy must let it pass`;
  const next: Readonly<Record<Meaning, string>> = {
    refused: `nothing listens there: correct GATEWAY_TRUSTED_ISSUERS; ${reach}`,
    name: `the name ${hostname} does not resolve: correct GATEWAY_TRUSTED_ISSUERS, and open DNS (port 53)`,
    unreachable: reach,
    certificate: `the certificate of ${hostname} is not accepted: give Node its issuer by NODE_EXTRA_CA_CERTS`,
    slow: `the provider is slow, or packets are dropped: ${reach}`,
    broken: reach,
    proxy: reach,
    full: reach,
    denied: 'the provider refuses the client of the gateway: look at its entry in auth.issuers',
    other: 'run noetl-gateway doctor, which reads what the provider publishes',
  };
  return { what: `the identity provider ${issuer} could not be asked: ${problem}`, next: next[meaningOf(problem)] };
}

function ofCallbacks(path: string, problem: string, { internalUrl, playbooks }: NextSteps): NextStep {
  const { port } = placeOf(internalUrl);
  // By the config's variable for that playbook.
  if (problem === 'missing') {
    const names = Object.entries({
      AUTH_PLAYBOOK_LOGIN: playbooks.login,
      AUTH_PLAYBOOK_VALIDATE_SESSION: playbooks.validateSession,
      AUTH_PLAYBOOK_CHECK_ACCESS: playbooks.checkAccess,
    });
    const variable = names.find(([, value]) => value === path)?.[0] ?? 'AUTH_PLAYBOOK_LOGIN';
    return { what: `the auth playbook ${path} is not in NoETL's catalog`, next: `register it, or correct ${variable}` };
  }
  if (problem === 'refused') {
    return { what: `NoETL did not start the auth playbook ${path}`, next: "look at NoETL's log" };
  }
  return {
    what: `the auth playbook ${path} does not call back`,
    next: `NoETL's workers must reach GATEWAY_INTERNAL_URL (${internalUrl}): open port ${port} to them in the NetworkPolicy noetl-gateway, and look at the executions of ${path}`,
  };
}

/** Host and port for a sentence; words for what is not an address. */
function placeOf(url: string): { readonly hostname: string; readonly port: string } {
  if (!URL.canParse(url)) return { hostname: 'its host', port: 'its port' };
  const { hostname, port, protocol } = new URL(url);
  return { hostname, port: port || (protocol === 'http:' ? '80' : String(storePort(protocol) ?? 443)) };
}

function withoutCredentials(text: string): string {
  if (!URL.canParse(text)) return '';
  const url = new URL(text);
  url.username = '';
  url.password = '';
  return url.href;
}
