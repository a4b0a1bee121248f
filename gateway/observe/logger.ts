import { createRequire } from 'node:module';
import pino, { type Logger, type LoggerOptions } from 'pino';
import { createLineSink, type LineSink } from './line-sink.ts';
import { scrub } from './scrub.ts';

export type { Logger } from 'pino';

export interface LogOptions {
  /** `trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`; anything else is `info`. */
  readonly level: string;
  /** For a terminal, when `pino-pretty` is installed; JSON lines otherwise. */
  readonly pretty: boolean;
  /** Where lines go; stdout unless given. */
  readonly sink?: LineSink;
  readonly onDrop?: () => void;
}

/**
 * JSON lines with `time` in ISO-8601, `level` as a word, and whatever is bound (`requestId`). Nothing that looks like a
 * token passes: every line is scrubbed as a whole before it leaves.
 * Errors show type, code, message, stack and causes.
 */
export function createLogger({ level, pretty, sink, onDrop }: LogOptions): Logger {
  const options = {
    level: level === 'silent' || level in pino.levels.values ? level : 'info',
    base: { category: 'log' },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: (error: unknown) => describeError(error), error: (error: unknown) => describeError(error) },
    hooks: { streamWrite: scrub },
  } satisfies LoggerOptions;
  const prettyStream = pretty ? loadPretty() : undefined;
  if (prettyStream !== undefined) return pino(options, prettyStream);
  const lines = sink ?? createLineSink({ to: 'stdout' });
  const write = (line: string) => {
    if (!lines.write(line)) onDrop?.();
  };
  return pino(options, { write });
}

interface ErrorDescription {
  readonly type: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly cause?: ErrorDescription;
}

/** Deep enough for store errors and upstream errors, and no deeper. */
const maxCauses = 3;

/** The members of an error in the log. A value that is not an error can hold anything, so only its type is written. */
function describeError(error: unknown, depth = 0): ErrorDescription {
  if (!(error instanceof Error)) return { type: typeof error, message: 'not an error object' };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return {
    type: error.name,
    message: error.message.slice(0, 1_000),
    ...(code === undefined ? {} : { code }),
    ...(error.stack === undefined ? {} : { stack: error.stack.slice(0, 4_000) }),
    ...(error.cause === undefined || depth >= maxCauses ? {} : { cause: describeError(error.cause, depth + 1) }),
  };
}

/** A development package: absent in production. */
function loadPretty(): NodeJS.WritableStream | undefined {
  try {
    const build = createRequire(import.meta.url)('pino-pretty') as (options: object) => NodeJS.WritableStream;
    return build({ sync: true, ignore: 'time' });
  } catch {
    return undefined;
  }
}
