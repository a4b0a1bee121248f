import { isJsonObject, type JsonObject, textMember } from '../../plugins/noetl/json-object.ts';
import type { StoredValue } from './execution-steps.ts';
import type { RunEvent } from './run-event.ts';

/** What one iteration of a loop gave. */
export type LoopItem =
  | { readonly state: 'whole'; readonly value: StoredValue }
  /** NoETL's event has only scalars; `within` is where the rest stands, if anywhere: `ctx.<step>` behind the reference. */
  | {
      readonly state: 'part';
      readonly value: StoredValue;
      readonly within?: { readonly ref: string; readonly step: string };
    }
  /** `childId`: the execution of the sub-playbook that failed. */
  | { readonly state: 'failed'; readonly childId?: string | undefined };

/** The iterations of a loop that have ended, in the order of the loop. */
export interface LoopValue {
  readonly kind: 'items';
  readonly items: readonly LoopItem[];
  /** Of all iterations: the size of the list. */
  readonly total: number;
}

/** References to contexts that are read for the loops of one execution: each costs a call. */
export const maxLoopReferences = 16;

/** Beside what NoETL kept of an item: it may have been more. The name is NoETL's own. */
export const partMark = { _truncated: true };
/** In the place of an item that failed. */
export const failedMark = { _failed: true };

/** The references that may still be given out. */
export interface ReferenceBudget {
  left: number;
}

interface Ended {
  /** The event of its end. */
  readonly id: string | undefined;
  readonly commandId: string | undefined;
  item: LoopItem;
}

/** `command.issued` of an iteration (Python). */
interface Issued {
  readonly id: bigint;
  readonly index: number;
}

/**
 * Collects what the iterations of one step gave, from its events, oldest first.
 *
 * The Python server keeps the scalars of each iteration (`call.done`). What an iteration gave stands whole in the
 * context of the command that its end started, and the last one in `loop.done`; both hold whatever ended last, so they
 * count only where a single iteration ended in between. The Rust server keeps each iteration whole.
 */
export class LoopItems {
  #loopId: string | undefined;
  #total = 0;
  readonly #issued: Issued[] = [];
  readonly #commands = new Set<string>();
  readonly #ended = new Map<string, Ended>();
  /** Ended since the newest command of the step. */
  #sinceCommand: Ended[] = [];

  /** `command.issued` of the step (Python): the index of an iteration, and what the one before it gave. */
  issued({ id, cause, step, context }: RunEvent): void {
    const input = objectIn(context, 'input');
    const render = objectIn(context, 'render_context');
    const loop = objectIn(render, 'loop');
    const loopId = textMember(input, '__loop_epoch_id');
    if (loopId !== undefined && loopId !== this.#loopId) this.#restart(loopId);
    const index = naturalOf(input['__loop_claimed_index']) ?? naturalOf(loop['index']);
    this.#total = naturalOf(input['__loop_collection_size']) ?? (naturalOf(loop['length']) || this.#total);
    const eventId = digitsOf(id);
    if (index !== undefined && eventId !== undefined) this.#issued.push({ id: eventId, index });
    const [only] = this.#sinceCommand;
    if (only !== undefined && this.#sinceCommand.length === 1 && (cause === undefined || cause === only.id)) {
      adoptContext(only, render, step);
    }
    this.#sinceCommand = [];
  }

  /** A command of the step was begun. */
  begun({ commandId }: RunEvent): void {
    if (commandId !== undefined) this.#commands.add(commandId);
  }

  /** `step.enter` of a loop (Rust) names its size. */
  entered({ result }: RunEvent): void {
    const size = naturalOf(objectIn(result, 'context')['iterations_expected']);
    if (size === undefined) return;
    this.#restart(undefined);
    this.#total = size;
  }

  /**
   * The end of an iteration; undefined: it failed. Events that are no iteration's change nothing.
   * @param childId the execution that the iteration started
   */
  ended({ id, result, commandId }: RunEvent, value: StoredValue | undefined, childId?: string): void {
    const loopId = textMember(objectIn(result, 'context'), 'loop_event_id');
    if (commandId === undefined || (loopId ?? this.#loopId ?? iterationOf(commandId)) === undefined) return;
    this.#loopId ??= loopId;
    // An iteration of the step's run before this one.
    if (loopId !== undefined && loopId !== this.#loopId) return;
    const state = loopId === undefined || value?.kind === 'reference' ? 'whole' : 'part';
    const ended: Ended = { id, commandId, item: value === undefined ? { state: 'failed', childId } : { state, value } };
    this.#commands.add(commandId);
    this.#ended.set(commandId, ended);
    this.#sinceCommand.push(ended);
  }

  /** `loop.done` (Python) has the iteration that ended last. */
  done({ context }: RunEvent): void {
    const { results } = objectIn(context, 'result');
    if (!Array.isArray(results) || results.length === 0) return;
    const last: unknown = results.at(-1);
    const fitting = this.#sinceCommand.filter(({ item }) => fits(item, last));
    const [only] = fitting;
    if (only !== undefined && fitting.length === 1) adopt(only, last);
  }

  /** Undefined: the step is no loop, or none of its iterations has ended. */
  value(budget: ReferenceBudget): LoopValue | undefined {
    if (this.#ended.size === 0) return undefined;
    const indexes = this.#indexes();
    const placed = new Map<number, Ended>();
    for (const ended of this.#ended.values()) {
      const index = iterationOf(ended.commandId) ?? indexes.get(ended.commandId ?? '');
      if (index !== undefined) placed.set(index, ended);
    }
    // Without any index they are in the order of their ends.
    const inOrder =
      placed.size === 0 ? [...this.#ended.values()] : [...placed].toSorted(byIndex).map(([, each]) => each);
    const items = inOrder.map(({ item }) => affordable(item, budget));
    return {
      kind: 'items',
      items,
      total: Math.max(this.#total, ...placed.keys().map((last) => last + 1), items.length),
    };
  }

  /** The indexes of commands: the event of a command is the first of its step whose id is above the command's. */
  #indexes(): ReadonlyMap<string, number> {
    const commands = [...this.#commands].flatMap((text) => {
      const id = digitsOf(text);
      return id === undefined ? [] : [{ text, id }];
    });
    const issued = this.#issued.toSorted((a, b) => order(a.id, b.id));
    const found = new Map<string, number>();
    let next = 0;
    for (const { text, id } of commands.toSorted((a, b) => order(a.id, b.id))) {
      while (next < issued.length && (issued[next]?.id ?? 0n) <= id) next += 1;
      const event = issued[next];
      if (event === undefined) break;
      found.set(text, event.index);
      next += 1;
    }
    return found;
  }

  #restart(loopId: string | undefined): void {
    this.#loopId = loopId;
    this.#ended.clear();
    this.#issued.length = 0;
    this.#commands.clear();
    this.#sinceCommand = [];
  }
}

const byIndex = ([a]: readonly [number, unknown], [b]: readonly [number, unknown]): number => a - b;
const order = (a: bigint, b: bigint): number => (a < b ? -1 : Number(a > b));
const digitsOf = (id: string | undefined): bigint | undefined =>
  id !== undefined && /^\d{1,20}$/.test(id) ? BigInt(id) : undefined;

/** An iteration's command on the Rust server ends in `:i0`, `:i1`, … */
function iterationOf(commandId: string | undefined): number | undefined {
  const index = /:i(\d{1,9})$/.exec(commandId ?? '')?.[1];
  return index === undefined ? undefined : Number(index);
}

function adoptContext(ended: Ended, render: JsonObject, step: string): void {
  const { kind, ref, ctx } = render;
  if (isJsonObject(ctx) && Object.hasOwn(ctx, step)) adopt(ended, ctx[step]);
  else if (kind === 'result_ref' && typeof ref === 'string' && ended.item.state === 'part') {
    ended.item = { ...ended.item, within: { ref, step } };
  }
}

function adopt(ended: Ended, whole: unknown): void {
  if (ended.item.state === 'part') ended.item = withWhole(ended.item, whole);
}

/** The item with what NoETL has of it elsewhere. Its scalars stay beside a preview. */
export function withWhole(
  { value }: LoopItem & { state: 'part' },
  whole: unknown,
): Exclude<LoopItem, { state: 'failed' }> {
  return isPreview(whole)
    ? { state: 'part', value: { kind: 'value', value: { ...scalarsOf(value), ...whole } } }
    : { state: 'whole', value: { kind: 'value', value: whole } };
}

/** Of a large value NoETL keeps a preview: `{ _type, _preview, _truncated, _original_size_bytes }`. */
export const isPreview = (value: unknown): value is JsonObject =>
  isJsonObject(value) && value['_truncated'] === true && Object.hasOwn(value, '_preview');

/** Whether a value may be what that iteration gave, by the scalars that are known of it. */
function fits(item: LoopItem, value: unknown): boolean {
  if (item.state !== 'part') return false;
  const whole = isPreview(value) ? value['_preview'] : value;
  const scalars = Object.entries(scalarsOf(item.value)).filter(([, known]) => !isJsonObject(known));
  return scalars.every(([name, known]) => isJsonObject(whole) && `${whole[name]}` === `${known}`);
}

function scalarsOf(value: StoredValue): JsonObject {
  const known = value.kind === 'value' ? value.value : value.beside;
  return isJsonObject(known) ? known : {};
}

/** Beyond the budget the scalars beside a reference are all that is given (Python). */
function affordable(item: LoopItem, budget: ReferenceBudget): LoopItem {
  if (item.state === 'failed') return item;
  const { value } = item;
  const isReference = value.kind === 'reference' && value.isToolAnswer !== true;
  if (!isReference && (item.state === 'whole' || item.within === undefined)) return item;
  budget.left -= 1;
  if (budget.left >= 0) return item;
  return { state: 'part', value: { kind: 'value', value: scalarsOf(value) } };
}

function objectIn(holder: JsonObject | undefined, name: string): JsonObject {
  const value = holder?.[name];
  return isJsonObject(value) ? value : {};
}

const naturalOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
