/**
 * Members of answers that NoETL's documents promise and that a real server left out or answered as null: type → members. By
 * the recordings of the Python server 4.26 and the Rust server 3.54; `tests/integration/recorded-answers.test.ts` compares them.
 */
export const leftOut: Readonly<Record<string, readonly string[]>> = {
  ExecutionEntryResponse: ['path', 'progress', 'start_time', 'status', 'version'],
};
