/**
 * Whether a `Content-Type` is JSON, with or without parameters. Nothing else counts: another site can send a form or
 * plain text with a caller's cookie, without a preflight.
 */
export function isJsonMediaType(contentType: string | null | undefined): boolean {
  return contentType?.split(';', 1)[0]?.trim().toLowerCase() === 'application/json';
}
