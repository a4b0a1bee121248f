/** One frame as it came, and what is in it. */
export interface SeenFrame {
  readonly id: string | undefined;
  readonly event: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: what a test reads of a frame is its own affair
  readonly data: any;
  readonly text: string;
}

/** A client of `GET /events` that keeps every frame. */
export interface EventStreamClient {
  readonly status: number;
  readonly headers: Headers;
  readonly frames: SeenFrame[];
  /** Whether the other side has ended the stream. */
  readonly isOver: () => boolean;
  /** Waits for a frame, of those that came and of those that come. @throws when it does not come in time */
  next(matches: (frame: SeenFrame) => boolean, ms?: number): Promise<SeenFrame>;
  /** Waits until the other side ends the stream. */
  ended(ms?: number): Promise<void>;
  close(): void;
}

/** Opens a stream; `search` is everything behind `/events`. */
export async function openEvents(
  url: string,
  search = '',
  headers: Record<string, string> = {},
): Promise<EventStreamClient> {
  const abort = new AbortController();
  const answer = await fetch(`${url}/events${search}`, { headers, signal: abort.signal });
  const frames: SeenFrame[] = [];
  let isOver = false;
  let changed = Promise.withResolvers<void>();
  const read = async () => {
    const decoder = new TextDecoder();
    let text = '';
    for await (const chunk of answer.body ?? []) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        frames.push(frameOf(text.slice(0, end)));
        text = text.slice(end + 2);
      }
      changed.resolve();
      changed = Promise.withResolvers();
    }
  };
  void read()
    .catch(() => {})
    .finally(() => {
      isOver = true;
      changed.resolve();
    });
  async function until<T>(find: () => T | undefined, what: string, ms: number): Promise<T> {
    const end = performance.now() + ms;
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      const leftMs = end - performance.now();
      if (leftMs <= 0) throw new Error(`${what} did not come; came: ${frames.map(({ text }) => text).join('\n\n')}`);
      await Promise.race([changed.promise, new Promise((resolve) => setTimeout(resolve, Math.min(leftMs, 100)))]);
    }
  }
  return {
    status: answer.status,
    headers: answer.headers,
    frames,
    isOver: () => isOver,
    next: (matches, ms = 10_000) => until(() => frames.find(matches), 'the frame', ms),
    ended: async (ms = 10_000) => void (await until(() => (isOver ? true : undefined), 'the end', ms)),
    close: () => abort.abort(),
  };
}

export const isEvent = (event: string) => (frame: SeenFrame) => frame.event === event;

export function frameOf(text: string): SeenFrame {
  const field = (name: string) =>
    text
      .split('\n')
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2);
  const data = field('data');
  return { id: field('id'), event: field('event'), data: data === undefined ? undefined : JSON.parse(data), text };
}
