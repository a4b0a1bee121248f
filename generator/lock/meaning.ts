/** A meaning as the lock writes it: `<where it is on the wire>: <GraphQL type>`. */
export const wireOf = (meaning: string): string => meaning.slice(0, meaning.lastIndexOf(': '));

/** The type with its marks: `[ID!]!`. */
export const fullTypeOf = (meaning: string): string => meaning.slice(meaning.lastIndexOf(': ') + 2);

/** A type without its non-nulls, which loosen and tighten without a change of meaning. */
export const bareType = (type: string): string => type.replaceAll('!', '');

export const typeOf = (meaning: string): string => bareType(fullTypeOf(meaning));

/** The type's name, without lists and non-nulls. */
export const namedType = (type: string): string => type.replaceAll(/[[\]!]/g, '');
