/** A reference to an environment variable, read once at start. `fallback` undefined: required unless the field is optional. */
export interface EnvRef<T extends string | number | boolean> {
  readonly env: string;
  readonly fallback: T | undefined;
  /** Set when a Secret, not a ConfigMap, should hold the value; manifests then refer to it and never contain it. */
  readonly secret: boolean;
}

/** A value, or where in the environment to find it. */
export type FromEnv<T extends string | number | boolean> = T | EnvRef<T>;

/** A comma list, as environment variables hold lists, or the list itself. */
export type ListFromEnv = FromEnv<string> | readonly FromEnv<string>[];

/**
 * Names an environment variable; the only way from a config to the environment.
 * Text, numbers (`"30"`) and booleans (`true`/`false`/`1`/`0`) are read by the type of their field.
 */
export function env<T extends string | number | boolean = string>(
  name: string,
  fallback?: T,
  options: { secret?: boolean } = {},
): EnvRef<Widen<T>> {
  return { env: name, fallback: fallback as Widen<T> | undefined, secret: options.secret ?? false };
}

type Widen<T> = T extends string ? string : T extends number ? number : T extends boolean ? boolean : never;

/** Whether a value of a declaration is a reference made by `env`, which is read when the gateway starts. */
export function isEnvRef(value: unknown): value is EnvRef<string | number | boolean> {
  return typeof value === 'object' && value !== null && 'env' in value && 'fallback' in value;
}

/** The value when the environment variable is absent. */
export function fallbackOf<T extends string | number | boolean>(value: FromEnv<T>): T | undefined;
export function fallbackOf(value: unknown): unknown;
export function fallbackOf(value: unknown): unknown {
  return isEnvRef(value) ? value.fallback : value;
}
