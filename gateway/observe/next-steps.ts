import type { ResolvedConfig } from '../config/gateway-config.ts';
import { storePort } from '../config/store-kinds.ts';
import type { Dependency } from '../console/gateway-health.ts';

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
type Meaning = 'refused' | 'name' | 'unreachable' | 'certificate' | 'slow' | 'broken' | 'proxy' | 'denied' | 'other';

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
