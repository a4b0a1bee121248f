import { describe, expect, test } from 'vitest';
import type { RootCall } from '../../../../gateway/calls/root-fields.ts';
import {
  createUpdateQueue,
  renewedCall,
  renewedIfKnown,
  type UpdateQueue,
} from '../../../../gateway/executions/execution-updates.ts';
import type { CallContext, RenewedCall } from '../../../../plugins/call-context.ts';
import { GatewayError } from '../../../../plugins/errors.ts';

const decision = {
  outcome: 'allowed',
  field: 'executionUpdates',
  args: { id: '1' },
} as unknown as RootCall['decision'];
const callWith = (renew: CallContext['renew']) =>
  ({ root: 'subscription', decision, context: { requestId: 'r', renew } }) as unknown as RootCall;

describe('the call of a stream, judged again', () => {
  test('has the roles and the decision of now', async () => {
    const caller = { session: { user: { roles: ['viewer'] } } } as unknown as RenewedCall['caller'];
    const narrower = { ...decision, args: { id: '2' } };
    const renewed = { caller, decision: narrower } as unknown as RenewedCall;
    const call = await renewedCall(callWith(async () => renewed));
    expect(call.context.caller).toBe(caller);
    expect(call.context.requestId).toBe('r');
    expect(call.decision).toBe(narrower);
  });

  test('ends when the session is over, and when the field is denied now', async () => {
    const over = callWith(async () => undefined);
    await expect(renewedCall(over)).rejects.toMatchObject({ code: 'ERR_SESSION_INVALID' });
    await expect(renewedIfKnown(over)).rejects.toMatchObject({ code: 'ERR_SESSION_INVALID' });
    const error = new GatewayError('ERR_ACCESS_DENIED', 'no');
    const denied = callWith(
      async () => ({ decision: { outcome: 'denied', field: 'executionUpdates', error } }) as unknown as RenewedCall,
    );
    await expect(renewedCall(denied)).rejects.toBe(error);
    await expect(renewedIfKnown(denied)).rejects.toBe(error);
  });

  test('shows nothing while it cannot be found out, and is asked for again', async () => {
    const unknown = callWith(() => Promise.reject(new Error('no store')));
    await expect(renewedCall(unknown)).rejects.toMatchObject({ code: 'ERR_AUTH_UNAVAILABLE' });
    expect(await renewedIfKnown(unknown)).toBeUndefined();
  });
});

describe('changes that wait', () => {
  async function taken(queue: UpdateQueue<number>): Promise<number[]> {
    queue.end();
    const values: number[] = [];
    for (let next = await queue.next(1); next !== undefined && next !== 'idle'; next = await queue.next(1)) {
      values.push(next.value);
    }
    return values;
  }

  test('values are taken in the order in which they were put', async () => {
    const queue = createUpdateQueue<number>(3);
    for (const value of [1, 2, 3]) queue.put(value);
    expect(await taken(queue)).toEqual([1, 2, 3]);
  });

  test('when too many wait, the newest takes the place of the one before it', async () => {
    const queue = createUpdateQueue<number>(2);
    for (const value of [1, 2, 3, 4]) queue.put(value);
    expect(await taken(queue)).toEqual([1, 4]);
  });

  test('when those that wait are too large, the newest takes the place of those before it', async () => {
    const queue = createUpdateQueue<number>(64, 100);
    for (const value of [1, 2, 3, 4]) queue.put(value, 40);
    expect(await queue.next(1)).toEqual({ value: 1 });
    queue.put(5, 40);
    queue.put(6, 500);
    expect(await taken(queue)).toEqual([6]);
  });

  test('bytes that were taken make room', async () => {
    const queue = createUpdateQueue<number>(64, 100);
    for (const value of [1, 2, 3]) {
      queue.put(value, 100);
      expect(await queue.next(1)).toEqual({ value });
    }
    expect(await queue.next(1)).toBe('idle');
  });
});
