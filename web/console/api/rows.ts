type Row = Readonly<Record<string, unknown>>;

const isRow = (value: unknown): value is Row => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The rows of a value: a list of objects, or the only such list in an object; an object with a single member is what is in
 * that member. Undefined without rows.
 */
export function rowsOf(value: unknown): readonly Row[] | undefined {
  if (Array.isArray(value)) return value.length > 0 && value.every(isRow) ? value : undefined;
  if (!isRow(value)) return undefined;
  const members = Object.values(value);
  if (members.length === 1) return rowsOf(members[0]);
  // With two lists it is not known which one is meant, so the value stays JSON.
  const lists = members.filter(
    (member): member is Row[] => Array.isArray(member) && member.length > 0 && member.every(isRow),
  );
  return lists.length === 1 ? lists[0] : undefined;
}
