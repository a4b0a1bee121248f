import { type GraphqlAnswer, graphqlError, parseObject } from './client-answers.ts';
import { GatewayClientError } from './client-shapes.ts';

/**
 * The data of each event of a subscription (GraphQL over SSE, one connection), until it completes.
 * @throws GatewayClientError, also when the answer is not a stream of events
 */
export async function* eventsOf(response: Response): AsyncGenerator<unknown> {
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  if (!response.ok || !isStream || response.body === null) {
    await response.body?.cancel();
    throw new GatewayClientError('ERR_ANSWER', 'The gateway did not answer with a stream of events.', {
      status: response.status,
    });
  }
  for await (const { event, data } of framesOf(response.body)) {
    if (event === 'complete') return;
    if (event !== 'next') continue;
    const answer = parseObject(data) as GraphqlAnswer | undefined;
    if (answer?.errors?.[0] !== undefined) throw graphqlError(200, answer);
    yield answer?.data;
  }
}

/** The frames of a stream of server-sent events; a line of data for each is what gateways send. */
async function* framesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<{ event: string; data: string }> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text += decoder.decode(value, { stream: true });
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const lines = text.slice(0, end).split('\n');
        text = text.slice(end + 2);
        const field = (name: string) =>
          lines
            .find((line) => line.startsWith(`${name}:`))
            ?.slice(name.length + 1)
            .trim();
        yield { event: field('event') ?? '', data: field('data') ?? '' };
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
