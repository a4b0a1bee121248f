import { createMemorySessionStore } from '../../gateway/stores/memory-session-store.ts';
import { describeSessionStore } from './session-store.suite.ts';

const store = createMemorySessionStore({ maxEntries: 1_000, clock: Date.now });

describeSessionStore('memory', () => ({ open: async () => store, dump: undefined }));
