// Placeholder until the first pull writes the real one.
export interface NoetlOperations {
  [operation: string]: { args: string; fields: string };
}
