import { createMemorySessionStore } from '../support/session-stores.ts';
import { describeSessionStore } from './session-store.suite.ts';

const store = createMemorySessionStore({ maxEntries: 1_000, clock: Date.now });

describeSessionStore('memory', () => ({ open: async () => store, dump: undefined }));
