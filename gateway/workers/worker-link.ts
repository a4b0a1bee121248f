import { GatewayError } from '../../plugins/errors.ts';
import type { CallbackRegistry, CallbackReply } from '../callbacks/callback-registry.ts';
import type { ReadinessReport } from '../console/gateway-health.ts';
import { parseBody } from '../http/read-body.ts';
import type { Readiness } from '../http/readiness.ts';
import type { Telemetry } from '../observe/telemetry.ts';
import type { Channel } from './channel.ts';

/** How a worker reaches the first process. */
export interface WorkerLink {
  /** From 1 on. What one process does for all, the first worker does. */
  readonly place: number;
  readonly count: number;
  readonly channel: Channel;
}

/** What the internal port reports of the gateway, whichever process is asked. */
export interface InternalViews {
  ready(): Promise<ReadinessReport>;
  metrics(): Promise<{ readonly type: string; readonly body: string }>;
  /**
   * Who waits for the callback of an auth playbook at this path.
   * @returns undefined: no process does, or the secret in the path is not one of ours
   */
  findAuthCallback(path: string): Promise<((body: Buffer) => Promise<CallbackReply>) | undefined>;
}

interface Viewed {
  readonly readiness: Pick<Readiness, 'check'>;
  readonly telemetry: Pick<Telemetry, 'metricsPage' | 'metricsJson'>;
  readonly callbacks: Pick<CallbackRegistry, 'handle' | 'isExpected'>;
}

/** Longer than the first process waits for the workers. */
const viewTimeoutMs = 6_000;

/** Reports of this process alone, or of all workers when it is one of them. */
export function internalViews(viewed: Viewed, link: WorkerLink | undefined): InternalViews {
  const { readiness, telemetry, callbacks } = viewed;
  const deliver = (path: string, body: Buffer) =>
    callbacks.handle(path, body.length === 0 ? undefined : parseBody(body));
  const own = (path: string) => (callbacks.isExpected(path) ? async (body: Buffer) => deliver(path, body) : undefined);
  if (link === undefined) {
    return { ready: readiness.check, metrics: telemetry.metricsPage, findAuthCallback: async (path) => own(path) };
  }
  const { channel } = link;
  channel.handle({
    metrics: telemetry.metricsJson,
    ready: readiness.check,
    'callback.expected': callbacks.isExpected,
    'callback.deliver': (path: string, text: string) => deliver(path, Buffer.from(text)),
  });
  const ask = async <T>(name: string, ...args: readonly unknown[]) =>
    (await channel.ask(name, args, viewTimeoutMs)) as T;
  return {
    ready: () => ask('crew.ready'),
    metrics: () => ask('crew.metrics'),
    async findAuthCallback(path) {
      // This process first: with one worker, or by chance, the callback is here already.
      const found = own(path);
      if (found !== undefined) return found;
      const place = await ask<number | undefined>('crew.expects', path);
      return place === undefined
        ? undefined
        : async (body) =>
            (await ask<CallbackReply | undefined>('crew.deliver', place, path, body.toString())) ?? gone();
    },
  };
}

function gone(): never {
  throw new GatewayError('ERR_STORE', 'the process that waits for this callback has ended', { retryAfterSecs: 1 });
}
