/** Milliseconds since the epoch. Everything that compares times takes one, so that tests can turn it by hand. */
export type Clock = () => number;
