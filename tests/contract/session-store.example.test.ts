import config from '../../docs/examples/adapters.config.ts';
import type { AdapterGiven } from '../../index.ts';
import { describeSessionStore } from './session-store.suite.ts';

const store = config.adapters?.sessionStore?.({ clock: Date.now, observe: () => {} } as unknown as AdapterGiven);

describeSessionStore('the example of docs/configure.md', () => ({
  open: async () => {
    if (store === undefined) throw new Error('the example has no store');
    return store;
  },
  dump: undefined,
}));
