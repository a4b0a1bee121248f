import type { ResolvedConfig } from '../../gateway/config/gateway-config.ts';
import type { IssuerRules } from '../../gateway/config/identity/issuer-rules.ts';
import { sharedStoreForms, storeKindOf } from '../../gateway/config/store-kinds.ts';
import { nextStep, nextStepsOf } from '../../gateway/observe/dependencies.ts';
import { GatewayError } from '../../plugins/errors.ts';
import { problemCode } from '../../plugins/problem-code.ts';
import { examineCallback } from './examine-callback.ts';
import { examineStart } from './examine-start.ts';
import { type Finding, fine, problem, skipped, warning } from './finding.ts';
import type { DoctorProbes } from './probes.ts';

/** The `engines` of `package.json`: the major version and the minor one. */
const neededNode = [22, 19] as const;
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
      ? (['start', 'upstream', 'issuer', 'callback', 'store', 'drift'] as const).map(skipped)
      : [...(await examineStart(probes, config)), ...(await examineOutside(probes, config))];
  return [examineNode(probes.nodeVersion), ...environment.findings, ...rest];
}

/** After the start has been tried: that listens for a moment where the callback is asked for. */
async function examineOutside(probes: DoctorProbes, config: ResolvedConfig): Promise<readonly Finding[]> {
  const found = await Promise.all([
    examineUpstream(probes, config),
    ...config.auth.issuers.map((rules) => examineIssuer(probes, rules)),
    examineCallback(probes, config),
    examineStore(probes, config),
    examineDrift(probes, config),
  ]);
  return found.flat();
}

/** Whether something has to be done before a gateway can serve. */
export const hasProblem = (findings: readonly Finding[]): boolean =>
  findings.some(({ outcome }) => outcome === 'problem');

function examineNode(version: string): Finding {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  const isNew = major > neededNode[0] || (major === neededNode[0] && minor >= neededNode[1]);
  return isNew
    ? fine('node', `Node ${version}`)
    : problem('node', `Node ${version} is too old`, `install Node ${neededNode.join('.')} or newer`);
}

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
    const locked = await probes.lockedDocumentHash();
    if (locked === undefined) {
      return problem('drift', 'no document has been pulled', 'run: noetl-gateway pull <url or file>');
    }
    const live = await probes.liveDocumentHash(config);
    if (live === undefined) return { ...skipped('drift'), message: 'NoETL does not publish its document' };
    if (live === locked) return fine('drift', 'NoETL’s document is the one that was pulled');
    const step = 'pull it, look at the diff, generate: docs/regenerate.md';
    return warning('drift', 'NoETL’s document is another one than was pulled', step);
  } catch (error) {
    return warning('drift', `NoETL’s document cannot be compared: ${reason(error)}`, 'see upstream');
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
