import { GatewayError } from '../../plugins/errors.ts';
import { isJsonObject } from '../../plugins/noetl/json-object.ts';
import type { PulledDocument, UpstreamReport } from '../../plugins/noetl/upstream-report.ts';
import type { DriftWatch } from '../upstream/drift-watch.ts';
import type { ConsoleSections } from './console.ts';
import type { UpstreamComparison } from './console-answers.ts';

/** What a project knows of NoETL's document. */
export interface UpstreamKnowledge {
  readonly pulled: PulledDocument;
  /** @param live undefined: it is the pulled one. @throws when the document cannot be compared */
  readonly report: (live: Readonly<Record<string, unknown>> | undefined) => Promise<UpstreamReport>;
}

export interface UpstreamSectionGiven {
  readonly watch: Pick<DriftWatch, 'look' | 'found'>;
  readonly knowledge: UpstreamKnowledge;
}

/** A look that was asked for is made at most once in this time, for all operators. */
const quietMs = 5_000;

/**
 * NoETL's live document against the pulled one. Each document is compared once. A POST with `look: true` looks again.
 * @param given undefined: no document was pulled into this project
 */
export function createUpstreamSection(
  given: UpstreamSectionGiven | undefined,
  clock: () => number,
): ConsoleSections['upstream'] {
  let made: { readonly hash: string; readonly report: Promise<UpstreamReport> } | undefined;
  let lookedMs = Number.NEGATIVE_INFINITY;

  function reportOn({ watch, knowledge }: UpstreamSectionGiven): Promise<UpstreamReport> {
    const live = watch.found()?.live;
    // Without a live document the report is about the pulled one alone: what is closed.
    const hash = live?.hash ?? '';
    if (made?.hash !== hash) {
      // A failure is not kept: the next look compares again.
      const report = knowledge.report(live?.document).catch((error: unknown) => {
        made = undefined;
        throw error;
      });
      made = { hash, report };
    }
    return made.report;
  }

  async function answer(input: unknown): Promise<UpstreamComparison> {
    if (given === undefined) return { state: 'none' };
    const { watch, knowledge } = given;
    const isAsked = isJsonObject(input) && input['look'] === true;
    if (watch.found() === undefined || (isAsked && clock() - lookedMs >= quietMs)) {
      // Before the look, so that operators who ask meanwhile do not start another one.
      lookedMs = clock();
      await watch.look();
    }
    const { state, atMs, live } = watch.found() ?? { state: 'unknown', atMs: clock(), live: undefined };
    try {
      return {
        state,
        at: atMs,
        pulled: knowledge.pulled,
        live: live && nameOf(live.document),
        report: await reportOn(given),
      };
    } catch (error) {
      throw new GatewayError('ERR_UPSTREAM', 'NoETL’s live document cannot be compared; run noetl-gateway diff', {
        cause: error,
      });
    }
  }
  return { to: 'operator', answer };
}

function nameOf({ info, paths }: Readonly<Record<string, unknown>>) {
  const version = isJsonObject(info) && typeof info['version'] === 'string' ? info['version'] : 'unknown';
  return { version, paths: isJsonObject(paths) ? Object.keys(paths).length : 0 };
}
