import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { Clock } from '../../plugins/clock.ts';
import { isJsonObject, type JsonObject, textMember } from '../../plugins/noetl/json-object.ts';
import type { LiveClient } from './client-ids.ts';
import type { Delivery, PendingView, Progress } from './frames.ts';
import type { LiveStore } from './live-store.ts';
import { createResultQueue, type ResultQueue, type ResultQueueOptions } from './result-queue.ts';

/** A start whose result goes to a client. Kept under the hash of the secret that its playbook calls back with. */
export interface LiveRequest {
  readonly key: string;
  readonly requestId: string;
  /** The queue of its client. */
  readonly queue: string;
  /** Whose it is: results that wait for one user have a bound together. */
  readonly owner: string;
  readonly path: string;
  /** When it was registered, milliseconds. */
  readonly registeredAt: number;
  /** Undefined until NoETL has named it. */
  readonly executionId: string | undefined;
  /** When the client had the answer to its start, milliseconds: no result goes out before. */
  readonly answeredAt: number | undefined;
}

/** Requests and their results, shared by replicas. Every method throws ERR_STORE for "could not find out". */
export interface LiveRequests {
  /**
   * Registers a start.
   * @param path of the playbook, for the decision at delivery. `secret` goes to the playbook and nowhere else.
   */
  register(
    client: Pick<LiveClient, 'queue' | 'owner'>,
    path: string,
  ): Promise<{ readonly secret: string; readonly request: LiveRequest }>;
  find(key: string): Promise<LiveRequest | undefined>;
  /** Keeps what is known of it now. */
  keep(request: LiveRequest): Promise<void>;
  /** Puts the result into the client's queue. @returns false: there was one before */
  finish(request: LiveRequest, delivery: Omit<Delivery, 'requestId' | 'at'>): Promise<boolean>;
  /** Puts a report into the client's queue; more of them than a user may make are left out. */
  progress(request: LiveRequest, progress: Omit<Progress, 'requestId'>): Promise<void>;
  readonly read: ResultQueue['read'];
  /** NoETL did not start it. */
  forget(request: LiveRequest): Promise<void>;
  /** The requests of a client without a result. */
  pending(queue: string): Promise<readonly LiveRequest[]>;
}

/** The secret itself is kept nowhere: who reads the store cannot call back (ADR 0009). */
export const keyOfSecret = (secret: string): string => createHash('sha256').update(secret).digest('base64url');

/** Keeps requests for `keepMs`; their results wait in the client's {@link ResultQueue}. */
export function createLiveRequests(store: LiveStore, options: ResultQueueOptions, clock: Clock): LiveRequests {
  const results = createResultQueue(store, options, clock);
  const until = () => new Date(clock() + options.keepMs);

  return {
    async register({ queue, owner }, path) {
      const secret = randomBytes(32).toString('base64url');
      const request: LiveRequest = {
        key: keyOfSecret(secret),
        requestId: randomUUID(),
        queue,
        owner,
        path,
        registeredAt: clock(),
        executionId: undefined,
        answeredAt: undefined,
      };
      const text = JSON.stringify(request);
      await store.set(`request.${request.key}`, text, until());
      // Twice: by the secret for the callback, and by the client for its next stream.
      await store.add(`pending.${queue}`, request.requestId, text, until());
      return { secret, request };
    },
    async find(key) {
      const text = await store.get(`request.${key}`);
      return text === undefined ? undefined : requestOf(text);
    },
    async keep(request) {
      const text = JSON.stringify(request);
      await store.set(`request.${request.key}`, text, until());
      // A result may have come in the meantime: the request is then not pending any more.
      const pending = await store.members(`pending.${request.queue}`);
      if (pending.has(request.requestId)) await store.add(`pending.${request.queue}`, request.requestId, text, until());
    },
    async finish(request, outcome) {
      const { requestId, queue } = request;
      const isFirst = await results.add(request, { requestId, ...outcome, at: new Date(clock()).toISOString() });
      await store.drop(`pending.${queue}`, requestId);
      return isFirst;
    },
    progress: (request, progress) => results.addProgress(request, { requestId: request.requestId, ...progress }),
    read: results.read,
    async forget({ key, queue, requestId }) {
      await store.drop(`pending.${queue}`, requestId);
      // An empty text that is over at once: the store has no way to delete a record.
      await store.set(`request.${key}`, '', new Date(clock()));
    },
    async pending(queue) {
      const members = await store.members(`pending.${queue}`);
      return [...members.values()].flatMap((text) => requestOf(text) ?? []);
    },
  };
}

/** A request as `hello` names it. */
export const pendingView = ({ requestId, executionId, path }: LiveRequest): PendingView => ({
  requestId,
  executionId: executionId ?? null,
  playbookPath: path,
});

/** @returns undefined: nothing is kept, or it is not a request of this version */
function requestOf(text: string): LiveRequest | undefined {
  const record: unknown = text === '' ? undefined : JSON.parse(text);
  if (!isJsonObject(record)) return undefined;
  const member = (name: string) => textMember(record, name);
  const [key, requestId, queue, path] = [member('key'), member('requestId'), member('queue'), member('path')];
  if (key === undefined || requestId === undefined || queue === undefined || path === undefined) return undefined;
  // Requests of the previous version name no owner.
  const owner = member('owner') ?? queue;
  const [registeredAt = 0, answeredAt] = [numberMember(record, 'registeredAt'), numberMember(record, 'answeredAt')];
  return { key, requestId, queue, owner, path, registeredAt, executionId: member('executionId'), answeredAt };
}

function numberMember(record: JsonObject, name: string): number | undefined {
  const value = record[name];
  return typeof value === 'number' ? value : undefined;
}
