/** The errors of S3, with the codes, statuses and words that it has for them. */
import type { Answer } from "./Call.ts"
import * as Xml from "./Xml.ts"

const known = {
  AccessDenied: [403, "Access Denied"],
  AuthorizationHeaderMalformed: [400, "The authorization header is malformed; the region is wrong"],
  BadDigest: [400, "The checksum you specified did not match the calculated checksum."],
  BucketNotEmpty: [409, "The bucket you tried to delete is not empty"],
  EntityTooSmall: [400, "Your proposed upload is smaller than the minimum allowed size"],
  IncompleteBody: [400, "You did not provide the number of bytes specified by the Content-Length HTTP header."],
  InternalError: [500, "We encountered an internal error. Please try again."],
  InvalidAccessKeyId: [403, "The AWS Access Key Id you provided does not exist in our records."],
  InvalidArgument: [400, "Invalid Argument"],
  InvalidBucketName: [400, "The specified bucket is not valid."],
  InvalidDigest: [400, "The Content-MD5 you specified is not valid."],
  InvalidObjectState: [403, "The operation is not valid for the object's storage class"],
  InvalidPart: [400, "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag."],
  InvalidPartOrder: [400, "The list of parts was not in ascending order. Parts must be ordered by part number."],
  InvalidRange: [416, "The requested range is not satisfiable"],
  InvalidRequest: [400, "Invalid Request"],
  InvalidToken: [400, "The provided token is malformed or otherwise invalid."],
  InvalidURI: [400, "Couldn't parse the specified URI."],
  KeyTooLongError: [400, "Your key is too long"],
  MalformedXML: [400, "The XML you provided was not well-formed or did not validate against our published schema"],
  MethodNotAllowed: [405, "The specified method is not allowed against this resource."],
  NoSuchBucket: [404, "The specified bucket does not exist"],
  NoSuchKey: [404, "The specified key does not exist."],
  NoSuchUpload: [404, "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed."],
  NotImplemented: [501, "A header you provided implies functionality that is not implemented"],
  PreconditionFailed: [412, "At least one of the pre-conditions you specified did not hold"],
  RequestTimeTooSkewed: [403, "The difference between the request time and the server's time is too large."],
  RequestTimeout: [400, "Your socket connection to the server was not read from or written to within the timeout period."],
  ServiceUnavailable: [503, "Service is unable to handle request."],
  SignatureDoesNotMatch: [403, "The request signature we calculated does not match the signature you provided. Check your key and signing method."],
  SlowDown: [503, "Please reduce your request rate."],
  XAmzContentSHA256Mismatch: [400, "The provided 'x-amz-content-sha256' header does not match what was computed."]
} as const

export type Code = keyof typeof known

export class Refusal extends Error {
  readonly code: Code
  readonly headers: Readonly<Record<string, string>>
  /** More elements of the error's body. */
  readonly more: Readonly<Record<string, string>>
  constructor(code: Code, more: Readonly<Record<string, string>> = {}, headers: Readonly<Record<string, string>> = {}) {
    super(code)
    this.code = code
    this.more = more
    this.headers = headers
  }
}

export const answer = ({ code, headers, more }: Refusal, resource: string): Answer => {
  const [status, message] = known[code]
  const body = Xml.document(Xml.element("Error", [
    Xml.element("Code", code),
    Xml.element("Message", message),
    ...Object.entries(more).map(([name, text]) => Xml.element(name, text)),
    Xml.element("Resource", resource)
  ]))
  return { status, headers: { "content-type": "application/xml", ...headers }, body }
}
