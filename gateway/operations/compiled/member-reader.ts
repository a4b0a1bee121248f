import { type FieldNode, type GraphQLField, type GraphQLLeafType, getNullableType, isLeafType } from 'graphql';
import type { JsonObject } from '../../../plugins/noetl/json-object.ts';
import type { OutputField } from '../outputs.ts';
import type { Draft, Write } from './draft.ts';
import { writeBytes } from './scratch.ts';
import type { WriteMember } from './writers.ts';

/** A member of an object type as an operation selects it. */
export interface SelectedMember {
  /** The comma before the member, if there is one, its name and the colon. */
  readonly prefix: string;
  readonly field: GraphQLField<unknown, unknown>;
  readonly node: FieldNode;
  readonly output: OutputField;
  readonly write: Write;
}

/**
 * Reads a selected member as its resolver does, and writes it. What it writes is the same as graphql-js would write
 * with the resolver of `outputs.ts`, which is compared by tests with random answers.
 */
export function memberReader({ prefix, field, node, output, write }: SelectedMember): WriteMember {
  const { convert } = output;
  const name = Buffer.from(prefix);
  const read = readerOf(output.wire, field.name);
  const hasArgs = field.args.length > 0;
  const type = getNullableType(field.type);
  const leaf = isLeafType(type) ? type : undefined;
  return (source, draft) => {
    writeBytes(name);
    const args = hasArgs ? draft.run.argsOf(field, node) : noArgs;
    const value = read(source);
    if (typeof value === 'function') return callMember(value as WrittenMember, args, draft, leaf, write);
    // A promised value is not checked here: the writer of a type that is not null leaves a missing one to the stock
    // executor.
    write(convert === undefined ? value : convert(value), draft);
  };
}

/** A member of a view that is worked out when it is selected. */
interface WrittenMember {
  (args: Readonly<Record<string, unknown>>): unknown;
  /** Its value as JSON in UTF-8, as far as it is kept. @param serialize of the field's type */
  readonly json?: (serialize: (value: unknown) => unknown) => Promise<Buffer>;
}

const noArgs = Object.freeze({});

/** Once something is left to the stock executor, nothing more is asked for: it may not ask for it either. */
function callMember(
  call: WrittenMember,
  args: Readonly<Record<string, unknown>>,
  draft: Draft,
  leaf: GraphQLLeafType | undefined,
  write: Write,
): void {
  if (draft.run.isOdd) return;
  // The bytes of a kept result are copied as they are.
  if (call.json !== undefined && leaf !== undefined) draft.laterJson(call.json(leaf.serialize));
  else write(call(args), draft);
}

/** An object's own member by its name on the wire, else by the field's name. */
function readerOf(wire: string, name: string): (source: JsonObject) => unknown {
  // What every object inherits is not a member.
  if (wire in Object.prototype || name in Object.prototype) {
    return (source) => (Object.hasOwn(source, wire) ? source[wire] : ownMember(source, name));
  }
  if (wire === name) return (source) => source[name];
  return (source) => {
    const value = source[wire];
    return value !== undefined || Object.hasOwn(source, wire) ? value : source[name];
  };
}

const ownMember = (source: JsonObject, name: string): unknown =>
  Object.hasOwn(source, name) ? source[name] : undefined;
