/**
 * Answers of root fields that have been asked for already, by response key. As the root value of an execution they are what
 * root fields answer with, so that nothing is asked for, and nothing is done, a second time.
 */
export class HeldAnswers {
  readonly #answers: ReadonlyMap<string, Promise<unknown>>;

  constructor(answers: ReadonlyMap<string, Promise<unknown>>) {
    this.#answers = answers;
  }

  /** @returns undefined: the field has not been asked for */
  of(responseKey: string): Promise<unknown> | undefined {
    return this.#answers.get(responseKey);
  }
}
