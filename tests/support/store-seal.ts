import { createRecordSeal } from '../../gateway/stores/record-seal.ts';

/** One for all replicas of a test. */
export const testSeal = createRecordSeal([Buffer.alloc(32, 7).toString('base64')], 'test');
