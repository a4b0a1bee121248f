import type { Observe } from '../../plugins/observe.ts';
import { type Answer, graphqlErrorAnswer } from '../http/answer.ts';
import type { AnswerStream } from '../http/answer-stream.ts';
import type { StreamLimits } from '../live/events-route.ts';

/** Whether Yoga answers with server-sent events: a subscription that began. */
export const isEventStream = ({ headers, body }: Response): boolean =>
  body !== null && (headers.get('content-type') ?? '').startsWith('text/event-stream');

/** The answer to a subscription: events as Yoga writes them (GraphQL over SSE, one connection each), within the limits of streams. */
export function streamAnswer(
  response: Response,
  userId: string,
  { clientIp }: { readonly clientIp: string },
  { streams, observe }: { readonly streams: StreamLimits; readonly observe: Observe },
): Answer {
  const reader = response.body?.getReader();
  let leave: () => void;
  try {
    // The stream has begun by then, so it is ended where there is no place for it.
    leave = streams.enter(userId, clientIp);
  } catch (error) {
    void reader?.cancel().catch(() => {});
    return graphqlErrorAnswer(error);
  }
  return {
    status: response.status,
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no',
    },
    body: '',
    async stream(out) {
      observe({ type: 'stream', state: 'opened' });
      try {
        if (reader !== undefined) await copy(reader, out);
      } finally {
        leave();
        observe({ type: 'stream', state: 'closed' });
      }
    },
  };
}

type Reader = ReadableStreamDefaultReader<Uint8Array>;

/** Copies until the source ends; when the caller leaves, so does the source. */
async function copy(reader: Reader, out: AnswerStream): Promise<void> {
  const cancel = () => void reader.cancel().catch(() => {});
  out.signal.addEventListener('abort', cancel, { once: true });
  try {
    while (!out.signal.aborted) {
      const { done, value } = await reader.read();
      if (done || !(await out.write(value))) return;
    }
  } finally {
    out.signal.removeEventListener('abort', cancel);
    cancel();
  }
}
