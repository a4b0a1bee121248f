/** One line of `doctor`. `nextStep` is what to do about it; absent when it is fine. */
export interface Finding {
  readonly check: 'node' | 'environment' | 'start' | 'upstream' | 'issuer' | 'callback' | 'store' | 'drift';
  /** `skipped`: could not be asked, because something before it failed. */
  readonly outcome: 'fine' | 'warning' | 'problem' | 'skipped';
  readonly message: string;
  readonly nextStep: string | undefined;
}

/** A finding of one kind; `nextStep` is the repair. */
type Judged = (check: Finding['check'], message: string, nextStep: string) => Finding;

export const warning: Judged = (check, message, nextStep) => ({ check, outcome: 'warning', message, nextStep });
export const problem: Judged = (check, message, nextStep) => ({ check, outcome: 'problem', message, nextStep });

export const fine = (check: Finding['check'], message: string): Finding => ({
  check,
  outcome: 'fine',
  message,
  nextStep: undefined,
});
export const skipped = (check: Finding['check']): Finding => ({
  check,
  outcome: 'skipped',
  message: 'not asked: the environment has to be right first',
  nextStep: undefined,
});
