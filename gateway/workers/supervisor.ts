import type { Clock } from '../../plugins/clock.ts';
import type { Logger } from '../observe/logger.ts';
import { openChannel, type Wire } from './channel.ts';
import type { Crew } from './crew.ts';

/** A process that was started for a place. */
export interface WorkerProcess {
  readonly pid: number | undefined;
  readonly wire: Wire;
  onExit(listener: (code: number | null, signal: string | null) => void): void;
  /** Ends it at once. */
  kill(): void;
}

export interface SupervisorOptions {
  readonly count: number;
  readonly crew: Crew;
  readonly fork: (place: number) => WorkerProcess;
  readonly log: Pick<Logger, 'info' | 'error' | 'fatal'>;
  readonly clock: Clock;
  /** How long workers may take to finish their work, milliseconds. */
  readonly drainMs: number;
  /** @param code 0: every worker has finished its work; 1: one has not, or workers cannot start */
  readonly onEnd: (code: 0 | 1) => void;
}

/** The first process's hold on its workers. */
export interface Supervisor {
  /** Starts the first worker, and the others when it listens: what is wrong with all of them is written once. */
  start(): void;
  /** No new work; every worker finishes its own and ends. The second call ends them at once. */
  stop(): void;
}

/** A worker that has run for so long was in order; its end is the first one again, milliseconds. */
const steadyMs = 60_000;
const shortestPauseMs = 100;
const longestPauseMs = 30_000;
/** Ends in a row before it listens, after which a place is given up. */
const maxFailedStarts = 5;
/** Beyond the time that workers have, for what they close at the end. */
const endMs = 5_000;

interface End {
  readonly pid: number | undefined;
  readonly exitCode: number | null;
  readonly signal: string | null;
}

interface Place {
  readonly number: number;
  process: WorkerProcess | undefined;
  isListening: boolean;
  /** Undefined: never started. */
  startedAt: number | undefined;
  /** Ends in a row that were too early. */
  ends: number;
  failedStarts: number;
}

/** Keeps worker processes running: starts one again that has ended, after a pause that grows, and stops them together. */
export function createSupervisor(options: SupervisorOptions): Supervisor {
  const running = new Running(options);
  return { start: () => running.start(), stop: () => running.stop() };
}

class Running {
  readonly #options: SupervisorOptions;
  readonly #places: readonly Place[];
  /** Every worker has listened. */
  #isComplete = false;
  #isStopping = false;
  #code: 0 | 1 = 0;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#places = Array.from(
      { length: options.count },
      (_, index): Place => ({
        number: index + 1,
        process: undefined,
        isListening: false,
        startedAt: undefined,
        ends: 0,
        failedStarts: 0,
      }),
    );
  }

  start(): void {
    // The first one alone; `#listens` starts the others.
    for (const place of this.#places.slice(0, 1)) this.#run(place);
  }

  stop(): void {
    if (this.#isStopping) {
      this.#kill();
      return;
    }
    this.#isStopping = true;
    this.#options.crew.stop();
    // Workers end by themselves within `drainMs`; one that hangs must not keep the pod from stopping.
    setTimeout(() => this.#kill(), this.#options.drainMs + endMs).unref();
    this.#endWhenEmpty();
  }

  #kill(): void {
    for (const { process } of this.#places) process?.kill();
  }

  #endWhenEmpty(): void {
    if (this.#places.every(({ process }) => process === undefined)) this.#options.onEnd(this.#code);
  }

  #run(place: Place): void {
    const { fork, crew, clock } = this.#options;
    const process = fork(place.number);
    const channel = openChannel(process.wire);
    Object.assign(place, { process, isListening: false, startedAt: clock() });
    channel.handle({
      listening: () => this.#listens(place),
      place: () => ({ place: place.number, count: this.#places.length }),
    });
    process.onExit((exitCode, signal) => this.#ended(place, { pid: process.pid, exitCode, signal }));
    crew.join(place.number, channel);
  }

  #listens(place: Place): void {
    place.isListening = true;
    place.failedStarts = 0;
    if (this.#isComplete || this.#isStopping) return;
    // Also after the first worker was started again: only those that never ran are started here.
    if (place.number === 1) this.#startOthers();
    if (!this.#places.every(({ isListening }) => isListening)) return;
    this.#isComplete = true;
    this.#options.log.info({ workers: this.#places.length }, 'every worker listens');
  }

  #startOthers(): void {
    for (const place of this.#places.slice(1)) if (place.startedAt === undefined) this.#run(place);
  }

  #ended(place: Place, end: End): void {
    const wasListening = place.isListening;
    Object.assign(place, { process: undefined, isListening: false });
    this.#options.crew.leave(place.number, !this.#isStopping);
    if (this.#isStopping) {
      if (end.exitCode !== 0) this.#code = 1;
      this.#endWhenEmpty();
      return;
    }
    if (!wasListening) place.failedStarts += 1;
    // Before every worker has listened once, a worker that cannot start ends the gateway: the config is wrong. Later it
    // is tried five times.
    if ((wasListening || this.#isComplete) && place.failedStarts < maxFailedStarts) this.#runLater(place, end);
    else this.#giveUp(place, end);
  }

  #runLater(place: Place, end: End): void {
    const { clock, log } = this.#options;
    // The pause doubles with each early end.
    place.ends = clock() - (place.startedAt ?? 0) < steadyMs ? place.ends + 1 : 1;
    const pauseMs = Math.min(longestPauseMs, shortestPauseMs * 2 ** (place.ends - 1));
    log.error({ worker: place.number, ...end, pauseMs }, 'a worker has ended; another one takes its place');
    setTimeout(() => {
      if (!this.#isStopping) this.#run(place);
    }, pauseMs);
  }

  #giveUp(place: Place, end: End): void {
    this.#options.log.fatal({ worker: place.number, ...end }, 'a worker cannot start; its own lines have the cause');
    this.#code = 1;
    this.stop();
  }
}
