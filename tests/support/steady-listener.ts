import { get, type IncomingMessage } from 'node:http';
import { frameOf } from './event-stream-client.ts';

/** A result as its client got it. */
export interface GotResult {
  readonly requestId: string;
  readonly status: string;
  /** By `performance.timeOrigin + performance.now()`, milliseconds. */
  readonly at: number;
}

/** A client of `GET /events` that connects again whenever its stream ends, as a browser does: with the id of its last event. */
export interface SteadyListener {
  readonly token: string;
  /** Everything that came, in order, over all its connections. */
  readonly results: readonly GotResult[];
  /** Resolves when the first connection has named it. */
  readonly clientId: Promise<string>;
  /** How often it has connected. */
  connects(): number;
  isConnected(): boolean;
  /** Breaks the connection. */
  drop(): void;
  close(): void;
}

export interface ListenerOptions {
  readonly token: string;
  /** Where it may connect; another one for each connection. */
  readonly urls: readonly string[];
  /** The first of them. */
  readonly first: number;
  /** The address that it connects from, of 127.0.0.0/8. */
  readonly from: string;
  readonly onResult?: (result: GotResult) => void;
}

const now = (): number => performance.timeOrigin + performance.now();

/** As browsers do when the stream says nothing else, but sooner, milliseconds. */
const againMs = 150;

export function openSteadyListener({ token, urls, first, from, onResult }: ListenerOptions): SteadyListener {
  const results: GotResult[] = [];
  const named = Promise.withResolvers<string>();
  const state = { connects: 0, lastEventId: '', isClosed: false, answer: undefined as IncomingMessage | undefined };

  function take(text: string): void {
    const { id, event, data } = frameOf(text);
    if (event === 'message') named.resolve(data.result.clientId);
    if (event === 'playbook/result') {
      const result = { requestId: data.params.requestId, status: data.params.status, at: now() };
      results.push(result);
      onResult?.(result);
    }
    if (id !== undefined) state.lastEventId = id;
  }

  function connect(): void {
    if (state.isClosed) return;
    const url = urls[(first + state.connects) % urls.length];
    state.connects += 1;
    let isOver = false;
    const again = () => {
      if (isOver) return;
      isOver = true;
      state.answer = undefined;
      setTimeout(connect, againMs);
    };
    const headers = {
      authorization: `Bearer ${token}`,
      ...(state.lastEventId === '' ? {} : { 'last-event-id': state.lastEventId }),
    };
    const request = get(`${url}/events`, { headers, localAddress: from, agent: false }, (answer) => {
      if (answer.statusCode !== 200) answer.destroy();
      else state.answer = answer;
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => {
        text += chunk;
        for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
          take(text.slice(0, end));
          text = text.slice(end + 2);
        }
      });
      answer.on('error', again).on('close', again);
    });
    request.on('error', again);
  }

  connect();
  return {
    token,
    results,
    clientId: named.promise,
    connects: () => state.connects,
    isConnected: () => state.answer !== undefined,
    drop: () => state.answer?.destroy(),
    close() {
      state.isClosed = true;
      state.answer?.destroy();
    },
  };
}
