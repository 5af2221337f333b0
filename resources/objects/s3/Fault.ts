/** What went wrong in a call of S3: what is read from the SDK's errors, whether it may pass, and the sentence for it. */
import { Schema } from "effect"
import { failure, type ObjectStoreError } from "../ObjectStoreError.ts"
import type { Address } from "./Address.ts"

/** A failed call, by S3's code (NoSuchKey) or the system's (ECONNRESET). The SDK's own texts may hold what was signed. */
export class Fault extends Schema.TaggedError<Fault>()("Fault", {
  code: Schema.String,
  status: Schema.optionalKey(Schema.Finite),
  /** Where the bucket is, if S3 says so. */
  region: Schema.optionalKey(Schema.String)
}) {}

export const fault = (code: string): Fault => new Fault({ code })

/** All bytes came, and they are not those that were stored. */
export const damaged = fault("ChecksumMismatch")
/** The body ended, or its connection, before all bytes came. */
export const brokenOff = fault("BrokenOff")
export const silent = fault("TimedOut")
/** Another version is there, or a server that does not know If-Match sent one. */
export const changed = fault("PreconditionFailed")
export const noRanges = fault("RangesIgnored")
/** There are more objects, and no way to ask for them. */
export const noMorePages = fault("PagesMissing")
/** A key of a listing is not written as the listing says. */
export const noKey = fault("KeyUnreadable")
/** The body broke off, and what follows may be of another version. */
export const noVersion = fault("VersionMissing")
/** An answer of success that says nothing of what S3 says: of a proxy, or of a page to log in. */
export const noS3 = fault("AnswerUnknown")

const field = (from: unknown, name: string): unknown =>
  typeof from === "object" && from !== null && name in from ? Reflect.get(from, name) : undefined

const text = (from: unknown, name: string): string | undefined => {
  const value = field(from, name)
  return typeof value === "string" && value !== "" ? value : undefined
}

export const of = (error: unknown): Fault => {
  if (error instanceof Fault) return error
  const status = field(field(error, "$metadata"), "httpStatusCode")
  // AWS says it in a header, and some servers only in the body.
  const region = text(field(field(error, "$response"), "headers"), "x-amz-bucket-region") ?? text(error, "Region")
  const name = text(error, "name")
  // Of a connection the name is Error, and the code says what happened; S3's own errors have their code as name.
  const code = text(error, "code") ?? (name === undefined || name === "Error" ? undefined : name)
  const about = text(error, "message") ?? ""
  if (/Region is missing/.test(about)) return fault("RegionMissing")
  if (/session token|security token/i.test(about) && status === undefined) return fault("CredentialsProviderError")
  return new Fault({
    code: code ?? "Unknown",
    ...(typeof status === "number" ? { status } : {}),
    ...(region === undefined ? {} : { region })
  })
}

const busy = new Set(["SlowDown", "ServiceUnavailable", "Throttling", "ThrottlingException", "RequestLimitExceeded", "BandwidthLimitExceeded", "TooManyRequests"])
const passing = new Set([
  ...busy,
  "InternalError", "RequestTimeout", "RequestTimeTooSkewed", "BadDigest", "XAmzContentChecksumMismatch", "IncompleteBody", "OperationAborted",
  "BrokenOff", "TimedOut", "TimeoutError", "ECONNRESET", "ECONNABORTED", "EPIPE", "ETIMEDOUT", "ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH",
  "ENOTFOUND", "EAI_AGAIN", "ERR_STREAM_PREMATURE_CLOSE"
])
const broken = new Set(["BrokenOff", "TimedOut", "ECONNRESET", "ECONNABORTED", "EPIPE", "ERR_STREAM_PREMATURE_CLOSE"])
const noAnswer = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT", "TimeoutError"])

/** Whether the same call may succeed later. */
export const passes = ({ code, status }: Fault): boolean =>
  passing.has(code) || (status !== undefined && (status >= 500 || status === 429) && status !== 501)

/** Nobody is there: this is told sooner than that somebody is busy. */
export const isNobody = ({ code }: Fault): boolean => code === "ENOTFOUND" || code === "ECONNREFUSED"

/** The last one is versitygw's, with the status 404. */
const unknownCredentials = new Set([
  "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "ExpiredTokenException", "InvalidToken", "TokenRefreshRequired", "XAdminUserNotFound"
])
const noCredentials = new Set(["CredentialsProviderError", "TokenProviderError"])
const otherRegion = new Set(["PermanentRedirect", "AuthorizationHeaderMalformed", "TemporaryRedirect", "IllegalLocationConstraintException", "301"])

/** A certificate that is not trusted, of this host, or in its time: "CERT_HAS_EXPIRED", "DEPTH_ZERO_SELF_SIGNED_CERT". */
const isCertificate = (code: string): boolean => /CERT|UNABLE_TO_VERIFY/.test(code)

/** Without a body there is no code, and its place is taken by the name that the SDK has for any answer, or by the status. */
const isNoCode = (code: string): boolean => /^(Unknown|NotFound|\d{3})$/.test(code)

/** What was to be done, as a sentence says it, and the permission that it takes. */
export interface Action {
  readonly verb: "read" | "listed" | "written" | "deleted"
  readonly permission: string
}

/** `server` is how a sentence names it. */
export const told = (fault: Fault, { bucket, uri }: Address, { permission, verb }: Action, server: string): ObjectStoreError => {
  const { code, region, status } = fault
  const say = (reason: ObjectStoreError["reason"], message: string) => failure(reason, uri, message)
  if (code === "NoSuchBucket") {
    return say("missing", `There is no bucket ${bucket} at ${server}, so ${uri} cannot be ${verb}; check its name, and the endpoint and credentials that are used.`)
  }
  if (code === "PreconditionFailed" || status === 412) {
    return say("changed", `${uri} is not the version any more that was asked for: it was replaced meanwhile; read it again from its beginning.`)
  }
  if (code === "NoSuchUpload") {
    return say("unavailable", `The upload of ${uri} is not known any more to ${server}: somebody ended it, or a rule of the bucket did; write it again.`)
  }
  if (code === "NoSuchKey" || (status === 404 && isNoCode(code))) return say("missing", `There is no object ${uri} at ${server}; check its key.`)
  if (noCredentials.has(code)) {
    return say("denied", `No credentials were found to reach ${uri}; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE to a profile that is there and logged in.`)
  }
  if (unknownCredentials.has(code)) {
    return say("denied", `${server} did not accept the credentials for ${uri} (${code}); check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or the profile, and whether they have expired.`)
  }
  if (otherRegion.has(code) || status === 301) {
    return say("invalid", `The bucket ${bucket} of ${uri} is in ${region === undefined ? "another region" : `the region ${region}`}; set AWS_REGION to it.`)
  }
  if (code === "RegionMissing") return say("invalid", `No region is set to reach ${uri}; set AWS_REGION to the bucket's.`)
  if (code === "BadEndpoint") return say("invalid", `The S3 endpoint is no URL; write AWS_ENDPOINT_URL_S3 as http://host:port.`)
  if (code === "EndpointError") {
    return say("invalid", `No address for the bucket ${bucket} of ${uri} can be made from the endpoint and the region that are set; write the endpoint as http://host:port, and the region as eu-west-1.`)
  }
  if (code === "RangesIgnored") return say("invalid", `${server} sends other bytes of ${uri} than it is asked for; it cannot be used as an object store.`)
  if (code === "PagesMissing") return say("invalid", `${server} lists only a part of ${uri}, and not how to ask for the rest; it cannot be used as an object store.`)
  if (code === "KeyUnreadable") return say("invalid", `${server} lists keys of ${uri} that are no UTF-8, or not encoded as it says, and cannot be asked for; rename these objects, or name a prefix without them.`)
  if (code === "VersionMissing") return say("unavailable", `The connection to ${server} broke off while ${uri} was read, and without an ETag nothing says whether the rest is of the same version; read it again.`)
  if (code === "AnswerUnknown") return say("invalid", `What answers at ${server} does not speak S3, so ${uri} cannot be ${verb}; check the endpoint, and what stands between.`)
  if (code === "ChecksumMismatch") return say("unavailable", `The bytes of ${uri} do not fit the checksum that they were stored with; read it again, and write it anew if that happens again.`)
  if (code === "InvalidObjectState") return say("invalid", `${uri} is archived (S3 Glacier) and cannot be read as it is; restore it first.`)
  if (code === "RequestTimeTooSkewed") return say("unavailable", `${server} refuses calls for ${uri}, since the clock of this machine is wrong by more than 15 minutes; set it.`)
  if (code === "AccessDenied" || status === 403) {
    return say("denied", `Access was denied: ${uri} may not be ${verb} with these credentials; they need ${permission === "s3:ListBucket" ? "" : `${permission} on it, and `}s3:ListBucket on the bucket ${bucket}.`)
  }
  if (isCertificate(code)) return say("invalid", `The certificate of ${server} is not accepted (${code}), so ${uri} cannot be ${verb}; check the endpoint, or name its authority's file in NODE_EXTRA_CA_CERTS.`)
  if (code === "EPROTO") return say("invalid", `${server} does not speak TLS, so ${uri} cannot be ${verb}; write its endpoint with http://, or with the port of its https.`)
  if (broken.has(code)) {
    return say("unavailable", `The connection to ${server} broke off or fell silent again and again (${code}), so ${uri} cannot be ${verb}; check the network, and try again.`)
  }
  if (noAnswer.has(code)) return say("unavailable", `No S3 server answers at ${server} for ${uri} (${code}); check the endpoint, the region and the network.`)
  if (busy.has(code) || status === 429 || (status === 503 && isNoCode(code))) {
    return say("unavailable", `${server} asks again and again to slow down (${isNoCode(code) ? `status ${status}` : code}), so ${uri} cannot be ${verb}; try again later, or with less at once.`)
  }
  return say(
    passes(fault) ? "unavailable" : "invalid",
    `${uri} cannot be ${verb}: ${server} answers with ${status === undefined ? code : isNoCode(code) ? `status ${status}` : `${code} (status ${status})`}.`
  )
}
