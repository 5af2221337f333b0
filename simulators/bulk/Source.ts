/** API_ENDPOINT=simulator: the local stand-in, with its options as in a URL: `simulator?latency=20&errors=0.02`; and a local S3. */
import { Effect, Layer, Redacted } from "effect"
import { SettingsError } from "../../resources/bulk/Setting.ts"
import { StandIns } from "../../resources/bulk/Source.ts"
import * as Word from "../Word.ts"
import type { Options } from "./Simulator.ts"

const api = Word.standIn<Options, SettingsError>({
  setting: "API_ENDPOINT",
  options: {
    latency: (latency) => ({ latency }),
    errors: (errorRate) => ({ errorRate }),
    limit: (calls) => ({ limit: { calls, per: "1 second" } }),
    outage: (after) => ({ outages: [{ after, millis: 3000 }] }),
    atomic: (atomic) => ({ atomic: atomic > 0 }),
    seed: (seed) => ({ seed })
  },
  example: "simulator?latency=20&errors=0.02",
  start: (options) => Effect.flatMap(Effect.promise(() => import("./Simulator.ts")), (Simulator) => Simulator.make(options)),
  refuse: (message) => new SettingsError({ message })
})

const bucket = Effect.gen(function*() {
  const S3 = yield* Effect.promise(() => import("../s3/Simulator.ts"))
  const { identity, region, url } = yield* S3.make({ buckets: ["records"] })
  return {
    uri: "s3://records",
    settings: {
      AWS_ENDPOINT_URL_S3: url,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: identity.accessKeyId,
      AWS_SECRET_ACCESS_KEY: Redacted.make(identity.secretAccessKey),
      AWS_SESSION_TOKEN: ""
    }
  }
})

/** Each server is started when it is first asked for. */
export const layer: Layer.Layer<never> = Layer.succeed(StandIns, { api, bucket })
