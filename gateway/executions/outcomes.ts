import { setTimeout as wait } from 'node:timers/promises';
import { Cache } from '../../plugins/cache.ts';
import { approximateBytes, heapBytes } from '../../plugins/json/approximate-bytes.ts';
import { failedText } from '../../plugins/noetl/failure-text.ts';
import { createMask, type IsSecretName, noSecretNames } from '../../plugins/noetl/hidden-values.ts';
import { cached, once } from '../../plugins/single-flight.ts';
import type { Asking, ExecutionReads } from './execution-reads.ts';
import type { ExecutionStatus } from './execution-status.ts';
import {
  type Failure,
  failureOf,
  maxReferences,
  type OutcomeParts,
  type Produced,
  producedBy,
  resultText,
  stepResult,
} from './outcome.ts';
import type { ResultRules } from './result-rules.ts';
import { decodeRunEvents } from './run-event.ts';
import type { Seen, Snapshot } from './snapshots.ts';
import { collectSteps, handedReferences, handedWith } from './step-values.ts';
import type { StepFacts } from './steps.ts';

/** The result of an execution, each part read when it is first requested. */
export interface Outcome {
  /** Null unless the execution completed. @throws ResultLost, ERR_UPSTREAM… */
  produced(): Promise<Produced | null>;
  text(): Promise<string | null>;
  /** The result as JSON in UTF-8, and about how many bytes the value takes. That of a finished execution is kept. */
  json(serialize: Serialize): Promise<WrittenOutcome>;
  /** The steps as the events report them: without results that only `/status` holds. */
  facts(): Promise<readonly StepFacts[]>;
  /** The steps with their results. */
  steps(): Promise<readonly StepFacts[]>;
  /** A step's own result; undefined when NoETL keeps no result. @throws ResultLost, ERR_UPSTREAM… */
  stepResult(step: StepFacts): Promise<unknown>;
  /** Null when no step has failed, or the execution completed anyway. */
  failure(): Promise<Failure | null>;
}

type Serialize = (value: unknown) => unknown;

export interface WrittenOutcome {
  readonly json: Buffer;
  readonly bytes: number;
}

/** A larger text is written each time. */
const maxKeptJson = 1024 * 1024;

export interface OutcomesOptions {
  readonly reads: ExecutionReads;
  readonly results: ResultRules;
  readonly isSecret: IsSecretName;
  readonly hideErrors: boolean;
  /** Keeps what was read of an execution: until it is evicted when it is finished, else until the next look. */
  readonly keep: (snapshot: Snapshot, bytes: number) => void;
  /** Called for each call that was made beyond the look itself. */
  readonly spent: (snapshot: Snapshot, calls: number) => void;
}

/** Whether reasons of failures of the playbook on that path stay in NoETL. */
export function hidesErrors(
  { results, hideErrors }: Pick<OutcomesOptions, 'results' | 'hideErrors'>,
  path: string | undefined,
): boolean {
  return (results(path).errors ?? (hideErrors ? 'hidden' : 'shown')) === 'hidden';
}

const eventsForSteps = 500;
/** Of what was handed to later steps: each holds the results of all steps before, the newest the most. */
const maxHanded = 2;

/**
 * Outcomes of snapshots. All who ask about one snapshot share an outcome, so each part is read from NoETL once.
 * @param options `keep` and `spent` tie what is read to the snapshot that it belongs to
 */
export function createOutcomes(options: OutcomesOptions): { of(snapshot: Snapshot, asking: Asking): Outcome } {
  const made = new WeakMap<Snapshot, Outcome>();
  return {
    of(snapshot, asking) {
      const outcome = made.get(snapshot) ?? outcomeOf(snapshot, asking, options);
      made.set(snapshot, outcome);
      return outcome;
    },
  };
}

function outcomeOf(snapshot: Snapshot, asking: Asking, options: OutcomesOptions): Outcome {
  const { detail, over } = snapshot;
  const rule = options.results(detail.path);
  const isHidden = hidesErrors(options, detail.path);
  const mask = createMask(rule.secrets === 'shown' ? noSecretNames : options.isSecret);
  const keepPart = partsKeeper(snapshot, options.keep);
  const resolve = referenceResolver(detail.id, asking, options.reads, keepPart);

  const reported = (steps: readonly StepFacts[]) =>
    isHidden ? steps.map((step) => (step.error === undefined ? step : { ...step, error: failedText })) : steps;
  const lostStep = over?.isResultLost === true ? over.lastStep : undefined;
  const events = once(async () => {
    const { newest } = snapshot.seen;
    // The look has read them all; a run with more needs another read.
    if (newest?.hasAllEvents === true) return decodeRunEvents(newest.events);
    options.spent(snapshot, 1);
    const read = decodeRunEvents((await options.reads.withEvents(detail.id, eventsForSteps, asking)).events);
    return over === undefined ? keepPart('events', read) : read;
  });
  const facts = once(async () => {
    const collected = reported(collectSteps({ events: await events(), status: undefined, lostStep }));
    letGo('facts', collected);
    return collected;
  });
  const steps = once(async () => {
    if (over === undefined) options.spent(snapshot, 1);
    const [read, status] = await Promise.all([events(), readStatus(snapshot, asking, options.reads)]);
    const sources = { events: read, status, lostStep };
    const refs = handedReferences(sources).slice(0, maxHanded);
    const handed = handedWith(read, await Promise.all(refs.map(resolve)));
    const collected = collectSteps(sources, handed);
    if (over !== undefined) Object.assign(snapshot.seen, nothingSeen);
    letGo('steps', collected);
    return reported(collected);
  });
  /** Of a finished execution the part is kept, and not what it was made of. */
  function letGo(part: string, made: readonly StepFacts[]): void {
    if (over !== undefined) events.forget();
    keepPart(part, made);
  }
  const lastStep = over?.lastStep;
  const parts = async (): Promise<OutcomeParts> => ({ steps: await steps(), lastStep, rule, resolve, mask });
  const produced = once(async () =>
    keepPart('result', over?.end === 'COMPLETED' ? await producedBy(await parts()) : null),
  );
  return {
    facts,
    steps,
    produced,
    json: keptJson(produced, (json) => void keepPart('json', json)),
    text: once(async () => {
      const result = await produced();
      return result === null ? null : resultText(await parts(), result);
    }),
    stepResult: async (step) => stepResult(step, await parts()),
    async failure() {
      return over?.end === 'COMPLETED' ? null : (failureOf(await facts(), isHidden) ?? null);
    },
  };
}

const nothingSeen: Seen = { newest: undefined, status: undefined };

/** @returns the value */
type KeepPart = <T>(part: string, value: T) => T;

/** Adds up the bytes of the parts that are kept of an execution. */
function partsKeeper(snapshot: Snapshot, keep: OutcomesOptions['keep']): KeepPart {
  const kept = new Map<string, number>();
  return (part, value) => {
    kept.set(part, Buffer.isBuffer(value) ? value.length : heapBytes(value));
    keep(
      snapshot,
      kept.values().reduce((sum, each) => sum + each, 0),
    );
    return value;
  };
}

function keptJson(produced: Outcome['produced'], keep: (json: Buffer) => void): Outcome['json'] {
  let made: (WrittenOutcome & { readonly serialize: Serialize }) | undefined;
  return async (serialize) => {
    const result = await produced();
    if (made?.serialize === serialize) return made;
    const value = result?.value ?? null;
    const json = Buffer.from(JSON.stringify(value === null ? null : serialize(value)));
    const written = { serialize, json, bytes: approximateBytes(value) };
    if (result === null || json.length > maxKeptJson) return written;
    made = written;
    keep(json);
    return written;
  };
}

/** Results are in `/status` on the Python server, in the events on the Rust server. */
async function readStatus(
  { detail, over, seen }: Snapshot,
  asking: Asking,
  reads: ExecutionReads,
): Promise<ExecutionStatus | undefined> {
  if (detail.server === 'rust') return undefined;
  return seen.status ?? statusNaming(over?.lastStep, () => reads.status(detail.id, asking));
}

/** NoETL's engine may lag its own terminal event for a moment: `/status` is read again until it names the last step. */
async function statusNaming(
  step: string | undefined,
  read: () => Promise<ExecutionStatus | undefined>,
): Promise<ExecutionStatus | undefined> {
  for (const pauseMs of [100, 400, 0]) {
    const status = await read();
    const names = [status?.currentStep, ...(status?.completedSteps ?? [])];
    if (pauseMs === 0 || step === undefined || status === undefined || names.includes(step)) return status;
    await wait(pauseMs);
  }
  return undefined;
}

function referenceResolver(
  id: string,
  asking: Asking,
  reads: ExecutionReads,
  keepPart: KeepPart,
): (ref: string) => Promise<unknown> {
  const found = new Cache<string, Promise<unknown>>({ max: maxReferences });
  return (ref) => {
    return cached(found, ref, async () => keepPart(ref, await reads.resolve(id, ref, asking)));
  };
}
