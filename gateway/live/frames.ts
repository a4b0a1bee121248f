/** Frames of `GET /events`: one JSON-RPC 2.0 object each, named by its method. The form is that of the earlier gateway. */

/**
 * A JSON-RPC 2.0 object as text. It has no line break, so it is one `data` line (HTML Standard, server-sent events).
 */
const rpc = (members: object): string => JSON.stringify({ jsonrpc: '2.0', ...members });

/** @param id of the event, for `Last-Event-ID` */
function frame(event: string, data: string, id?: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${data}\n\n`;
}

/** A request whose result has not been delivered. Casing is that of the earlier gateway, also below. */
export interface PendingView {
  readonly requestId: string;
  readonly executionId: string | null;
  readonly playbookPath: string;
}

/** The first frame of a stream. */
export function helloFrame(version: string, clientId: string, pending: readonly PendingView[], id: string): string {
  const result = {
    protocolVersion: '2024-11-05',
    serverInfo: { name: 'noetl-gateway', version },
    clientId,
    capabilities: { playbooks: true, callbacks: true, subscriptions: false, playbookState: true },
    ...(pending.length === 0 ? {} : { pendingRequests: pending }),
  };
  return frame('message', rpc({ id: 1, result }), id);
}

/** The heartbeat, as an event. */
export const pingFrame = frame('ping', rpc({ method: 'ping', params: {} }));
/** Keeps the connection open. Clients do not see a comment (HTML Standard, server-sent events). */
export const pingComment = ': ping\n\n';
/** How long a browser waits before it connects again. */
export const retryLine = 'retry: 3000\n\n';

/** The web UI logs out at this code. */
const unauthorized = -32001;

/** The last frame of a stream whose session is over. */
export const sessionEndedFrame = frame(
  'error',
  rpc({ error: { code: unauthorized, message: 'Invalid or expired session' } }),
);

/** The outcome of a request. */
export interface Delivery {
  readonly requestId: string;
  readonly executionId: string | null;
  readonly status: string;
  readonly data?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data: unknown };
  /** When it was over, ISO 8601. */
  readonly at: string;
}

/** State before result: one client ends its wait at the state, and forgets the request at the result. */
export function resultFrames(delivery: Delivery, id: string): string {
  const { requestId, executionId, status, data = null, error, at } = delivery;
  const isFailed = error !== undefined;
  const state = {
    execution_id: executionId,
    event_type: isFailed ? 'playbook.failed' : 'playbook.completed',
    step_name: null,
    status: isFailed ? 'failed' : 'completed',
    at,
  };
  const result = isFailed
    ? { requestId, executionId, status: 'FAILED', error }
    : { requestId, executionId, status, data };
  return (
    frame('playbook/state', rpc({ method: 'playbook/state', params: state })) +
    frame('playbook/result', rpc({ method: 'playbook/result', params: result }), id)
  );
}

/** The progress that a playbook reports. */
export interface Progress {
  readonly requestId: string;
  readonly executionId: string | null;
  readonly step: string | null;
  readonly message: string | null;
  readonly progress: number | null;
}

/** A frame of a playbook's own report. @param id of the event, for `Last-Event-ID` */
export function progressFrame({ requestId, executionId, step, message, progress }: Progress, id: string): string {
  const params = { requestId, executionId, step, message, progress };
  return frame('playbook/progress', rpc({ method: 'playbook/progress', params }), id);
}
