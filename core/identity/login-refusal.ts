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

const meaning = (publicReason: PublicReason, counts: Outcome, help: string): Meaning => ({
  publicReason,
  counts,
  help,
});

/** Every reason that is logged, with what callers get, how it is counted, and what an operator can do. */
const reasons = {
  malformed: meaning('token_malformed', 'malformed', 'it is not a JWT, and opaque tokens are not accepted'),
  too_long: meaning('token_malformed', 'malformed', 'it is longer than maxTokenBytes of the issuer'),
  template_mark: meaning(
    'token_malformed',
    'bad_claims',
    'a claim or the header has a brace, a backslash or a control character, which NoETL could evaluate',
  ),
  token_kind: meaning(
    'token_not_for_gateway',
    'malformed',
    'it is not a login: a refresh token, a logout token, or of an unknown typ',
  ),
  kind_not_accepted: meaning(
    'token_not_for_gateway',
    'bad_claims',
    'accept of the issuer does not have this kind of token',
  ),
  sender_constrained: meaning(
    'not_accepted',
    'bad_claims',
    'it is bound to a key (cnf), whose proof is not checked here',
  ),
  subject_missing: meaning('token_malformed', 'bad_claims', 'it has no sub, or one that is not a text'),
  subject_invalid: meaning(
    'token_malformed',
    'bad_claims',
    'its sub is longer than 255 characters or has control characters',
  ),
  issuer_untrusted: meaning(
    'issuer_untrusted',
    'untrusted_issuer',
    'its iss is not an issuer of the config, or auth0_domain names another one: add it to GATEWAY_TRUSTED_ISSUERS letter by letter, the last slash too',
  ),
  issuer_ambiguous: meaning(
    'issuer_untrusted',
    'malformed',
    'it does not name its issuer, and several are possible: send auth0_domain',
  ),
  algorithm_not_allowed: meaning('token_invalid', 'bad_signature', 'its algorithm is not in algorithms of the issuer'),
  signature_invalid: meaning('token_invalid', 'bad_signature', 'the signature does not fit the key'),
  key_unknown: meaning('token_invalid', 'unknown_kid', 'the issuer has no such key'),
  audience_mismatch: meaning(
    'token_not_for_gateway',
    'bad_claims',
    'its audiences are not in audiences of the issuer: add one to GATEWAY_AUDIENCES, or ask for a token for this app',
  ),
  azp_mismatch: meaning(
    'token_not_for_gateway',
    'bad_claims',
    "it is for several audiences, and azp names a client that is not in audiences of the issuer: add the client, or list it with required: { azp: ['…'] }",
  ),
  expired: meaning('token_not_now', 'bad_claims', 'exp has passed; compare the clocks if it is fresh'),
  expiry_missing: meaning('token_not_now', 'bad_claims', 'it has no exp, or one that is not a number'),
  not_yet_valid: meaning('token_not_now', 'bad_claims', 'nbf is in the future; compare the clocks'),
  issued_in_future: meaning('token_not_now', 'bad_claims', 'iat is in the future; compare the clocks'),
  token_too_old: meaning('token_not_now', 'bad_claims', 'it was issued too long ago'),
  claim_mismatch: meaning('not_accepted', 'bad_claims', 'a required claim is missing or has another value'),
  scope_missing: meaning('not_accepted', 'bad_claims', 'a required scope is missing'),
  groups_overage: meaning(
    'not_accepted',
    'bad_claims',
    'the provider left out the groups, since there are too many: use app roles, or groups assigned to the application',
  ),
  email_missing: meaning(
    'email_not_usable',
    'bad_claims',
    'NoETL needs an e-mail: send the ID token, or set userinfo: true for the issuer',
  ),
  email_unverified: meaning(
    'email_not_usable',
    'bad_claims',
    "the issuer does not confirm that the e-mail is verified: see email.trust: 'domains'",
  ),
  email_domain: meaning(
    'email_not_usable',
    'bad_claims',
    'email.domains of the issuer does not have the domain of the e-mail',
  ),
  email_invalid: meaning('email_not_usable', 'bad_claims', 'the e-mail is not an address'),
  token_inactive: meaning('token_invalid', 'bad_signature', 'by the issuer, the access token is not valid'),
  userinfo_denied: meaning(
    'token_invalid',
    'bad_signature',
    'userinfo refuses the access token; it needs the scope openid',
  ),
  userinfo_invalid: meaning(
    'token_invalid',
    'bad_claims',
    'userinfo is about another subject, or its signature is not valid',
  ),
  replayed: meaning('not_accepted', 'bad_claims', 'it has logged in before, and replay of the issuer allows that once'),
  nonce_mismatch: meaning('not_accepted', 'bad_claims', 'it has not the nonce of a login that this gateway started'),
  machine_not_accepted: meaning(
    'not_accepted',
    'bad_claims',
    'a client logs in for itself: set machines for the issuer, with the client in it',
  ),
  unverified: meaning(
    'not_accepted',
    'bad_claims',
    'shadow mode let it through, and only NoETL may decide on such a token',
  ),
} as const satisfies Readonly<Record<string, Meaning>>;

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
