import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Outcomes, Target } from '../scenario.ts';

/** A connection that sends, and reads nothing or all. */
export interface Caller {
  readonly socket: Socket;
  /** The first line that came, or how the connection ended. */
  outcome(): string;
}

export function openCaller({ host, port }: Target, sent: string, reads: boolean): Caller {
  const socket = connect(port, host);
  let outcome = 'nothing came';
  if (reads) socket.once('data', (chunk) => (outcome = /^HTTP\/1\.1 (\d+)/.exec(String(chunk))?.[1] ?? 'no HTTP'));
  else socket.pause();
  socket.once('error', (error: NodeJS.ErrnoException) => {
    if (outcome === 'nothing came') outcome = error.code ?? 'error';
  });
  socket.write(sent);
  return { socket, outcome: () => outcome };
}

/** Opens many callers, holds them, lets go. */
export async function hold(target: Target, count: number, sent: string, ms: number, reads: boolean): Promise<Outcomes> {
  const callers: Caller[] = [];
  for (let i = 0; i < count; i += 1) {
    callers.push(openCaller(target, sent, reads));
    if (i % 50 === 49) await delay(20);
  }
  await delay(ms);
  const outcomes = countOf(callers.map((caller) => caller.outcome()));
  for (const { socket } of callers) socket.destroy();
  return outcomes;
}

/** Clients that send one request after the other, until the time is over. */
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

/** @returns the status and, where there is one, the code of the error */
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

function countOf(seen: readonly string[]): Outcomes {
  const outcomes: Outcomes = {};
  for (const one of seen) outcomes[one] = (outcomes[one] ?? 0) + 1;
  return outcomes;
}
