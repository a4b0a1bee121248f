import { type ErrorCode, GatewayError, type GatewayErrorOptions } from '../../plugins/errors.ts';

/** Carries messages between two processes of the gateway. Values are copied as `structuredClone` copies them. */
export interface Wire {
  /** @throws when the other side has gone */
  send(message: unknown): void;
  listen(listener: (message: unknown) => void): void;
}

/** What the other side may call, by name. */
export type MessageHandlers = Readonly<Record<string, (...args: readonly never[]) => unknown>>;

/** Calls in both directions over one {@link Wire}. */
export interface Channel {
  /**
   * Calls a handler of the other side.
   * @throws the handler's {@link GatewayError}; ERR_STORE when the other side has gone or does not answer in time
   */
  ask(name: string, args: readonly unknown[], timeoutMs?: number): Promise<unknown>;
  /** Calls a handler of the other side, and neither waits nor fails. */
  tell(name: string, ...args: readonly unknown[]): void;
  /** Adds handlers for the other side. */
  handle(handlers: MessageHandlers): void;
}

type Message =
  | { readonly kind: 'ask'; readonly id: number; readonly name: string; readonly args: readonly unknown[] }
  | { readonly kind: 'tell'; readonly name: string; readonly args: readonly unknown[] }
  | { readonly kind: 'value'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly error: SentError };

interface SentError extends Pick<GatewayErrorOptions, 'retryAfterSecs' | 'rateLimit'> {
  readonly code: ErrorCode;
  readonly message: string;
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: GatewayError) => void;
  readonly timer: NodeJS.Timeout;
}

const usualTimeoutMs = 1_000;

/** @param wire to one other process; each process has a channel for each of the others that it knows */
export function openChannel(wire: Wire): Channel {
  const handlers = new Map<string, (...args: never[]) => unknown>();
  const waiting = new Map<number, Waiting>();
  let lastId = 0;

  function send(message: Message): boolean {
    try {
      wire.send(message);
      return true;
    } catch {
      return false;
    }
  }

  async function answer({ id, name, args }: Message & { kind: 'ask' }): Promise<void> {
    try {
      send({ kind: 'value', id, value: await call(name, args) });
    } catch (error) {
      send({ kind: 'error', id, error: sent(error) });
    }
  }

  /** @throws what the handler throws, or ERR_INTERNAL for an unknown name: processes of one gateway have one version */
  function call(name: string, args: readonly unknown[]): unknown {
    const handler = handlers.get(name);
    if (handler === undefined) throw new GatewayError('ERR_INTERNAL', 'another process asked for what is not here');
    return handler(...(args as never[]));
  }

  function settle(message: Message & { kind: 'value' | 'error' }): void {
    const asked = waiting.get(message.id);
    // The answer came after the time was over.
    if (asked === undefined) return;
    waiting.delete(message.id);
    clearTimeout(asked.timer);
    if (message.kind === 'value') asked.resolve(message.value);
    else asked.reject(new GatewayError(message.error.code, message.error.message, message.error));
  }

  wire.listen((received) => {
    const message = received as Message;
    if (message.kind === 'ask') void answer(message);
    else if (message.kind === 'tell')
      void new Promise((done) => done(call(message.name, message.args))).catch(() => {});
    else settle(message);
  });

  return {
    ask(name, args, timeoutMs = usualTimeoutMs) {
      lastId += 1;
      const id = lastId;
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => settle({ kind: 'error', id, error: silent }), timeoutMs);
        waiting.set(id, { resolve, reject, timer });
        // The other side has gone: no need to wait for the time.
        if (!send({ kind: 'ask', id, name, args })) settle({ kind: 'error', id, error: silent });
      });
    },
    tell: (name, ...args) => void send({ kind: 'tell', name, args }),
    handle(added) {
      for (const [name, handler] of Object.entries(added)) handlers.set(name, handler as (...args: never[]) => unknown);
    },
  };
}

const silent: SentError = {
  code: 'ERR_STORE',
  message: 'another process of the gateway does not answer',
  retryAfterSecs: 1,
};

/** Causes stay in the process where they are logged. */
function sent(error: unknown): SentError {
  if (!(error instanceof GatewayError))
    return { code: 'ERR_INTERNAL', message: 'another process of the gateway failed' };
  const { code, message, retryAfterSecs, rateLimit } = error;
  return {
    code,
    message,
    ...(retryAfterSecs !== undefined && { retryAfterSecs }),
    ...(rateLimit !== undefined && { rateLimit }),
  };
}

/** Methods of an object as handlers with the names `<prefix>.<method>`. */
export function handlersOf<T extends object>(
  prefix: string,
  object: T,
  methods: readonly (keyof T & string)[],
): MessageHandlers {
  return Object.fromEntries(
    methods.map((method) => [
      `${prefix}.${method}`,
      (...args: readonly never[]) => (object[method] as (...args: readonly never[]) => unknown)(...args),
    ]),
  );
}

/** The methods of an object at the other side, see {@link handlersOf}. */
export function remoteOf<T extends object, const M extends keyof T & string>(
  prefix: string,
  channel: Channel,
  methods: readonly M[],
): Pick<T, M> {
  return Object.fromEntries(
    methods.map((method) => [method, (...args: unknown[]) => channel.ask(`${prefix}.${method}`, args)]),
  ) as Pick<T, M>;
}
