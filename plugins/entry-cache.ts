import { Cache } from './cache.ts';

/** @param max at least 1 */
export const createEntryCache = <K extends {}, V>(max: number): Cache<K, V> => new Cache<K, V>({ max });
