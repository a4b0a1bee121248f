/** Sentences that callers get, by the code beside them (`reason` of the answer). Few, and without detail. */
const sentences = {
  token_malformed: 'The identity token is malformed.',
  token_invalid: 'The identity token could not be verified.',
  issuer_untrusted: 'The identity token is of an issuer that is not trusted here.',
  token_not_now: 'The identity token is not valid at this time: it has expired, or it is not valid yet.',
  token_not_for_gateway: 'The identity token was not issued for this gateway.',
  email_not_usable: 'The identity token has no e-mail address that may be used here.',
  not_accepted: 'The identity token was not accepted.',
} as const;

/** The codes of a refused login that programs can branch on. */
export type PublicReason = keyof typeof sentences;

/** How a refused token is counted. */
type Outcome = 'malformed' | 'bad_signature' | 'unknown_kid' | 'untrusted_issuer' | 'bad_claims';

interface Meaning {
  readonly publicReason: PublicReason;
  readonly counts: Outcome;
  /** For operators: what the code means, and what to do. */
  readonly help: string;
}

/** Reasons with one sentence for callers and one count, each with its help. */
const group = <const Name extends string>(publicReason: PublicReason, counts: Outcome, helps: Record<Name, string>) =>
  Object.fromEntries(
    Object.entries<string>(helps).map(([name, help]) => [name, { publicReason, counts, help }]),
  ) as Record<Name, Meaning>;

/** Every reason that is logged, with what callers get, how it is counted, and what an operator can do. */
const reasons = {
  ...group('token_malformed', 'malformed', {
    malformed: 'it is not a JWT, and opaque tokens are not accepted',
    too_long: 'it is longer than maxTokenBytes of the issuer',
  }),
  ...group('token_malformed', 'bad_claims', {
    template_mark: 'a claim or the header has a brace, a backslash or a control character, which NoETL could evaluate',
    subject_missing: 'it has no sub, or one that is not a text',
    subject_invalid: 'its sub is longer than 255 characters or has control characters',
  }),
  ...group('token_not_for_gateway', 'malformed', {
    token_kind: 'it is not a login: a refresh token, a logout token, or of an unknown typ',
  }),
  ...group('token_not_for_gateway', 'bad_claims', {
    kind_not_accepted: 'accept of the issuer does not have this kind of token',
    audience_mismatch:
      'its audiences are not in audiences of the issuer: add one to GATEWAY_AUDIENCES, or ask for a token for this app',
    azp_mismatch:
      "it is for several audiences, and azp names a client that is not in audiences of the issuer: add the client, or list it with required: { azp: ['…'] }",
  }),
  ...group('not_accepted', 'bad_claims', {
    sender_constrained: 'it is bound to a key (cnf), whose proof is not checked here',
    claim_mismatch: 'a required claim is missing or has another value',
    scope_missing: 'a required scope is missing',
    groups_overage:
      'the provider left out the groups, since there are too many: use app roles, or groups assigned to the application',
    replayed: 'it has logged in before, and replay of the issuer allows that once',
    nonce_mismatch: 'it has not the nonce of a login that this gateway started',
    machine_not_accepted: 'a client logs in for itself: set machines for the issuer, with the client in it',
    unverified: 'shadow mode let it through, and only NoETL may decide on such a token',
  }),
  ...group('issuer_untrusted', 'untrusted_issuer', {
    issuer_untrusted:
      'its iss is not an issuer of the config, or auth0_domain names another one: add it to GATEWAY_TRUSTED_ISSUERS letter by letter, the last slash too',
  }),
  ...group('issuer_untrusted', 'malformed', {
    issuer_ambiguous: 'it does not name its issuer, and several are possible: send auth0_domain',
  }),
  ...group('token_invalid', 'bad_signature', {
    algorithm_not_allowed: 'its algorithm is not in algorithms of the issuer',
    signature_invalid: 'the signature does not fit the key',
    token_inactive: 'by the issuer, the access token is not valid',
    userinfo_denied: 'userinfo refuses the access token; it needs the scope openid',
  }),
  ...group('token_invalid', 'unknown_kid', {
    key_unknown: 'the issuer has no such key',
  }),
  ...group('token_not_now', 'bad_claims', {
    expired: 'exp has passed; compare the clocks if it is fresh',
    expiry_missing: 'it has no exp, or one that is not a number',
    not_yet_valid: 'nbf is in the future; compare the clocks',
    issued_in_future: 'iat is in the future; compare the clocks',
    token_too_old: 'it was issued too long ago',
  }),
  ...group('email_not_usable', 'bad_claims', {
    email_missing: 'NoETL needs an e-mail: send the ID token, or set userinfo: true for the issuer',
    email_unverified: "the issuer does not confirm that the e-mail is verified: see email.trust: 'domains'",
    email_domain: 'email.domains of the issuer does not have the domain of the e-mail',
    email_invalid: 'the e-mail is not an address',
  }),
  ...group('token_invalid', 'bad_claims', {
    userinfo_invalid: 'userinfo is about another subject, or its signature is not valid',
  }),
};

/** Why a token does not log in, for the audit log. */
export type LoginReason = keyof typeof reasons;

/** Facts about a token, for logs: never the token, never a claim about a person. */
export interface SeenToken {
  readonly issuer?: string;
  readonly kind?: string;
  readonly audience?: string;
  readonly algorithm?: string;
  readonly kid?: string;
  /** Seconds between the time that was wrong and now; positive: now is later. */
  readonly offSecs?: number;
  /** The claim or scope that decided. */
  readonly claim?: string;
}

/** A refusal: `reason` for operators, `publicReason` and `rejected` for the caller. */
export interface LoginRefusal {
  readonly rejected: string;
  readonly publicReason: PublicReason;
  readonly reason: LoginReason;
  readonly seen: SeenToken;
}

/** @param seen what was seen of the token; for logs and metrics, and never a claim about a person */
export function refuse(reason: LoginReason, seen: SeenToken = {}): LoginRefusal {
  const { publicReason } = reasons[reason];
  return { rejected: sentences[publicReason], publicReason, reason, seen };
}

/** How a refusal is counted. */
export const outcomeOf = (reason: LoginReason): Outcome => reasons[reason].counts;

/** The meaning of a reason and its fix, for the log and for `doctor`. */
export const helpFor = (reason: LoginReason): string => reasons[reason].help;

/** Whether it is a refusal, and not a verified identity. */
export const isRefusal = (value: object): value is LoginRefusal => 'rejected' in value;
