import type { Caller } from '../../core/call-context.ts';
import type { Exchange } from '../http/exchange.ts';

/** The context of a handler besides the body, for one request. */
export interface RestContext {
  readonly exchange: Exchange;
  /** Present on routes that require a session. */
  readonly caller: Caller | undefined;
  /** Headers that the handler adds to its answer. */
  readonly answerHeaders: Record<string, string>;
}
