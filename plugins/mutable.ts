/** The same members, for code that makes an object step by step. */
export type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
