/**
 * An address of the console. Members that are empty or undefined are left out, so that equal states have equal
 * addresses.
 * @param path below `/console/`; it is not encoded here
 */
export function addressOf(path: string, query: Readonly<Record<string, string | number | undefined>> = {}): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, String(value)]],
  );
  return `/console/${path}${given.length === 0 ? '' : `?${new URLSearchParams(given)}`}`;
}
