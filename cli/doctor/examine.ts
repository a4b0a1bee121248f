import { isLoopback, sharedStoreForms, storeKindOf } from '../../gateway/config/addresses.ts';
import type { ResolvedConfig } from '../../gateway/config/gateway-config.ts';
import type { IssuerRules } from '../../gateway/config/issuers.ts';
import { nextStep, nextStepsOf } from '../../gateway/observe/dependencies.ts';
import { type DocumentCheck, driftText } from '../../gateway/upstream/document-check.ts';
import { GatewayError, problemCode } from '../../plugins/errors.ts';

/** One line of `doctor`. `nextStep` is what to do about it; absent when it is fine. */
export interface Finding {
  readonly check: 'node' | 'environment' | 'start' | 'upstream' | 'issuer' | 'logins' | 'callback' | 'store' | 'drift';
  /** `skipped`: could not be asked, because something before it failed. */
  readonly outcome: 'fine' | 'warning' | 'problem' | 'skipped';
  readonly message: string;
  readonly nextStep: string | undefined;
}

/** A finding of one kind; `nextStep` is the repair. */
type Judged = (check: Finding['check'], message: string, nextStep: string) => Finding;

const warning: Judged = (check, message, nextStep) => ({ check, outcome: 'warning', message, nextStep });
const problem: Judged = (check, message, nextStep) => ({ check, outcome: 'problem', message, nextStep });

const fine = (check: Finding['check'], message: string): Finding => ({
  check,
  outcome: 'fine',
  message,
  nextStep: undefined,
});
const skipped = (check: Finding['check']): Finding => ({
  check,
  outcome: 'skipped',
  message: 'not asked: the environment has to be right first',
  nextStep: undefined,
});

/** What `serve` would get of the machine. */
export interface StartClaim {
  /** Whatever stops it, one line each, with what to do. */
  readonly problems: readonly string[];
  /** The gateway's ports are taken by a gateway. */
  readonly isRunning: boolean;
}

/** Questions that doctor asks of the world. A question that cannot be answered throws. */
export interface DoctorProbes {
  /** One that is too old runs no command (`node-problem.ts`). */
  readonly nodeVersion: string;
  /** Reads the environment. @throws ERR_CONFIG_INVALID with every problem. */
  readonly resolve: () => { readonly config: ResolvedConfig; readonly warnings: readonly string[] };
  /** Makes the gateway that `serve` would run, and closes it again. @throws what stops `serve` */
  readonly assemble: (config: ResolvedConfig) => Promise<void>;
  /** What of the machine `serve` would not get: files, ports. */
  readonly claim: (config: ResolvedConfig) => Promise<StartClaim>;
  /** A real read of NoETL, and its clock when it sends `Date`. */
  readonly readUpstream: (config: ResolvedConfig) => Promise<{ readonly date: Date | undefined }>;
  /** How many keys for signatures an issuer publishes. */
  readonly discoverIssuer: (rules: IssuerRules) => Promise<number>;
  /** What of `auth` NoETL does by calls of its own, without playbooks. */
  readonly authCalls: (config: ResolvedConfig) => Promise<readonly ('login' | 'validator')[]>;
  /** What answers at the address that playbooks call back. */
  readonly askCallback: (internalUrl: string) => Promise<'internal' | 'public' | 'other'>;
  readonly pingStore: (config: ResolvedConfig) => Promise<void>;
  /** NoETL's API of now against the pulled document; undefined before the first pull. */
  readonly lookForDrift: (config: ResolvedConfig) => Promise<DocumentCheck | undefined>;
  readonly now: () => Date;
}

/** A difference of the clocks above this is a warning, milliseconds. */
const skewLimitMs = 30_000;

/**
 * Looks at everything that a gateway needs; never throws for what it finds. Outside of the process all questions are
 * asked at once.
 * @returns one finding or more for each check, in a fixed order; checks that need a config are `skipped` without one
 */
export async function examine(probes: DoctorProbes): Promise<readonly Finding[]> {
  const environment = examineEnvironment(probes);
  const { config } = environment;
  const rest =
    config === undefined
      ? (['start', 'upstream', 'issuer', 'logins', 'callback', 'store', 'drift'] as const).map(skipped)
      : [...(await examineStart(probes, config)), ...(await examineOutside(probes, config))];
  return [fine('node', `Node ${probes.nodeVersion}`), ...environment.findings, ...rest];
}

/** After the start has been tried: that listens for a moment where the callback is asked for. */
async function examineOutside(probes: DoctorProbes, config: ResolvedConfig): Promise<readonly Finding[]> {
  const found = await Promise.all([
    examineUpstream(probes, config),
    ...config.auth.issuers.map((rules) => examineIssuer(probes, rules)),
    examineLogins(probes, config),
    examineCallback(probes, config),
    examineStore(probes, config),
    examineDrift(probes, config),
  ]);
  return found.flat();
}

/** Whether something has to be done before a gateway can serve. */
export const hasProblem = (findings: readonly Finding[]): boolean =>
  findings.some(({ outcome }) => outcome === 'problem');

function examineEnvironment(probes: DoctorProbes): { findings: Finding[]; config?: ResolvedConfig } {
  try {
    const { config, warnings } = probes.resolve();
    const warned = warnings.map((text) => warning('environment', text, 'remove it, or correct its name'));
    return { config, findings: [fine('environment', `complete, for ${config.mode}`), ...warned] };
  } catch (error) {
    const problems = error instanceof GatewayError && error.problems.length > 0 ? error.problems : [reason(error)];
    return { findings: problems.map((text) => problem('environment', text, 'set it, and run doctor again')) };
  }
}

async function examineUpstream(probes: DoctorProbes, config: ResolvedConfig): Promise<Finding[]> {
  const place = config.upstream.baseUrl.host;
  try {
    // NoETL's clock is a header of an answer that is needed anyway.
    const { date } = await probes.readUpstream(config);
    const skewMs = date === undefined ? 0 : Math.abs(date.getTime() - probes.now().getTime());
    const read = fine('upstream', `NoETL at ${place} answers a real read`);
    if (skewMs <= skewLimitMs) return [read];
    const message = `the clocks of this machine and of NoETL differ by ${Math.round(skewMs / 1000)} s`;
    return [read, warning('upstream', message, 'synchronise them (NTP): sessions and tokens are judged by the time')];
  } catch (error) {
    const step = 'check NOETL_BASE_URL, and that this machine may reach it (NetworkPolicy)';
    return [problem('upstream', `NoETL at ${place} does not answer a read: ${reason(error)}`, step)];
  }
}

async function examineIssuer(probes: DoctorProbes, rules: IssuerRules): Promise<Finding> {
  const { issuer } = rules;
  try {
    const keys = await probes.discoverIssuer(rules);
    return fine('issuer', `${issuer} publishes ${keys} ${keys === 1 ? 'key' : 'keys'}`);
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    // The verifier's own words are for callers; the cause names the problem of the issuer.
    const why = cause instanceof Error && 'problem' in cause ? String(cause.problem) : reason(error);
    const step =
      'check the issuer letter by letter, and that this machine may reach it (proxy, private CA: docs/identity.md)';
    return problem('issuer', `${issuer}: ${why}`, step);
  }
}

/** Auth playbooks wait for the workers that users' playbooks keep busy. @returns nothing when no auth playbook runs */
async function examineLogins(
  { authCalls }: Pick<DoctorProbes, 'authCalls'>,
  config: ResolvedConfig,
): Promise<Finding[]> {
  const asPlaybooks = (['login', 'validator'] as const).filter((name) => config.auth[name].kind === 'playbook');
  if (asPlaybooks.length === 0) return [];
  const names = asPlaybooks.map((name) => `auth.${name}`).join(', ');
  const message = `playbooks do the work of ${names}, on workers that users keep busy: a full pool locks everybody out`;
  const calls = await authCalls(config).catch((): readonly string[] => []);
  const better = asPlaybooks.filter((name) => calls.includes(name)).map((name) => `auth.${name}: { kind: 'http' }`);
  const step =
    better.length > 0
      ? `set ${better.join(' and ')} in gateway.config.ts: this NoETL has the call`
      : 'keep workers free for it, or log in at the gateway: docs/configure.md, A login that runs no playbook';
  return [warning('logins', message, step)];
}

async function examineStore(probes: DoctorProbes, config: ResolvedConfig): Promise<Finding> {
  const isOwn = config.adapters.sessionStore !== undefined;
  const kind = storeKindOf(config.sessions.store);
  const name = isOwn ? 'session store of adapters.sessionStore' : `${kind} session store`;
  // Nothing to ask: it is in this process.
  if (kind === 'memory' && !isOwn) {
    const step = `for more than one replica set GATEWAY_SESSION_STORE to ${sharedStoreForms}`;
    return warning('store', 'sessions are kept in memory, for this process alone', step);
  }
  try {
    await probes.pingStore(config);
    return fine('store', `the ${name} answers`);
  } catch (error) {
    const step = isOwn
      ? 'check its address, its password, and that this machine may reach it'
      : nextStep({ name: 'store', of: 'sessions' }, problemCode(error), nextStepsOf(config)).next;
    return problem('store', `the ${name} does not answer: ${storeReason(error)}`, step);
  }
}

async function examineDrift(probes: DoctorProbes, config: ResolvedConfig): Promise<Finding> {
  try {
    const found = await probes.lookForDrift(config);
    if (found === undefined) {
      return problem('drift', 'no document has been pulled', 'run: noetl-gateway pull <url or file>');
    }
    if (found.state === 'same') return fine('drift', driftText(found));
    const step = found.state === 'differs' ? 'look at the diff, pull and generate: docs/regenerate.md' : 'see upstream';
    return warning('drift', driftText(found), step);
  } catch (error) {
    return warning('drift', `not checked: ${reason(error)}`, 'see start');
  }
}

/** The code of the cause, for example `ECONNREFUSED`: the store's own error only reports that it does not answer. */
function storeReason(error: unknown): string {
  const code = problemCode(error);
  return code === 'OTHER' ? reason(error) : code;
}

/** The sentence of an error of ours; of others only the kind, for their texts hold addresses and passwords. */
function reason(error: unknown): string {
  if (error instanceof GatewayError) return error.message.replace(/\.$/, '');
  if (error instanceof Error && 'code' in error) return String(error.code);
  return error instanceof Error ? error.name : 'unknown';
}

/**
 * Whether `serve` would start: the generated schema, the policy file, OpenTelemetry, adapters and plugins by making the
 * same gateway; then files and ports.
 * @returns a problem for each line that `serve` would print before it exits
 */
async function examineStart(
  { assemble, claim }: Pick<DoctorProbes, 'assemble' | 'claim'>,
  config: ResolvedConfig,
): Promise<readonly Finding[]> {
  const { problems, isRunning } = await claim(config);
  const found = [...(await problemsOf(assemble, config)), ...problems].map(startProblem);
  const { port, internalPort } = config.listen;
  // The ports are taken by the gateway itself; the other problems would stop a restart.
  if (isRunning) {
    const message = `a gateway listens on ports ${port} and ${internalPort} already`;
    const nextStep =
      'nothing, where it is this one; else stop it, or set ROUTER_PORT and GATEWAY_INTERNAL_PORT to others';
    return [...found, warning('start', message, nextStep)];
  }
  if (found.length > 0) return found;
  return [fine('start', 'schema, config, plugins and ports are as serve needs them')];
}

async function problemsOf(assemble: DoctorProbes['assemble'], config: ResolvedConfig): Promise<readonly string[]> {
  try {
    await assemble(config);
    return [];
  } catch (error) {
    if (error instanceof GatewayError) return error.problems.length > 0 ? error.problems : [error.message];
    // Of a plugin or an adapter: `serve` would print the same, with its stack.
    return [error instanceof Error ? `${error.name}: ${error.message}` : 'a value that is not an Error was thrown'];
  }
}

/** What `serve` would exit with. */
const startProblem = (message: string): Finding =>
  problem('start', message, 'correct it, and run doctor again: serve would exit with this');

/**
 * Whether the address that auth playbooks call back is that of the internal listener. It is asked from here, which is
 * not where NoETL's workers are, so an answer does not prove that they reach it.
 * @returns nothing when no auth playbook runs
 */
export async function examineCallback(
  { askCallback }: Pick<DoctorProbes, 'askCallback'>,
  { auth, listen, upstream }: ResolvedConfig,
): Promise<readonly Finding[]> {
  if (![auth.login.kind, auth.validator.kind, auth.access.checker].includes('playbook')) return [];
  const { internalUrl } = listen;
  // No answer could be right: the address is that of NoETL's own machine there.
  if (isLoopback(new URL(internalUrl)) && !isLoopback(upstream.baseUrl)) {
    const step = `set GATEWAY_INTERNAL_URL to an address of the gateway that NoETL's workers reach, in Kubernetes http://$(POD_IP):${listen.internalPort}`;
    return [problem('callback', `GATEWAY_INTERNAL_URL is ${internalUrl}, and NoETL is on another machine`, step)];
  }
  try {
    return [found(await askCallback(internalUrl), internalUrl, listen.internalPort)];
  } catch (error) {
    const why = error instanceof GatewayError ? error.message : 'it could not be asked';
    const step = `start the gateway, then run doctor where NoETL's workers run; they must reach it (GATEWAY_INTERNAL_URL, NetworkPolicy, port ${listen.internalPort})`;
    return [warning('callback', `nothing answers at GATEWAY_INTERNAL_URL (${internalUrl}) from here: ${why}`, step)];
  }
}

function found(place: 'internal' | 'public' | 'other', url: string, port: number): Finding {
  const step = `set GATEWAY_INTERNAL_URL to the internal listener, port ${port}: callbacks to other ports are not taken`;
  switch (place) {
    case 'internal':
      return fine('callback', `the internal listener answers at ${url}; NoETL's workers must reach it too`);
    case 'public':
      return problem('callback', `GATEWAY_INTERNAL_URL (${url}) is the public listener`, step);
    case 'other':
      return problem('callback', `something that is not the gateway answers at GATEWAY_INTERNAL_URL (${url})`, step);
  }
}

const words: Readonly<Record<Finding['outcome'], string>> = {
  fine: 'ok     ',
  warning: 'warning',
  problem: 'PROBLEM',
  skipped: 'skipped',
};

/** One line for each finding, with the next step after an arrow. */
export function renderFindings(findings: readonly Finding[]): string {
  const lines = findings.map(({ check, outcome, message, nextStep }) => {
    const line = `${words[outcome]}  ${check.padEnd(11)}  ${message}`;
    // Messages hold texts of NoETL and of issuers, and a terminal obeys control characters.
    return (nextStep === undefined ? line : `${line} -> ${nextStep}`).replaceAll(/\p{Cc}/gu, '?');
  });
  return `${lines.join('\n')}\n`;
}
