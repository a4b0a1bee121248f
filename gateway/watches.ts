import type { Parts } from './compose.ts';
import type { ResolvedConfig } from './config/gateway-config.ts';
import type { Readiness } from './http/readiness.ts';
import type { Telemetry } from './observe/telemetry.ts';
import { type WatchedPolicy, watchPolicy } from './policy/watched-policy.ts';
import type { UpstreamKnowledge } from './upstream/drift-watch.ts';
import { createDriftWatch, type DriftWatch, type DriftWatchOptions } from './upstream/drift-watch.ts';

/** Grants from a file, followed while the gateway runs. @throws ERR_POLICY_INVALID when the file is refused at the start */
export async function followPolicy(
  { config, policyFile }: { readonly config: ResolvedConfig; readonly policyFile?: string },
  { observe, log }: Telemetry,
): Promise<WatchedPolicy | undefined> {
  if (policyFile === undefined) return undefined;
  const { auth, adapters } = config;
  // A file that decides nothing is a mistake that is easily overlooked, and no reason not to start.
  if ((auth.access.checker !== 'local' || adapters.accessChecker !== undefined) && auth.access.combine !== 'both') {
    log.warn(
      {},
      "GATEWAY_POLICY_FILE has no effect: the configured access checker decides alone; set auth.access.combine to 'both'",
    );
  }
  return watchPolicy({
    file: policyFile,
    roles: config.roles,
    reserved: config.compiledGrants.reserved,
    observe,
    report(outcome, problems) {
      if (outcome === 'applied') log.info({ warnings: problems }, 'the policy file has changed: its grants count now');
      else log.error({ problems }, 'the policy file is refused: the grants before it still count');
    },
  });
}

/** Compares NoETL's live document with the pulled one, and notes what it finds. */
export function watchDrift(
  knowledge: Pick<DriftWatchOptions, 'lockedHash' | 'hashOf'> & UpstreamKnowledge,
  { upstream }: Parts,
  readiness: Readiness,
  { observe, log }: Telemetry,
): { readonly watch: DriftWatch; readonly knowledge: UpstreamKnowledge } {
  const watch = createDriftWatch({
    ...knowledge,
    upstream,
    observe,
    // For `/ready` as a note: drift stops nothing.
    notify(state, text) {
      readiness.note('document', text);
      log[state === 'differs' ? 'warn' : 'info']({ drift: state }, text);
    },
  });
  return { watch, knowledge };
}
