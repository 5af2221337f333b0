/** Unpacks bodies that were sent packed. */
import { Effect } from "effect"
import { promisify } from "node:util"
import { brotliDecompress, gunzip, inflate } from "node:zlib"
import { NotJson, TooLarge } from "./ApiError.ts"

type Unpacker = (packed: Uint8Array, options: { readonly maxOutputLength: number }) => Promise<Uint8Array>

const unpackers: Readonly<Record<string, Unpacker>> = {
  gzip: promisify(gunzip),
  "x-gzip": promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress)
}

const isTooLarge = (cause: unknown) => cause instanceof Error && "code" in cause && cause.code === "ERR_BUFFER_TOO_LARGE"

/** A body as its content encoding says; at most `maxBody` bytes of it. */
export const unpack = (
  body: Uint8Array,
  encoding: string | undefined,
  maxBody: number
): Effect.Effect<Uint8Array, NotJson | TooLarge> => {
  const name = encoding?.trim().toLowerCase() ?? "identity"
  if (body.length === 0 || name === "identity" || name === "") return Effect.succeed(body)
  const unpacker = unpackers[name]
  return unpacker === undefined
    ? Effect.fail(new NotJson({ head: "", instead: `a body packed as "${name}", which cannot be unpacked` }))
    : Effect.tryPromise({
      try: () => unpacker(body, { maxOutputLength: maxBody }),
      catch: (cause) =>
        isTooLarge(cause)
          ? new TooLarge({ limitBytes: maxBody })
          : new NotJson({ head: "", instead: `a ${name} body that is broken or ends early` })
    })
}
