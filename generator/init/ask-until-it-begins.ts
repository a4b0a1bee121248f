import { GatewayError } from '../../plugins/errors.ts';
import type { InitResult } from './init.ts';

export interface Questions {
  /** Begins the project with the document at this place. */
  readonly begin: (openapi: string) => Promise<InitResult>;
  /** @param before the answer before, to be corrected. @returns undefined: the person gives up */
  readonly askSource: (before: string | undefined) => Promise<string | undefined>;
  readonly mayBegin: () => Promise<boolean>;
  /** Shows why a place is of no use. */
  readonly report: (problem: string) => void;
  readonly giveUp: () => void;
}

/**
 * Asks for the place of the document until it can be read: a place that is wrong is asked for again, with the answer
 * before to be corrected, and what was confirmed is not asked again.
 * @returns undefined when the person gave up; then nothing was written
 * @throws GatewayError what is wrong with something else than the place
 */
export async function askUntilItBegins({ begin, askSource, mayBegin, report, giveUp }: Questions) {
  let source: string | undefined;
  let isConfirmed = false;
  for (;;) {
    source = await askSource(source);
    if (source === undefined) return void giveUp();
    isConfirmed ||= await mayBegin();
    if (!isConfirmed) return void giveUp();
    try {
      return await begin(source);
    } catch (error) {
      if (!isAboutTheSource(error)) throw error;
      report([error.message, ...error.problems].join('\n'));
    }
  }
}

const isAboutTheSource = (error: unknown): error is GatewayError =>
  error instanceof GatewayError && (error.code === 'ERR_SPEC_INVALID' || error.code === 'ERR_SPEC_UNSUPPORTED');
