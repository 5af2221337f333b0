/** How S3 is reached. All of it may stand in the environment instead, as the AWS tools read it. */
import type { Duration, Redacted } from "effect"

export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: Redacted.Redacted<string>
  readonly sessionToken?: Redacted.Redacted<string>
}

export interface Options {
  /** Any server that speaks S3: `http://127.0.0.1:9000`. Default: AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, or else AWS. */
  readonly endpoint?: string
  /** Default: AWS_REGION, AWS_DEFAULT_REGION, the profile's; with an endpoint us-east-1. */
  readonly region?: string
  /** Default: the usual chain: environment, profile, single sign-on, web identity, container, instance. */
  readonly credentials?: Credentials
  /** `endpoint/bucket/key` in place of `bucket.endpoint/key`. Default: true with an endpoint. */
  readonly forcePathStyle?: boolean
  /** Tries after a first one that S3 was too busy for, or that broke off. Default 6, the first after 0.2 s, then twice as long each. */
  readonly retry?: { readonly times: number; readonly base?: Duration.Input }
  /** A connection that gives nothing for so long is given up, and tried again. Default 30 seconds. */
  readonly timeout?: Duration.Input
  /**
   * Larger objects are uploaded in parts of so many bytes, four of which are held in memory. Default 8 MiB, and after each
   * 1,000 parts twice as many up to 32 MiB: an object of up to 273 GiB. S3 takes 10,000 parts, and none below 5 MiB.
   */
  readonly partBytes?: number
}
