import {
  type ExecutionArgs,
  type FieldNode,
  type GraphQLField,
  getArgumentValues,
  getVariableValues,
  type OperationDefinitionNode,
} from 'graphql';
import { begin, taken, takenText, writeBytes, writtenBytes } from './scratch.ts';

/** Writes a value to the scratch memory, after what is there. */
export type Write = (value: unknown, draft: Draft) => void;

/** The operation that is run, and what with. */
export interface OperationArgs extends Pick<ExecutionArgs, 'schema' | 'contextValue' | 'variableValues'> {
  readonly operation: OperationDefinitionNode;
}

/** The state that one run of a compiled operation shares. */
export class OperationRun {
  /** Whether something came up that plain writing does not cover. The stock executor has to answer then. */
  isOdd = false;
  readonly #operation: OperationArgs;
  #variables: Readonly<Record<string, unknown>> | undefined;
  #args: Map<FieldNode, Readonly<Record<string, unknown>>> | undefined;

  constructor(operation: OperationArgs) {
    this.#operation = operation;
  }

  /** The arguments of a field, coerced once for all items of a list. @throws GraphQLError */
  argsOf(field: GraphQLField<unknown, unknown>, node: FieldNode): Readonly<Record<string, unknown>> {
    this.#args ??= new Map();
    const known = this.#args.get(node);
    if (known !== undefined) return known;
    this.#variables ??= coercedVariables(this.#operation);
    const args = getArgumentValues(field, node, this.#variables);
    this.#args.set(node, args);
    return args;
  }
}

function coercedVariables({ schema, operation, variableValues }: OperationArgs): Readonly<Record<string, unknown>> {
  const { coerced, errors } = getVariableValues(schema, operation.variableDefinitions ?? [], variableValues ?? {});
  if (errors !== undefined) throw errors[0];
  return coerced;
}

/** JSON that was written: one short text, or bytes of UTF-8 in pieces. */
export type WrittenJson =
  | { readonly text: string; readonly sizeBytes: number }
  | { readonly pieces: readonly Buffer[] };

/** A text below this leaves in one write with its headers; of a longer one the bytes are not copied again. */
const shortBytes = 4 * 1024;
const nothing = Buffer.alloc(0);

/** JSON, in UTF-8, while it is written. Values that are promises leave a gap, which is a draft too. */
export class Draft {
  readonly run: OperationRun;
  readonly #parts: (Buffer | string | Draft)[] = [];
  /** Of the first part, where it is a text. */
  #textBytes = 0;
  #waiting: Promise<void>[] | undefined;

  constructor(run: OperationRun) {
    this.run = run;
  }

  /** Writes a value at the end, after a piece of JSON, without a pause. What throws makes the run odd. */
  append(value: unknown, write: Write, before: Uint8Array = nothing): void {
    begin();
    try {
      writeBytes(before);
      // A throw leaves half a value in the scratch memory; the odd run never uses it.
      write(value, this);
    } catch {
      this.run.isOdd = true;
    }
    this.#parts.push(this.#takeText() ?? taken());
  }

  /** Most answers are one short text, which needs no bytes of its own. */
  #takeText(): string | undefined {
    const sizeBytes = writtenBytes();
    if (this.#parts.length > 0 || sizeBytes >= shortBytes) return undefined;
    this.#textBytes = sizeBytes;
    return takenText();
  }

  /** Within {@link append}: leaves a gap that is filled when the value is there. */
  later(value: PromiseLike<unknown>, write: Write): void {
    this.#leaveGap((gap) => gap.#fill(value, write));
  }

  /** The same for a value that comes as JSON, which is not copied. */
  laterJson(json: Promise<Buffer>): void {
    this.#leaveGap((gap) => gap.#fillWith(json));
  }

  #leaveGap(fill: (gap: Draft) => Promise<void>): void {
    // What is written so far must leave the scratch memory now: other runs write to it before the value comes.
    const gap = new Draft(this.run);
    this.#parts.push(taken(), gap);
    this.#waiting ??= [];
    this.#waiting.push(fill(gap));
  }

  async #fillWith(json: Promise<Buffer>): Promise<void> {
    try {
      this.#parts.push(await json);
    } catch {
      this.run.isOdd = true;
    }
  }

  async #fill(value: PromiseLike<unknown>, write: Write): Promise<void> {
    try {
      this.append(await value, write);
    } catch {
      this.run.isOdd = true;
    }
    // The value may have left gaps itself; what waits for this gap waits for those, too.
    if (this.#waiting !== undefined) await Promise.all(this.#waiting);
  }

  /** Waits until there is no gap any more. Never rejects. @returns undefined: there is no gap now */
  filled(): Promise<unknown> | undefined {
    return this.#waiting && Promise.all(this.#waiting);
  }

  /**
   * All that is written, one after another. To be called when it is {@link filled}.
   * @param end ASCII, put after it
   */
  json(end: string): WrittenJson {
    const [first] = this.#parts;
    if (typeof first === 'string' && this.#parts.length === 1) {
      return { text: `${first}${end}`, sizeBytes: this.#textBytes + end.length };
    }
    const pieces = [...this.#pieces(), Buffer.from(end)];
    const sizeBytes = pieces.reduce((sum, { length }) => sum + length, 0);
    return sizeBytes < shortBytes ? { text: Buffer.concat(pieces, sizeBytes).toString(), sizeBytes } : { pieces };
  }

  #pieces(): readonly Buffer[] {
    return this.#parts.flatMap((part) => {
      if (part instanceof Draft) return part.#pieces();
      return [typeof part === 'string' ? Buffer.from(part) : part];
    });
  }
}
