import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { parseSessionToken, type SessionKey, sessionKey } from '../noetl-auth/session/session-token.ts';
import type { SessionStore } from '../ports.ts';

const hourMs = 3_600_000;

/** Two clients on the same data. */
export interface Stores {
  readonly one: SessionStore;
  readonly two: SessionStore;
}

/**
 * A promise as a check.
 * @param secret begins every token of the run, so that a dump of the store can be searched for it
 */
export interface Case {
  readonly name: string;
  check(stores: Stores, secret: string): Promise<void>;
}

/** A key that no other case has. All cases share one store. */
export function newKey(secret: string): SessionKey {
  const token = parseSessionToken(`${secret}-${randomUUID()}`);
  assert.ok(token !== undefined);
  return sessionKey(token);
}

/** A user's id that no other case has; with a blank, since ids can be any text. */
export const newUser = (): string => `user ${randomUUID()}`;

/** A moment in the future, far enough that no case waits for it. */
export const inHours = (hours: number): Date => new Date(Date.now() + hours * hourMs);

/** @throws AssertionError after ten seconds; an adapter should need less than one. */
export async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 10_000;
  while (Date.now() < end) {
    if (await holds()) return;
    await delay(20);
  }
  assert.fail('it did not happen within ten seconds');
}
