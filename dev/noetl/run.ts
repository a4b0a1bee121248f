import { rawNumber } from '../../plugins/json/lossless-json.ts';
import { createEventIds } from './ids.ts';

/** An event of an execution, in neither server's words: the shapes write what their server shows of it. */
export interface StandInEvent {
  readonly id: string;
  /** When it can be read, in milliseconds. */
  readonly at: number;
  /** Its `created_at`: a worker's events carry the worker's time, which is earlier. */
  readonly createdAt: number;
  readonly type: string;
  readonly node: string;
  readonly status: string;
  /** As on the wire; null when the event has no result. */
  readonly result: unknown;
  readonly context: unknown;
  readonly error: string | null;
  readonly parentId: string | null;
  readonly duration: number | null;
  /** The command that it is about. */
  readonly command: string | undefined;
  /** The number of the step that it belongs to; -1: to the execution. */
  readonly part: number;
}

/** What the engine knows from a moment on; a later mark adds to the earlier ones. */
export interface EngineMark {
  readonly at: number;
  readonly part: number;
  readonly currentStep?: string;
  /** The step has outgoing arcs: its end is not the end of the execution. */
  readonly goesOn?: boolean;
  readonly completed?: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly over?: true;
  readonly failed?: true;
}

/** An execution: what has happened and, in its script's time, will. */
export interface Run {
  readonly id: string;
  readonly path: string;
  readonly version: number;
  readonly catalogId: string;
  readonly parentId: string | undefined;
  readonly workload: Readonly<Record<string, unknown>>;
  readonly startedAt: number;
  /** Makes ids for events that are added later. */
  readonly eventId: (at: number) => string;
  /** Oldest first. */
  events: readonly StandInEvent[];
  marks: readonly EngineMark[];
  /** The values behind the references of its events. */
  readonly references: Map<string, unknown>;
}

export type RunStart = Pick<Run, 'id' | 'path' | 'version' | 'catalogId' | 'parentId' | 'workload' | 'startedAt'>;

/** A run without events. */
export function emptyRun(start: RunStart): Run {
  return { ...start, eventId: createEventIds(), events: [], marks: [], references: new Map() };
}

/** An event before it has an id. What is not given is empty, see {@link newEvent}. */
export type NewEvent = Partial<Omit<StandInEvent, 'id'>> & Pick<StandInEvent, 'at' | 'type' | 'node' | 'status'>;

/** An event with everything that was not given left empty. */
export function newEvent(id: string, event: NewEvent): StandInEvent {
  return {
    createdAt: event.at,
    result: null,
    context: null,
    error: null,
    parentId: null,
    duration: null,
    command: undefined,
    part: -1,
    ...event,
    id,
  };
}

/** @returns the id of the event */
export function writeEvent(run: Run, event: NewEvent): string {
  const written = newEvent(run.eventId(event.at), event);
  run.events = [...run.events, written];
  return written.id;
}

export function markEngine(run: Run, mark: EngineMark): void {
  run.marks = [...run.marks, mark];
}

/** What a layout of events needs beside the script. */
export interface LayOutTools {
  /** Starts an execution of another playbook for a step that is one; `refused` is the text of the error. */
  startChild(
    path: string,
    workload: Readonly<Record<string, unknown>>,
    at: number,
  ): { readonly run: Run } | { readonly refused: string };
  /** When a worker that polls the child sees its end. */
  childOver(child: Run): number;
  /** What a step gives back that started a child. */
  childResult(child: Run, returns: boolean, at: number): unknown;
}

/** When the last event of a run can be read. */
export const overAt = (run: Run): number => Math.max(run.startedAt, ...run.events.map(({ at }) => at));

/** An id as a JSON number. */
export const idNumber = (id: string) => rawNumber(id);
