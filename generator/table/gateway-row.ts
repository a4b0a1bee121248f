import { Kind, parse } from 'graphql';
import type { AnyGatewayRow } from '../../gateway/config/gateway-config.ts';

/**
 * What is wrong with the SDL of a row that the gateway answers itself. It is text of the config, joined to the schema
 * as it is.
 */
export function checkGatewayRow(field: string, row: AnyGatewayRow): string[] {
  const place = `operations.${field}`;
  return [...checkField(place, field, row.sdl), ...(row.typeDefs === undefined ? [] : checkTypes(place, row.typeDefs))];
}

function checkField(place: string, field: string, sdl: string): string[] {
  try {
    // Within a type, so that a text which closes it and declares more is found.
    const definition = parse(`type Query {\n${sdl}\n}`).definitions;
    const only = definition[0];
    const fields = only?.kind === Kind.OBJECT_TYPE_DEFINITION ? (only.fields ?? []) : [];
    if (definition.length === 1 && fields.length === 1 && fields[0]?.name.value === field) return [];
    return [`${place}.sdl: declare exactly the field ${field}`];
  } catch (error) {
    return [`${place}.sdl: ${reason(error)}`];
  }
}

function checkTypes(place: string, typeDefs: string): string[] {
  try {
    const roots = new Set(['Query', 'Mutation', 'Subscription']);
    return parse(typeDefs).definitions.flatMap((definition) => {
      const name = 'name' in definition ? (definition.name?.value ?? '') : '';
      if (roots.has(name)) return [`${place}.typeDefs: a root type is made from the rows; declare other types only`];
      // Only root fields have a resolver.
      return definition.kind.endsWith('Extension')
        ? [
            `${place}.typeDefs: “extend ${name || 'schema'}” adds what nothing would answer; declare a type and a field of your own`,
          ]
        : [];
    });
  } catch (error) {
    return [`${place}.typeDefs: ${reason(error)}`];
  }
}

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));
