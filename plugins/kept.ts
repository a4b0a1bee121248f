/** Makes a value on the first call and keeps it, whatever it is: a promise that fails is kept as well. */
export function kept<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
