import { afterAll, describe, test } from 'vitest';
import { type SessionStoreUnderTest, sessionStoreContract } from '../../testing.ts';

/** Runs what `noetl-gateway/testing` promises of a session store. `under` is asked for its store inside of the suite. */
export function describeSessionStore(name: string, under: () => SessionStoreUnderTest): void {
  describe(`session store: ${name}`, () => {
    const dumps = under().dump !== undefined;
    const { cases, close } = sessionStoreContract({
      open: () => under().open(),
      dump: dumps ? async () => (await under().dump?.()) ?? '' : undefined,
    });
    afterAll(close);
    test.each(cases)('$name', ({ run }) => run(), 20_000);
  });
}
