import type { User } from '../../plugins/noetl-auth/session/session.ts';

/** A start whose result is delivered to a client by itself. */
export interface CallbackRequest {
  readonly requestId: string;
  /** The client that it is delivered to; another one than was asked for when that is another user's. */
  readonly clientId: string;
  /** The values that the playbook needs to call back; part of its workload. Holds a secret. */
  readonly workload: Readonly<Record<string, string>>;
  /** NoETL has named the execution. Never throws: the execution runs, even if its result is lost. */
  started(executionId: string): Promise<void>;
  /** NoETL has refused it. Never throws. */
  refused(): Promise<void>;
}

/** Registers starts whose results go to clients. */
export interface CallbackRequests {
  /**
   * Registers a start, before NoETL is asked: the playbook may call back before NoETL has answered.
   * @param clientId text from outside
   * @throws ERR_STORE, ERR_RATE_LIMITED: the user has too many requests without a result
   */
  open(start: { readonly clientId: string; readonly user: User; readonly path: string }): Promise<CallbackRequest>;
}
