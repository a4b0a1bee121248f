import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Outcomes, Target } from '../scenario.ts';

/**
 * A raw connection that sends at once, and then reads nothing or all: with it a request can stay half sent, and an
 * answer unread.
 */
export interface OpenConnection {
  readonly socket: Socket;
  /** The first line that came, or how the connection ended. */
  outcome(): string;
}

/**
 * @param sent text of one or more HTTP/1.1 requests, whole or in part
 * @param reads false: the socket is paused, and answers fill the kernel's buffers
 * @param localAddress the caller's address; default: the system's choice
 */
export function openConnection(
  { host, port }: Target,
  sent: string,
  reads: boolean,
  localAddress?: string,
): OpenConnection {
  const socket = connect({ port, host, ...(localAddress !== undefined && { localAddress }) });
  let outcome = 'nothing came';
  if (reads) socket.once('data', (chunk) => (outcome = /^HTTP\/1\.1 (\d+)/.exec(String(chunk))?.[1] ?? 'no HTTP'));
  else socket.pause();
  // Without a listener a reset would end the thread.
  socket.once('error', (error: NodeJS.ErrnoException) => {
    if (outcome === 'nothing came') outcome = error.code ?? 'error';
  });
  socket.write(sent);
  return { socket, outcome: () => outcome };
}

/**
 * Opens many callers, holds them, lets go.
 * @param ms how long they are held after the last one was opened
 * @returns how many saw which outcome, by status or by the error's code
 */
export async function hold(target: Target, count: number, sent: string, ms: number, reads: boolean): Promise<Outcomes> {
  const callers: OpenConnection[] = [];
  for (let i = 0; i < count; i += 1) {
    callers.push(openConnection(target, sent, reads));
    if (i % 50 === 49) await delay(20);
  }
  await delay(ms);
  const outcomes = countOf(callers.map((caller) => caller.outcome()));
  for (const { socket } of callers) socket.destroy();
  return outcomes;
}

/**
 * Clients that send one request after the other, until the time is over.
 * @param ask gets the number of the request, which makes each one different; it must not throw
 * @returns how often each outcome was seen
 */
export async function repeat(clients: number, ms: number, ask: (n: number) => Promise<string>): Promise<Outcomes> {
  const until = performance.now() + ms;
  const seen: string[] = [];
  let n = 0;
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (performance.now() < until) {
        n += 1;
        seen.push(await ask(n));
      }
    }),
  );
  return countOf(seen);
}

/**
 * A POST of JSON.
 * @returns the status and, where the body has one, the code of the error. It does not throw: without an answer it is
 * `failed`, with the kind of error
 */
export async function post(url: string, body: string, token?: string): Promise<string> {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body,
      signal: AbortSignal.timeout(20_000),
    });
    const code = /ERR_[A-Z_]+/.exec(await answer.text())?.[0];
    return code === undefined ? String(answer.status) : `${answer.status} ${code}`;
  } catch (error) {
    return error instanceof Error ? `failed: ${error.name}` : 'failed';
  }
}

/** @returns how often each outcome was seen */
export function countOf(seen: readonly string[]): Outcomes {
  const outcomes: Outcomes = {};
  for (const one of seen) outcomes[one] = (outcomes[one] ?? 0) + 1;
  return outcomes;
}
